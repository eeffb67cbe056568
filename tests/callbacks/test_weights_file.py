"""Weights that can't be written: the file takes no space any more, and nothing is printed."""

from __future__ import annotations

import errno
import gc
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shapenet.callbacks.weights_file import save_weights
from shapenet.training.session import import_keras


@contextmanager
def files_of_at_most(num_bytes: int) -> Iterator[None]:
    """Writing beyond so many bytes of a file fails, as on a full disk, but with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("num_bytes", [1 << 20, 3 << 20])
def test_a_file_that_can_not_be_written_takes_no_space_and_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, num_bytes: int
) -> None:
    import_keras()
    import keras

    model = keras.Sequential([keras.Input((500,)), *(keras.layers.Dense(500) for _ in range(4))])
    path = tmp_path / "a.weights.h5"
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with files_of_at_most(num_bytes):
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as caught:
            save_weights(model, path)
        assert caught.value.errno == errno.EFBIG
        assert path.stat().st_size <= num_bytes // 2
        del caught
        gc.collect()
    assert told == []


def test_what_is_not_the_system_s_fault_passes(tmp_path: Path) -> None:
    class Odd:
        def save_weights(self, path: Path) -> None:
            raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        save_weights(Odd(), tmp_path / "a.weights.h5")


def test_what_h5py_can_not_raise_while_it_closes_is_raised(tmp_path: Path) -> None:
    class Closing:
        def __del__(self) -> None:
            raise RuntimeError("Can't decrement id ref count (file write failed: errno = 5, error message = ...)")

    class Model:
        def save_weights(self, path: Path) -> None:
            path.write_bytes(b"half")
            Closing()

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        save_weights(Model(), tmp_path / "a.weights.h5")


def test_what_other_destructors_say_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __del__(self) -> None:
            raise ValueError("other")

    class Model:
        def save_weights(self, path: Path) -> None:
            Other()

    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: told.append(report.exc_type))
    save_weights(Model(), tmp_path / "a.weights.h5")
    assert told == [ValueError]
