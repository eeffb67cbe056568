"""Mean and deviation of the numbers of a field, as those who standardise them take them."""

from __future__ import annotations

from shapenet.errors import ConfigError, Key
from shapenet.tasks.base import DataSpec


def moments_of(data: DataSpec, name: str, code: str, key: Key) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each number of a field in the train split.

    A number that is the same in all records has no deviation to divide by, and gets 1.

    Args:
        data: The data.
        name: A field that holds numbers.
        code: The code of the error.
        key: Where the config names the field.

    Raises:
        ConfigError: The data has not the shape that the run was trained with.
    """
    mean, std = data.statistics.moments(name)
    shape = data.fields[name].shape
    if not mean.shape == std.shape == shape:
        message = f"expected {name!r} to be of the shape {mean.shape}, as in training; received {shape}"
        raise ConfigError(code, message, key=key)
    return mean.ravel().tolist(), [float(value) or 1.0 for value in std.ravel()]
