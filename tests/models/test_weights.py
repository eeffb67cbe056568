"""Files of weights are read as numbers that stand in the file itself, and as nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from shapenet.errors import RunError
from shapenet.models.weights import assign_weights, read_weights


def model() -> Any:
    from keras import Input, Model, Sequential, layers

    trunk = Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dropout(0.5)], name="trunk")
    inputs = Input((4,))
    tokens = layers.Reshape((1, 3))(trunk(inputs))
    mixed = layers.MultiHeadAttention(1, 2, name="mixer")(tokens, tokens)
    return Model(inputs, layers.BatchNormalization(name="norm")(mixed))


def test_arrays_are_read_by_layer(tmp_path: Path) -> None:
    made = model()
    made.save_weights(tmp_path / "a.weights.h5")
    weights = read_weights(tmp_path / "a.weights.h5")
    assert {name: len(arrays) for name, arrays in weights.items()} == {"trunk/first": 2, "mixer": 8, "norm": 4}
    kernel = made.get_layer("trunk").get_layer("first").kernel.numpy()
    np.testing.assert_array_equal(weights["trunk/first"]["vars/0"], kernel)


def test_layers_get_the_weights_that_are_assigned(tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    source, target = model(), model()
    source.save_weights(tmp_path / "a.weights.h5")
    before = target.get_layer("mixer").get_weights()
    weights = read_weights(tmp_path / "a.weights.h5")
    assign_weights(target, {"trunk/first": weights["trunk/first"]}, tmp_path)
    first, other = (one.get_layer("trunk").get_layer("first").get_weights() for one in (source, target))
    assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(before, target.get_layer("mixer").get_weights(), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["a.weights.h5"]


def external_link(file: Any, folder: Path) -> None:
    file["layers/dense/vars/0"] = h5py.ExternalLink(str(folder / "secret.h5"), "/secret")


def soft_link(file: Any, folder: Path) -> None:
    file["layers/dense/vars/0"] = h5py.SoftLink("/elsewhere")


def external_dataset(file: Any, folder: Path) -> None:
    file["layers/dense/vars"].create_dataset("0", (4,), "u1", external=[(str(folder / "secret.h5"), 0, 4)])


def virtual_dataset(file: Any, folder: Path) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "secret.h5"), "secret", (4,))
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


def objects(file: Any, folder: Path) -> None:
    file["layers/dense/vars"]["0"] = np.array([b"text"], object)


def loop(file: Any, folder: Path) -> None:
    file["layers/dense/vars/0"] = file["layers"]


def too_large(file: Any, folder: Path) -> None:
    file["layers/dense/vars"].create_dataset("0", (1 << 36,), "f4", chunks=(1 << 20,), compression="gzip")


def zeros_packed_tightly(file: Any, folder: Path) -> None:
    file["layers/dense/vars"].create_dataset("0", data=np.zeros(1 << 16, np.float32), compression="gzip")


@pytest.mark.parametrize(
    "spoil",
    [external_link, soft_link, external_dataset, virtual_dataset, objects, loop, too_large, zeros_packed_tightly],
)
def test_what_leads_elsewhere_is_refused(tmp_path: Path, spoil: Any) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["secret"] = np.ones(4, np.float32)
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file.create_group("layers/dense/vars")
        spoil(file, tmp_path)
    with pytest.raises(RunError, match="expected"):
        read_weights(tmp_path / "a.weights.h5")


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.weights.h5"
    text.write_text("no weights")
    empty = tmp_path / "empty.weights.h5"
    h5py.File(empty, "w").close()
    for path in (text, empty, tmp_path, tmp_path / "missing.weights.h5", Path("/dev/null")):
        with pytest.raises(RunError, match="expected a"):
            read_weights(path)
