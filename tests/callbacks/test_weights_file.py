"""Weights that can't be written are told as the system's error, and those that can are as Keras writes them."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
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


def dense_model() -> Any:
    import_keras()
    import keras

    return keras.Sequential([keras.Input((500,)), *(keras.layers.Dense(500) for _ in range(4))])


@pytest.mark.parametrize("num_bytes", [0, 1 << 20, 3 << 20])
def test_a_file_that_can_not_be_written_is_the_system_s_error(tmp_path: Path, num_bytes: int) -> None:
    model = dense_model()
    with files_of_at_most(num_bytes), pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as caught:
        save_weights(model, tmp_path / "a.weights.h5")
    assert caught.value.errno == errno.EFBIG


def test_the_file_holds_what_keras_writes(tmp_path: Path) -> None:
    model = dense_model()
    save_weights(model, tmp_path / "ours.weights.h5")
    model.save_weights(tmp_path / "theirs.weights.h5")
    found: list[dict[str, np.ndarray]] = []
    for name in ("ours", "theirs"):
        arrays: dict[str, np.ndarray] = {}
        with h5py.File(tmp_path / f"{name}.weights.h5") as file:
            file.visititems(
                lambda road, item, arrays=arrays: arrays.update({road: item[()]} if hasattr(item, "dtype") else {})
            )
        found.append(arrays)
    assert len(found[0]) == 8
    assert found[0].keys() == found[1].keys()
    for road, values in found[0].items():
        np.testing.assert_array_equal(values, found[1][road])
