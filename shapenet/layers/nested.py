"""The entries ``repeat`` and ``group``: lists of layers inside a list of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from shapenet.errors import Key
from shapenet.registry import REGISTRIES, Component, Part
from shapenet.values import Names

_Layers = Annotated[Any, Part("layer", "list")]
_InputNames = Annotated[Names, Field(min_length=1)]


@dataclass(frozen=True)
class Nested:
    """A list of layers that stands for one layer.

    Attributes:
        layers: The layers.
        times: How often they follow each other, each time with weights of their own.
        input_names: What the layers call what they get.
        label: What it is called where it has no name.
        sees_outside: Whether `inputs` in it may name layers outside of it.
    """

    layers: Sequence[Component]
    times: int
    input_names: tuple[str, ...]
    label: str
    sees_outside: bool


def nested(component: Component) -> Nested | None:
    """The list that `component` stands for; None if it is a layer."""
    factory = component.entry.factory
    if factory not in (repeat, group):
        return None
    found: Nested = factory(**component.without("inputs").arguments)
    return found


def each_layer(layers: Sequence[Component], road: Key) -> Iterator[tuple[Key, Component]]:
    """Every layer with its road; of a list inside of the list, its layers in its place, once.

    Args:
        layers: A list of layers.
        road: The road to it.
    """
    for index, component in enumerate(layers):
        inner = nested(component)
        if inner is None:
            yield (*road, index), component
        elif inner.times:
            yield from each_layer(inner.layers, (*road, index, component.name, "layers"))


@REGISTRIES["layer"].register("repeat")
def repeat(*, times: Annotated[int, Field(ge=0, le=10_000)], layers: _Layers, name: str | None = None) -> Nested:
    """A list of layers, several times one after another; each time has weights of its own.

    Args:
        times: How often; 0 leaves the layers out.
        layers: The layers. ``input`` among their `inputs` is what the first of them gets, each
            time; names from outside can be used too.
        name: What later layers may call its output; begins the names of the layers in it.
    """
    return Nested(layers, times, ("input",), "repeat", sees_outside=True)


@REGISTRIES["layer"].register("group")
def group(
    *, layers: _Layers, input_names: _InputNames = ("input",), label: str = "group", name: str | None = None
) -> Nested:
    """A list of layers under one name; what `model.define` describes becomes one wherever it is used.

    Args:
        layers: The layers. Their names, and `inputs` that name them, hold among them only.
        input_names: What the layers call what the group gets, one name for each of its inputs.
        label: What it is called where it has no name.
        name: What later layers may call its output; begins the names of the layers in it.
    """
    return Nested(layers, 1, input_names, label, sees_outside=False)
