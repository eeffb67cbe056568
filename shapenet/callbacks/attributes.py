"""What a Keras callback remembers: as values that JSON can hold, and arrays; and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

_OF_KERAS = frozenset({"params", "validation_data", "_model", "model"})
"""What Keras itself puts into every callback."""


def attributes(callback: Any) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The attributes of a callback that are plain values, as JSON holds them, and those that are arrays."""
    import numpy as np

    plain: dict[str, Any] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, value in vars(callback).items():
        if name in _OF_KERAS:
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSU":
            arrays[name] = value.copy()
        elif _is_plain(value):
            plain[name] = _encoded(value)
    return plain, arrays


def set_attributes(
    callback: Any, plain: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], *, keep_arguments: bool
) -> None:
    """Put back what `attributes` returned.

    Args:
        callback: A callback of the same class.
        plain: The plain values.
        arrays: The arrays.
        keep_arguments: Leave what it was made with as it is.

    Raises:
        ValueError: The values are not what a callback remembers, but name its methods.
    """
    values = {**{name: _decoded(value) for name, value in plain.items()}, **arrays}
    if keep_arguments and values.get("monitor") != getattr(callback, "monitor", None):
        return  # what it remembers is about another value
    if "monitor_op" not in values and getattr(callback, "monitor_op", 1) is None:
        callback._set_monitor_op()  # which Keras does late, and turns the sign of min_delta once
    kept = inspect.signature(type(callback).__init__).parameters if keep_arguments else {}
    for name, value in values.items():
        if callable(getattr(callback, name, None)) or name.startswith("__"):
            raise ValueError(f"{type(callback).__name__}.{name} is nothing that a callback remembers")
        if name not in kept:
            setattr(callback, name, value)


def _is_plain(value: Any) -> bool:
    import numpy as np

    if type(value) is dict:
        return all(_is_plain(item) for pair in value.items() for item in pair)
    if type(value) in (list, tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.dtype.kind in "biuf" and value.dtype.itemsize <= 8
    return value is None or isinstance(value, bool | int | float | str)


def _encoded(value: Any) -> Any:
    """`value` as JSON holds it: what it has no form for becomes a mapping that names its type."""
    import numpy as np

    if isinstance(value, dict):
        return {"dict": [[_encoded(key), _encoded(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(item) for item in value]}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return {value.dtype.str: value.item()} if isinstance(value, np.generic) else value


def _decoded(value: Any) -> Any:
    import numpy as np

    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {_decoded(key): _decoded(item) for key, item in content}
    if kind == "tuple":
        return tuple(_decoded(item) for item in content)
    return np.dtype(kind).type(content)
