"""Types of config values that more than one part of the vocabulary uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


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
