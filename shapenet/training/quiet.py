"""Keeps what TensorFlow's libraries write while they are loaded off the terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Swallow what compiled code writes to stderr; Python's own messages pass.

    TensorFlow's log level does not hold for what it writes before its logging is set up.
    Where the block fails, what was swallowed is written after all.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    python_stderr, descriptor = sys.stderr, os.dup(2)
    # Never closed: log handlers that are made meanwhile keep it.
    stderr = os.fdopen(descriptor, "w", buffering=1)
    if _writes_to_descriptor_2(python_stderr):
        sys.stderr = stderr
    with tempfile.TemporaryFile() as swallowed:
        os.dup2(swallowed.fileno(), 2)
        try:
            yield
        except BaseException:
            swallowed.seek(0)
            os.write(descriptor, swallowed.read())
            raise
        finally:
            os.dup2(descriptor, 2)
            sys.stderr = python_stderr


def _writes_to_descriptor_2(stream: object) -> bool:
    try:
        return getattr(stream, "fileno", lambda: -1)() == 2
    except OSError:  # a stream in memory
        return False
