"""Writes a model's weights, and lets go of the file where that fails."""

from __future__ import annotations

import gc
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any


def save_weights(model: Any, path: Path) -> None:
    """Write the weights of a Keras model by h5py.

    Args:
        model: The model.
        path: The file, ``*.weights.h5``.

    Raises:
        OSError: The disk is full, the folder is read-only, and the like.
    """
    with _told_by_destructors() as refused:
        try:
            model.save_weights(path)
            if refused:
                raise refused[0]
        except (OSError, RuntimeError) as error:
            number = _errno(error)
            if number is None:
                raise
            _let_go(path, error)
            raise OSError(number, os.strerror(number)) from error


def _errno(error: Exception) -> int | None:
    """The number of the system's error that h5py met; it tells it in its message where it raises a RuntimeError."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    told = re.search(r"errno = (\d+)", str(error))
    return int(told[1]) if told else None


def _let_go(path: Path, error: BaseException) -> None:
    """Free what the unfinished file takes, and close it: the variables of frames that failed hold it open.

    While it is open the disk stays full, even if the file is removed.
    """
    with suppress(OSError):
        os.truncate(path, 0)
    step: BaseException | None = error
    while step is not None:
        traceback.clear_frames(step.__traceback__)
        step = step.__context__
    gc.collect()


@contextmanager
def _told_by_destructors() -> Iterator[list[Exception]]:
    """Keep what the system refuses while h5py closes an object: it writes then, and can't raise.

    Yields:
        What was refused, so far; none of it reaches the terminal.
    """
    lost, shown = sys.unraisablehook, sys.excepthook
    refused: list[Exception] = []

    def is_refusal(error: BaseException | None) -> bool:
        return isinstance(error, OSError | RuntimeError) and _errno(error) is not None

    def keep(report: sys.UnraisableHookArgs) -> None:
        if isinstance(report.exc_value, Exception) and is_refusal(report.exc_value):
            refused.append(report.exc_value)
        else:
            lost(report)

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not is_refusal(error):  # Cython shows it, and then reports that it is lost
            shown(kind, error, trace)

    sys.unraisablehook, sys.excepthook = keep, show
    try:
        yield refused
    finally:
        sys.unraisablehook, sys.excepthook = lost, shown
