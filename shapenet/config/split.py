"""The rules of ``data.split``: the form of a fold, the default fractions, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from shapenet.errors import Key, Problem
from shapenet.values import ConfigPath

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_METHODS = ("column", "file", "fold")
_USELESS = {"column": ("group", "val", "test", "stratify"), "file": ("group", "val", "test", "stratify"),
            "fold": ("val",)}  # fmt: skip
_REASONS = {
    "column": "the column alone says where each record stands",
    "file": "the file alone says where each record stands",
    "fold": "the fold is the val split",
}
_DEFAULT_FRACTION = 0.1


def parse_fold(text: str) -> tuple[int, int]:
    """The number of a fold, from 1, and how many folds there are.

    Args:
        text: ``2/5``.

    Raises:
        ValueError: It has another form; there are fewer than two folds, or not so many.
    """
    match = _FORM.fullmatch(text)
    number, total = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= total or total < 2:
        raise ValueError("expected a fold i/k with 1 <= i <= k and k at least 2, such as 2/5")
    return number, total


def _checked_fold(value: object) -> object:
    parse_fold(value if isinstance(value, str) else "")
    return value


def _without_links(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links: reading it says so
        return path


Fold = Annotated[str, BeforeValidator(_checked_fold)]
"""Text ``i/k``: the i-th of k folds."""

PinnedPath = Annotated[ConfigPath, AfterValidator(_without_links)]
"""A path with its links followed once and for all: ``runs/latest`` stays the run that it is now."""


def with_default_fractions(value: object) -> object:
    """``data.split`` as written, with the fractions that hold where nothing else decides.

    Args:
        value: The section; checked later.
    """
    if not isinstance(value, Mapping) or any(value.get(method) is not None for method in _METHODS):
        return value
    return {"val": _DEFAULT_FRACTION, "test": _DEFAULT_FRACTION, **value}


def split_conflicts(values: Mapping[str, Any], own_sources: Mapping[str, bool]) -> Iterator[Problem]:
    """What does not go together.

    Args:
        values: The fields of ``data.split``.
        own_sources: Whether ``val`` and ``test`` have sources of their own.
    """
    chosen = [method for method in _METHODS if values[method] is not None]
    if len(chosen) > 1:
        message = f"data.split: expected one of {', '.join(_METHODS)}; received {' and '.join(chosen)}"
        yield Problem("config/conflict", message, key=("split", chosen[1]))
        return
    for method in chosen:
        for name in _USELESS[method]:
            if values[name] not in (None, True):
                neutral = "true" if name == "stratify" else "null"
                hint = f"leave it out, or write {name}: {neutral} over the file that this one extends"
                yield _conflict(name, f"does not go with {method}: {_REASONS[method]}", hint)
    if values["fold"] is not None and own_sources["val"]:
        yield _conflict("fold", "does not go with data.val: the fold is the val split", "leave one of them out")
    held_out = {name: values[name] or 0.0 for name, own in own_sources.items() if not own}
    if sum(held_out.values()) >= 1:
        received = " + ".join(f"{value:g}" for value in held_out.values())
        message = f"data.split: expected {' + '.join(held_out)} below 1, received {received}"
        yield Problem("config/value", message, key=("split",), hint="what they leave is trained on")


def _conflict(name: str, message: str, hint: str) -> Problem:
    key: Key = ("split", name)
    return Problem("config/conflict", f"data.split.{name} {message}", key=key, hint=hint)
