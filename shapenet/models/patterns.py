"""The layers of a model that patterns mean: ``conv1``, ``block/*``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.models.scope import SEPARATOR


def named_layers(model: Any) -> dict[str, Any]:
    """The layers of a model by their names; those of a model within it, or of a `Backbone`, as ``outer/inner``.

    Args:
        model: A ``keras.Model``.
    """
    return dict(_named(model, ""))


def _named(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        within = next((one for one in (layer, getattr(layer, "model", None)) if getattr(one, "layers", None)), None)
        if within is not None:
            yield from _named(within, f"{name}/")
        else:
            yield name, layer


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern means a layer: its name, or that of a block or model around it.

    Between a block or a model and its layers ``/`` and ``.`` are the same.

    Args:
        name: The layer's name, as `named_layers` gives it.
        pattern: ``*`` stands for any text, ``?`` for a character, ``[ab]`` for one of some.
    """
    parts, pattern = name.replace(SEPARATOR, "/").split("/"), pattern.replace(SEPARATOR, "/")
    return any(fnmatchcase("/".join(parts[:length]), pattern) for length in range(1, len(parts) + 1))


def chosen(names: Sequence[str], patterns: Mapping[Key, str]) -> dict[Key, list[str]]:
    """The names that each pattern means.

    Args:
        names: The names of layers.
        patterns: Patterns by where in the config they stand.

    Raises:
        ConfigError: A pattern means no layer; names the nearest ones.
    """
    found = {key: [name for name in names if matches(name, pattern)] for key, pattern in patterns.items()}
    problems = [_unknown(patterns[key], names, key) for key, layers in found.items() if not layers]
    if problems:
        raise ConfigError(problems)
    return found


def _unknown(pattern: str, names: Sequence[str], key: Key) -> Problem:
    hint = did_you_mean(pattern, names)
    if hint is None:
        more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        hint = f"the layers are {', '.join(names[:_NAMED])}{more}"
    return Problem("model/unknown-layer", f"the model has no layer that {pattern!r} means", key=key, hint=hint)


_NAMED = 24


def reset_layer_names() -> None:
    """Let Keras name layers from the start again: a model gets the same names whatever was built before it."""
    from keras.src.utils import naming  # nothing public does it without forgetting models that live

    naming.reset_uids()
