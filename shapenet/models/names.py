"""What the layers of a config are called and refer to, checked without Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.layers.nested import nested
from shapenet.models.scope import INPUT, PREVIOUS
from shapenet.registry import Component

MAX_LAYERS = 10_000
"""The most layers that a model may have, repeated ones counted each time."""


def check_names(layers: Sequence[Component], road: Key = ("model", "layers")) -> None:
    """Refuse names that two layers have, inputs that no layer before is named, and too many layers.

    Args:
        layers: The layers, first to last.
        road: Where the layers stand in the config.

    Raises:
        ConfigError: There are such names, or repetitions come to too many layers; lists them all.
    """
    problems = [*_name_problems(layers, road, [INPUT])]
    if (number := num_layers(layers)) > MAX_LAYERS:
        message = f"expected at most {MAX_LAYERS:,} layers, repeated ones counted each time; received {number:,}"
        problems.append(Problem("model/too-many-layers", message, key=road))
    if problems:
        raise ConfigError(problems)


def num_layers(layers: Sequence[Component]) -> int:
    """How many layers a list comes to, repeated ones counted each time and a block as one."""
    return sum(1 if inner is None else inner.times * num_layers(inner.layers) for inner in map(nested, layers))


def input_names(component: Component) -> list[str] | None:
    """The names of the layers that a layer follows; None for the one before it."""
    names = component.arguments.get("inputs")
    return [names] if isinstance(names, str) else names


def layer_key(road: Key, index: int) -> Key:
    """The road to a layer, where `road` is that to its list or to a single layer."""
    return (*road, index) if road[-1] == "layers" else road


def _name_problems(layers: Sequence[Component], road: Key, outside: list[str]) -> Iterator[Problem]:
    """Problems of a list whose layers may name those of `outside`."""
    own: list[str] = []
    for index, component in enumerate(layers):
        key = (*layer_key(road, index), component.name)
        yield from _input_problems(component, key, [PREVIOUS, *outside, *own])
        name = component.arguments.get("name")
        if name in (INPUT, PREVIOUS) or name in own:
            again = "again" if name in own else f"which stands for {_MEANING[str(name)]}"
            message = f"expected a name of its own for each layer, received {name!r} {again}"
            yield Problem("model/duplicate-name", message, key=(*key, "name"))
        elif name and "/" in str(name):
            message = f"expected a name without '/', received {str(name)!r}"
            yield Problem("model/argument", message, key=(*key, "name"))
        inner = nested(component)
        if inner is not None:
            seen = [*outside, *own] if inner.sees_outside else []
            yield from _name_problems(inner.layers, (*key, "layers"), [*seen, *inner.input_names])
        if name:
            own.append(str(name))


_MEANING = {INPUT: "what the first layer gets", PREVIOUS: "the layer before"}


def _input_problems(component: Component, key: Key, known: list[str]) -> Iterator[Problem]:
    given = input_names(component)
    for wanted in given or ():
        if wanted not in known:
            hint = did_you_mean(wanted, known) or "give that layer a name first"
            message = f"no layer before this one is named {wanted!r}"
            yield Problem("model/unknown-input", message, key=(*key, "inputs"), hint=hint)
    inner = nested(component)
    if inner is None:
        return
    number = 1 if given is None else len(given)
    if number != len(inner.input_names):
        names = ", ".join(inner.input_names)
        message = f"{inner.label} takes {len(inner.input_names)} inputs ({names}), received {number}"
        hint = f"name them: inputs: [{', '.join([PREVIOUS, '...'][: len(inner.input_names)])}]"
        yield Problem("model/inputs", message, key=key, hint=hint)
