"""Types of config values that more than one part of the vocabulary uses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator


class ConfigText(str):
    """A string of a config that knows the folder which its relative paths start from.

    Attributes:
        base_dir: Folder of the file that wrote the string; the working folder for
            the command line.
    """

    base_dir: Path

    def __new__(cls, text: str, base_dir: Path) -> ConfigText:
        """A string `text` whose relative paths start from `base_dir`."""
        instance = super().__new__(cls, text)
        instance.base_dir = base_dir
        return instance


def absolute_path(text: str, base_dir: Path) -> Path:
    """The path that `text` means, without ``..`` in it.

    Args:
        text: Relative to `base_dir`, absolute, or from ``~``.
        base_dir: A folder.
    """
    path = (base_dir / Path(text).expanduser()).absolute()
    return path.resolve() if ".." in path.parts else path


def _resolve(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value or "\0" in value:
        raise ValueError("a path can't be empty or hold a NUL byte")
    return absolute_path(value, value.base_dir if isinstance(value, ConfigText) else Path.cwd())


ConfigPath = Annotated[Path, BeforeValidator(_resolve)]
"""A path, made absolute: relative to the file that wrote it."""


def as_tuple(value: Any) -> Any:
    """A list as a tuple; YAML knows no tuples, and strict types know no lists in their place."""
    return tuple(value) if isinstance(value, list) else value


def one_or_more(value: Any) -> Any:
    """A list as a tuple, anything else as a tuple of it alone."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def as_texts(value: Any) -> Any:
    """A text as a tuple of it alone, a list as a tuple."""
    return (value,) if isinstance(value, str) else as_tuple(value)


FractionRange = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]],
    BeforeValidator(as_tuple),
]
"""Two numbers from 0 to 1."""

Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(as_tuple)]
"""A list of names."""

ImageSize = (
    Literal["any"]
    | Annotated[int, Field(ge=1, le=16384)]
    | Annotated[
        tuple[Annotated[int, Field(ge=1, le=16384)], Annotated[int, Field(ge=1, le=16384)]],
        BeforeValidator(as_tuple),
    ]
)
"""A side in pixels, ``[height, width]``, or ``any``."""


def _checked_steps(least: int, value: object) -> object:
    """A number of steps from `least` on as it is, or ``{epochs: NUMBER}``."""
    is_count = isinstance(value, int) and not isinstance(value, bool)
    if is_count and value >= least:  # type: ignore[operator]
        return value
    if isinstance(value, Mapping) and set(value) == {"epochs"}:
        epochs = value["epochs"]
        if isinstance(epochs, int | float) and not isinstance(epochs, bool) and 0 < epochs < math.inf:
            return {"epochs": epochs}
        raise ValueError(f"expected a number of epochs above 0, received {epochs!r}")
    raise ValueError(f"expected a number of steps, at least {least}, or {{epochs: NUMBER}}")


@dataclass(frozen=True)
class InWords:
    """Metadata of a type: how a reader of configs would put it.

    Attributes:
        text: The words.
    """

    text: str


_STEPS = InWords("a number of steps, or {epochs: NUMBER}")
StepCount = Annotated[int | dict[str, float], PlainValidator(partial(_checked_steps, 1)), _STEPS]
"""Steps of training, one for each batch; or ``{epochs: 2.5}``, which becomes steps once the data is known."""

StepCountOrZero = Annotated[int | dict[str, float], PlainValidator(partial(_checked_steps, 0)), _STEPS]
"""As `StepCount`, or 0."""

REST = "the rest of the training"
"""Metadata of an argument of a schedule that takes steps: where it is null, what the others leave of the training."""

RestOfTraining = Annotated[StepCount | None, REST]
"""As `StepCount`; null for all steps of the training that the schedule's other phases don't take."""
