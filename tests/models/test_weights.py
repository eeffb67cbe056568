"""Files of weights are read as numbers that stand in the file itself, and as nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from shapenet.errors import RunError
from shapenet.models.weights import assign_weights, layer_shapes, read_layers
from tests.hostile.weights_files import SPOILED, spoiled_copy


def model() -> Any:
    from keras import Input, Model, Sequential, layers

    trunk = Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dropout(0.5)], name="trunk")
    inputs = Input((4,))
    tokens = layers.Reshape((1, 3))(trunk(inputs))
    mixed = layers.MultiHeadAttention(1, 2, name="mixer")(tokens, tokens)
    return Model(inputs, layers.BatchNormalization(name="norm")(mixed))


def test_arrays_are_found_by_layer_and_read_as_asked(tmp_path: Path) -> None:
    made = model()
    made.save_weights(tmp_path / "a.weights.h5")
    shapes = layer_shapes(tmp_path / "a.weights.h5")
    assert {name: len(arrays) for name, arrays in shapes.items()} == {"trunk/first": 2, "mixer": 8, "norm": 4}
    assert shapes["trunk/first"] == {"vars/0": (4, 3), "vars/1": (3,)}
    weights = read_layers(tmp_path / "a.weights.h5", ["trunk/first"])
    assert weights.keys() == {"trunk/first"}
    kernel = made.get_layer("trunk").get_layer("first").kernel.numpy()
    np.testing.assert_array_equal(weights["trunk/first"]["vars/0"], kernel)


def test_layers_get_the_weights_that_are_assigned(tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    source, target = model(), model()
    source.save_weights(tmp_path / "a.weights.h5")
    before = target.get_layer("mixer").get_weights()
    assign_weights(target, read_layers(tmp_path / "a.weights.h5", ["trunk/first"]), tmp_path)
    first, other = (one.get_layer("trunk").get_layer("first").get_weights() for one in (source, target))
    assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(before, target.get_layer("mixer").get_weights(), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["a.weights.h5"]


@pytest.mark.parametrize("types", [("bfloat16", "float32"), ("float32", "bfloat16"), ("bfloat16", "bfloat16")])
def test_brain_floats_are_numbers(tmp_path: Path, types: tuple[str, str]) -> None:
    from keras import Input, Sequential, layers

    source, target = (Sequential([Input((4,)), layers.Dense(3, dtype=dtype, name="one")]) for dtype in types)
    source.get_layer("one").kernel.assign(np.linspace(-3, 3, 12).reshape(4, 3))
    source.save_weights(tmp_path / "a.weights.h5")
    assign_weights(target, read_layers(tmp_path / "a.weights.h5", ["one"]), tmp_path)
    theirs, ours = (np.float32(one.get_layer("one").get_weights()[0]) for one in (source, target))
    np.testing.assert_allclose(ours, theirs, rtol=2**-8)


UNSEEN = {"other_shape", "many_arrays", "link_out"}
"""Whether arrays fit, the model tells; and the user may name a link."""


@pytest.mark.parametrize("name", [name for name in SPOILED if name not in UNSEEN])
def test_spoiled_files_are_refused_unread(tmp_path: Path, name: str) -> None:
    model().save_weights(tmp_path / "a.weights.h5")
    path = spoiled_copy(tmp_path / "a.weights.h5", name, tmp_path)
    with pytest.raises(RunError, match="expected"):
        layer_shapes(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.weights.h5"
    text.write_text("no weights")
    empty = tmp_path / "empty.weights.h5"
    h5py.File(empty, "w").close()
    for path in (text, empty, tmp_path, tmp_path / "missing.weights.h5", Path("/dev/null")):
        with pytest.raises(RunError, match="expected a"):
            layer_shapes(path)
