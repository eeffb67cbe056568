"""How many inputs a layer takes."""

from __future__ import annotations

import inspect
from typing import Any

from shapenet.errors import ConfigError
from shapenet.words import counted

_NO_TENSORS = {"training", "mask", "initial_state", "attention_mask", "query_mask", "value_mask", "key_mask"}


def takes_list(layer: Any) -> bool:
    """Whether several inputs go to `layer` as one list: its ``call`` has one parameter that must be given."""
    return hasattr(layer, "call") and len(_required(layer)) == 1


def check_number(name: str, layer: Any, number: int) -> None:
    """Refuse a number of inputs that `layer` does not take.

    Args:
        name: What the config calls the layer.
        layer: A Keras layer, or something that is called with tensors.
        number: How many inputs it gets.

    Raises:
        ConfigError: ``model/inputs``.
    """
    least, most = _accepted(layer)
    if least <= number and (most is None or number <= most):
        return
    if most is None:
        expected = f"at least {counted(least, 'input')}"
    else:
        expected = counted(least, "input") if least == most else f"{least} to {most} inputs"
    hint = "name them: inputs: [previous, NAME], where NAME is the name: of a layer before"
    if number > least == 1:
        hint = "merge them first, by Concatenate or Add for example"
    raise ConfigError("model/inputs", f"{name} takes {expected}, received {number}", hint=hint)


def _accepted(layer: Any) -> tuple[int, int | None]:
    if not hasattr(layer, "call"):
        parameters = inspect.signature(layer).parameters.values()
        takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        return len(_without_default(parameters)), None if takes_any else len(parameters)
    if _is_merge(layer):
        return 2, None
    required = len(_required(layer))
    if required > 1:
        return required, len(_tensors(layer))
    # What is not Keras's or ours may want a list as its one argument.
    return 1, 1 if type(layer).__module__.startswith(("keras.", "shapenet.")) else None


def _is_merge(layer: Any) -> bool:
    kind = type(layer)
    return ".merging." in kind.__module__ or (kind.__module__.startswith("keras.") and kind.__name__ in _OF_LISTS)


_OF_LISTS = ("Attention", "AdditiveAttention", "HashedCrossing")


def _required(layer: Any) -> list[inspect.Parameter]:
    return _without_default(inspect.signature(layer.call).parameters.values())


def _tensors(layer: Any) -> list[str]:
    parameters = inspect.signature(layer.call).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in _NO_TENSORS]


def _without_default(parameters: Any) -> list[inspect.Parameter]:
    return [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
