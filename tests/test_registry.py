"""Registries: names once each, typed arguments, and a golden list: UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import pytest

from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component, OneOf, Part, Registry, create_parts, plain, signature_parameters
from shapenet.values import ConfigText

GOLDEN = Path(__file__).resolve().parent / "golden" / "registry.txt"
LIST_ALL = """
from shapenet.registry import REGISTRIES
from shapenet.vocabulary import load_vocabulary
load_vocabulary()
for kind, registry in REGISTRIES.items():
    for entry in registry:
        print(kind, entry.origin, f"{entry.name}({', '.join(entry.parameters)})")
"""


def test_every_name_is_on_the_golden_list() -> None:
    # In a process of its own: other tests may register names.
    found = subprocess.run([sys.executable, "-c", LIST_ALL], capture_output=True, text=True, check=True).stdout
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of the kind ``toy``, among the others."""
    registry = Registry("toy")
    monkeypatch.setattr("shapenet.registry.REGISTRIES", MappingProxyType({**REGISTRIES, "toy": registry}))
    return registry


def register_pair(registry: Registry) -> None:
    @registry.register("pair")
    def pair(run_time: int, *, left: object = 1, right: int) -> tuple[int, object, int]:
        """Two values.

        And more that no summary shows.
        """
        return run_time, left, right


def test_a_config_may_give_keyword_only_arguments(registry: Registry) -> None:
    register_pair(registry)
    entry = registry.get("pair")
    assert [(p.name, p.annotation, p.required, p.default) for p in entry.parameters.values()] == [
        ("left", object, False, 1),
        ("right", int, True, None),
    ]
    assert (entry.summary, entry.origin, len(registry), "pair" in registry) == ("Two values.", __name__, 1, True)


def test_a_name_is_taken_once(registry: Registry) -> None:
    register_pair(registry)
    with pytest.raises(ValueError, match="the toy 'pair' is registered already"):
        register_pair(registry)


def test_an_unknown_name_gets_a_suggestion_at_its_key(registry: Registry) -> None:
    register_pair(registry)
    with pytest.raises(ConfigError) as caught:
        registry.get("pear", ("model", 0))
    (problem,) = caught.value.problems
    assert (problem.code, problem.key, problem.hint) == ("config/unknown-toy", ("model", 0), "did you mean pair?")


def test_a_component_creates_its_parts_first(registry: Registry) -> None:
    register_pair(registry)
    inner = Component("toy", "pair", {"right": 2})
    registry.register("leaf")(lambda: "leaf")
    outer = Component("toy", "pair", {"left": [Component("toy", "leaf"), {"k": "v"}], "right": 3})
    assert inner.create(7) == (7, 1, 2)
    assert inner.create(7, left=5, right=9) == (7, 5, 2)
    assert outer.create(0) == (0, ["leaf", {"k": "v"}], 3)


def test_text_reaches_a_factory_as_plain_text() -> None:
    made: Mapping[str, object] = create_parts({"a": [ConfigText("x", Path("/folder"))]})
    assert type(made["a"][0]) is str  # type: ignore[index]


def test_the_form_of_yaml() -> None:
    component = Component("optimizer", "Adam", {"learning_rate": Component("schedule", "CosineDecay", {"alpha": 0.1})})
    assert component.to_config() == {"Adam": {"learning_rate": {"CosineDecay": {"alpha": 0.1}}}}
    assert Component("layer", "Flatten").to_config() == "Flatten"
    assert plain({"path": Path("/a"), "pair": (1, Component("layer", "ReLU"))}) == {"path": "/a", "pair": [1, "ReLU"]}


def test_a_component_without_an_argument() -> None:
    component = Component("layer", "Dense", {"units": 3, "inputs": "x"})
    assert component.without("inputs", "other") == Component("layer", "Dense", {"units": 3})


def test_annotations_tell_parts_and_names() -> None:
    def factory(*, rate: Annotated[float, Part("schedule")], mode: Annotated[str, OneOf(("a", "b"))]) -> None: ...

    rate, mode = signature_parameters(factory).values()
    assert (rate.part, rate.names, mode.part, mode.names) == ("schedule", None, None, ("a", "b"))


def test_errors_cross_processes_whole() -> None:
    with pytest.raises(ConfigError) as caught:
        REGISTRIES["task"].get("nothing", ("task",))
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems  # noqa: S301
