"""Loading weights: sound ones arrive, everything else is refused before anything of it is read."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.errors import RunError
from shapenet.models.safe_weights import check_room, check_weights_file, load_weights_safely
from shapenet.training.session import import_keras
from tests.hostile.weights_files import SPOILED, spoiled_copy


def new_model(seed: int) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    inner = keras.Sequential([keras.layers.Dense(3, name="inner"), keras.layers.BatchNormalization()])
    layers = [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), inner, keras.layers.LSTM(2)]
    layers.insert(4, keras.layers.Reshape((1, 3)))
    return keras.Sequential(layers)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import_keras()
    model = new_model(1)
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    path = tmp_path_factory.mktemp("sound") / "model.weights.h5"
    model.save_weights(path)
    return path


def test_sound_weights_arrive(sound: Path, tmp_path: Path) -> None:
    model = new_model(2)
    load_weights_safely(model, sound)
    again = tmp_path / "again.weights.h5"
    model.save_weights(again)
    third = new_model(3)
    third.load_weights(again)
    for one, other in zip(model.weights, third.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_optimizer_s_state_arrives_where_there_is_room(sound: Path) -> None:
    model = new_model(2)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    load_weights_safely(model, sound)
    assert int(model.optimizer.iterations) == 1


@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_weights_are_refused_unread(sound: Path, tmp_path: Path, name: str) -> None:
    path = spoiled_copy(sound, name, tmp_path)
    model = new_model(2)
    before = [np.asarray(variable.numpy()) for variable in model.weights]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RunError) as caught:
        load_weights_safely(model, path)
    assert caught.value.exit_code == 4
    assert str(path) in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100_000
    for was, variable in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(was, variable.numpy())


def test_weights_of_layers_of_many_kinds_arrive(tmp_path: Path) -> None:
    import keras
    from keras import layers

    def model() -> Any:
        image = keras.Input((8, 8, 3))
        output = layers.SeparableConv2D(4, 3)(layers.Normalization()(image))
        output = layers.SpectralNormalization(layers.Conv2D(4, 1))(output)  # writes its kernel twice
        output = layers.Reshape((-1, 4))(layers.RandomFlip()(output))
        output = layers.MultiHeadAttention(2, 2)(output, output)
        output = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(output)
        output = layers.RNN(layers.StackedRNNCells([layers.GRUCell(3), layers.LSTMCell(4)]))(output)
        shared = layers.Dense(4, dtype="bfloat16")
        return keras.Model(image, layers.Dense(2)(shared(shared(output))))

    trained, path = model(), tmp_path / "many.weights.h5"
    trained.compile(keras.optimizers.Adam(use_ema=True, amsgrad=True), "mse")
    trained.fit(np.ones((4, 8, 8, 3)), np.ones((4, 2)), verbose=0)
    trained.save_weights(path)
    loaded = model()
    load_weights_safely(loaded, path)
    for one, other in zip(trained.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_only_keras_s_own_format_is_read(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(sound.read_bytes())
    with pytest.raises(RunError, match=r"expected a file \*\.weights\.h5, received model\.keras"):
        check_weights_file(new_model(2), path)


def test_links_within_the_run_are_followed(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    (folder / "epoch-0001").mkdir(parents=True)
    (folder / "epoch-0001" / "model.weights.h5").write_bytes(sound.read_bytes())
    (folder / "best").symlink_to("epoch-0001")
    load_weights_safely(new_model(2), folder / "best" / "model.weights.h5", folder)


def test_weights_of_another_model_are_told_by_their_shapes(sound: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    message = r"the weights don't fit the run's config: expected arrays of shape \(2,\), \(4, 2\), received .*\(3,\)"
    with pytest.raises(RunError, match=message):
        load_weights_safely(model, sound)


def test_a_model_that_is_larger_than_its_weights_is_not_built(sound: Path) -> None:
    import keras

    def large() -> Any:
        return keras.Sequential([keras.Input((1_000_000,)), keras.layers.Dense(1_000_000)])

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RunError, match=r"describes 1,000,001,000,000 weights, the file has [\d,]+ bytes"):
        check_room(large, sound)
    check_room(lambda: new_model(2), sound)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100_000


def test_holes_in_a_file_hold_no_weights(sound: Path, tmp_path: Path) -> None:
    import keras

    path = tmp_path / "holes.weights.h5"
    with path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(RunError, match="describes 100,020,001 weights"):
        check_room(lambda: keras.Sequential([keras.Input((10_000,)), keras.layers.Dense(10_001)]), path)
