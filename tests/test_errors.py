"""Errors: what they hold survives pickling, and suggestions are the nearest names."""

from __future__ import annotations

import pickle

import pytest

from shapenet.errors import (
    ConfigError,
    DataError,
    DivergedError,
    MachineError,
    Place,
    Problem,
    RunError,
    RunInterruptedError,
    ShapenetError,
    did_you_mean,
)

PROBLEMS = (
    Problem("a/b", "first", Place("f.yaml", 3, 4), ("model", 0), "do this"),
    Problem("a/c", "second", Place("f.yaml")),
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(ConfigError, 2), (DataError, 3), (RunError, 4), (MachineError, 5), (DivergedError, 6), (ShapenetError, 70)],
)
def test_exit_codes_and_pickling(kind: type[ShapenetError], code: int) -> None:
    error = pickle.loads(pickle.dumps(kind(PROBLEMS)))  # noqa: S301
    assert (type(error), error.exit_code, error.problems) == (kind, code, PROBLEMS)


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143)])
def test_an_interruption(number: int, code: int) -> None:
    error = pickle.loads(pickle.dumps(RunInterruptedError(number, "stopped")))  # noqa: S301
    assert (error.exit_code, error.problems[0].message) == (code, "stopped")
    assert error.replacing([Problem("x", "other")]).exit_code == code


def test_the_text_names_the_place() -> None:
    assert str(Place("f.yaml", 3, 4)) == "f.yaml:3:4"
    assert "f.yaml:3:4" in str(ConfigError(PROBLEMS))


def test_keys_can_be_put_below_a_prefix() -> None:
    assert ConfigError(PROBLEMS).under(("sweep",)).problems[0].key == ("sweep", "model", 0)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("Flaten", ["Flatten", "Dense"], "did you mean Flatten?"),
        ("FLATTEN", ["Flatten", "Dense"], "did you mean Flatten?"),
        ("zzz", ["b", "a"], "one of: a, b"),
        ("zzz", [], None),
        ("zzz", [f"name{i}" for i in range(13)], None),
        (7, ["7a"], "did you mean 7a?"),
    ],
)
def test_suggestions(name: object, known: list[str], hint: str | None) -> None:
    assert did_you_mean(name, known) == hint
