"""What the conformance suite knows of entries beforehand: minimal arguments, and excuses with their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Entry
from shapenet.vocabulary import load_vocabulary

_FOLDER = Path(__file__).parent


@cache
def read(name: str) -> dict[str, Any]:
    """A table of this folder."""
    table: dict[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return table


def names(kind: str) -> list[str]:
    """All that a registry holds."""
    load_vocabulary()
    return [entry.name for entry in REGISTRIES[kind]]


def described(kind: str, name: str) -> dict[str, Any]:
    """What ``entries.yaml`` says of an entry."""
    found: dict[str, Any] = read("entries").get(kind, {}).get(name, {})
    return found


def arguments(kind: str, name: str) -> dict[str, Any]:
    """The least arguments that an entry can be made of; a `LookupError` where they are not known."""
    entry: Entry = REGISTRIES[kind].get(name)
    given = dict(described(kind, name).get("arguments", {}))
    for parameter in entry.parameters.values():
        if parameter.required and parameter.name not in given:
            if parameter.name not in read("entries")["common"]:
                message = f"{kind} {name} can't do without {parameter.name}: add it to conformance/entries.yaml"
                raise LookupError(message)
            given[parameter.name] = read("entries")["common"][parameter.name]
    return given


def component(kind: str, name: str) -> Any:
    """An entry with its least arguments, as YAML would have it."""
    given = arguments(kind, name)
    return {name: given} if given else name


def tasks() -> list[tuple[str, int]]:
    """Each way to ask for a task: its name, and the number of the way."""
    known = read("entries").get("task", {})
    return [(name, number) for name in names("task") for number in range(len(known.get(name, [0])))]


def task(name: str, number: int) -> dict[str, Any]:
    """A way to ask for a task: sections of a config."""
    ways = read("entries").get("task", {}).get(name)
    if not ways:
        raise LookupError(f"add a way to ask for the task {name} to conformance/entries.yaml")
    way = ways[number]
    return {"task": {name: way["arguments"]} if "arguments" in way else name, "layers": way["layers"]}


def same_as(kind: str, name: str) -> str | None:
    """The entry whose other name this is, as Keras has two names for some classes; None if it is one of its own."""
    import keras

    modules = {
        "layer": keras.layers, "initializer": keras.initializers, "regularizer": keras.regularizers,
        "constraint": keras.constraints,
    }  # fmt: skip
    made = getattr(modules.get(kind), name, None)
    if made is None or REGISTRIES[kind].get(name).origin != "keras" or made.__name__ == name:
        return None
    own: str = made.__name__
    return own if own in REGISTRIES[kind] and getattr(modules[kind], own) is made else None


def check_refusal(error: ConfigError) -> None:
    """A refusal is about the config, and says where in it."""
    assert all(problem.code.startswith("config/") and problem.key for problem in error.problems), str(error)


def skip_unless_installed(kind: str, name: str) -> None:
    """Skip the test of an entry that needs a package which shapenet does without."""
    if kind != "task" and (package := described(kind, name).get("needs")):
        pytest.importorskip(package, reason=f"{name} needs {package}")


def excuse(kind: str, name: str, check: str) -> Mapping[str, str] | None:
    """Why an entry may fail a check; None where it may not."""
    found: Mapping[str, str] | None = read("excuses").get(kind, {}).get(check, {}).get(name)
    return found


@contextmanager
def checking(kind: str, name: str, check: str) -> Iterator[None]:
    """One check of an entry. What is excused has to fail, and as the excuse says: else the excuse has to go."""
    excused = excuse(kind, name, check)
    try:
        yield
    except Exception as error:
        error.add_note(f"the check {check!r} of the {kind} {name}")
        if excused is None or excused["says"] not in f"{type(error).__name__}: {error}":
            raise
    else:
        if excused is not None:
            pytest.fail(f"{kind} {name} passes {check!r} after all: take it out of conformance/excuses.yaml")
