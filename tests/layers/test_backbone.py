"""Networks of keras.applications in a config: pixels, weights from files, and what freezing means."""

from __future__ import annotations

import importlib
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.config.schema import TrainingConfig
from shapenet.errors import ConfigError
from shapenet.layers.applications import APPLICATIONS
from shapenet.layers.backbone import load_weights, without_weight_files
from shapenet.models.patterns import chosen, named_layers
from shapenet.models.weights import assign_weights, own_shapes, read_layers
from shapenet.training.freeze import Unfreezing, freeze
from tests.hostile.weights_files import SPOILED, spoiled_copy

Built = Callable[..., Any]
MODULES = {
    "ConvNeXt": "convnext", "DenseNet": "densenet", "EfficientNetV2": "efficientnet_v2",
    "InceptionResNetV2": "inception_resnet_v2", "InceptionV3": "inception_v3", "MobileNetV2": "mobilenet_v2",
    "MobileNetV3": "mobilenet_v3", "MobileNet": "mobilenet", "NASNet": "nasnet", "ResNet50V2": "resnet_v2",
    "ResNet101V2": "resnet_v2", "ResNet152V2": "resnet_v2", "ResNet": "resnet", "VGG16": "vgg16", "VGG19": "vgg19",
    "Xception": "xception",
}  # fmt: skip
OURS = {"EfficientNetB"}
RNG = np.random.default_rng(2)


def backbone(**arguments: object) -> dict[str, object]:
    return {"Backbone": {"application": "MobileNetV2", "name": "net", "output": "average", **arguments}}


def test_every_application_of_keras_is_known() -> None:
    import keras

    found = {name for name in dir(keras.applications) if name[0].isupper()}
    assert set(APPLICATIONS) == found


@pytest.mark.parametrize("name", [n for n in APPLICATIONS if not n.startswith(tuple(OURS))])
@pytest.mark.parametrize("input_max", [1.0, 255.0])
def test_pixels_are_what_the_application_expects(name: str, input_max: float) -> None:
    module = next(module for prefix, module in MODULES.items() if name.startswith(prefix))
    pixels = RNG.integers(0, 256, (1, 3, 3, 3)).astype(np.float32)
    expected = importlib.import_module(f"keras.applications.{module}").preprocess_input(pixels.copy())
    scale, offset = APPLICATIONS[name].rescaling(input_max)
    ours = pixels * (input_max / 255)
    ours = ours[..., ::-1] if APPLICATIONS[name].pixels == "caffe" else ours
    np.testing.assert_allclose(ours * np.array(scale) + offset, expected, rtol=1e-4, atol=1e-3)


def test_pixels_of_the_first_efficientnets_are_divided_by_the_deviation() -> None:
    pixels = RNG.random((5, 3))
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    scale, offset = APPLICATIONS["EfficientNetB0"].rescaling(1.0)
    inside = ((pixels * np.array(scale) + offset) / 255 - mean) / np.sqrt(deviation)  # by its own layers
    np.testing.assert_allclose(inside, (pixels - mean) / deviation, rtol=1e-6)


def test_the_output_of_the_application_on_its_own_preprocessing(built: Built) -> None:
    import keras

    model = built({"Backbone": {"application": "VGG16", "name": "net"}}, "Flatten", shape=(32, 32, 3))
    images = RNG.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    expected = model.get_layer("net").model(keras.applications.vgg16.preprocess_input(images.astype(np.float32)))
    features = keras.Model(model.inputs, model.get_layer("net").output)(images)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("form", ["net.weights.h5", "net_notop.h5"])
def test_weights_come_from_a_file_and_gray_images_are_repeated(form: str, built: Built, tmp_path: Path) -> None:
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    source = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(40, 33, 3), pooling="avg")
    if form.endswith(".weights.h5"):
        source.save_weights(tmp_path / form)
    else:
        with h5py.File(tmp_path / form, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, source)
    model = built(backbone(weights=str(tmp_path / form)), shape=(40, 33, 1))
    gray = RNG.integers(0, 256, (2, 40, 33, 1), dtype=np.uint8)
    expected = source(np.repeat(gray, 3, axis=-1) / 127.5 - 1)
    features = keras.Model(model.inputs, model.get_layer("net").output)(gray)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)


def test_a_frozen_one_stays_as_it_is_while_the_rest_learns(built: Built) -> None:
    import keras

    frozen = {"Backbone": {"application": "EfficientNetB0", "trainable": False, "name": "net", "output": "max"}}
    model = built(frozen, shape=(32, 32, 3))
    before = [np.array(weight) for weight in model.get_layer("net").weights]
    images = RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(model(images, training=True), model(images, training=True))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss=loss)
    model.train_on_batch(images, np.array([0, 1, 2, 0]))
    for old, new in zip(before, model.get_layer("net").weights, strict=True):
        np.testing.assert_array_equal(old, new)
    assert len(model.trainable_weights) == 2


def test_one_that_is_trained_moves_its_statistics_and_is_saved(built: Built, tmp_path: Path) -> None:
    import keras

    model = built(backbone(), shape=(32, 32, 3))
    images = RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    before = [np.array(weight) for weight in model.get_layer("net").non_trainable_weights]
    model.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.train_on_batch(images, np.array([0, 1, 2, 0]))
    after = model.get_layer("net").non_trainable_weights
    assert any(not np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    model.save_weights(tmp_path / "a.weights.h5")
    again = built(backbone(trainable=False), shape=(None, None, 3))
    again.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_allclose(model(images), again(images), rtol=1e-3, atol=1e-4)


def test_patterns_mean_the_layers_within(built: Built, tmp_path: Path) -> None:
    import keras

    model = built(backbone(), shape=(32, 32, 3))
    within = model.get_layer("net").model
    layers = named_layers(model)
    assert layers["net/block_16_expand"] is within.get_layer("block_16_expand")
    assert "net" not in layers
    assert len(chosen([*layers], {("a",): "net"})["a",]) == len(chosen([*layers], {("a",): "net/*"})["a",]) > 100
    step = {"at_epoch": 2, "layers": ["net/block_16_*"]}
    training = TrainingConfig.model_validate({"freeze": ["net"], "unfreeze": [step], "epochs": 2})
    freeze(training, model)
    assert [variable.path for variable in model.trainable_variables] == ["logits/kernel", "logits/bias"]
    images = RNG.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(model(images, training=True), model(images, training=False))
    unfreezing = Unfreezing(training, 2)
    model.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    unfreezing.train_begin(model)
    before = {name: [np.array(weight) for weight in layer.weights] for name, layer in layers.items()}
    model.train_on_batch(images, np.array([0, 1]))
    moved = {name for name, layer in layers.items() for old, new in zip(before[name], layer.weights, strict=True)
             if not np.array_equal(old, new)}  # fmt: skip
    assert moved > {"logits", "net/block_16_project"}
    assert moved - {"logits"} <= {name for name in layers if name.startswith("net/block_16_")}


def test_some_of_its_weights_can_come_from_another_run(built: Built, tmp_path: Path) -> None:
    source, target = (built(backbone(), shape=(32, 32, 3)) for _ in range(2))
    source.save_weights(tmp_path / "a.weights.h5")
    assert {*own_shapes(target, tmp_path)} <= {*named_layers(target)}
    assign_weights(target, read_layers(tmp_path / "a.weights.h5", ["net/Conv1"]), tmp_path)
    for name, same in (("Conv1", True), ("block_16_expand", False)):
        theirs, ours = (one.get_layer("net").model.get_layer(name).kernel for one in (source, target))
        assert np.array_equal(theirs, ours) is same


def test_one_that_does_not_learn_at_first_may_begin_to(built: Built) -> None:
    model = built(backbone(trainable=False), shape=(32, 32, 3))
    named_layers(model)["net/Conv1"].trainable = True
    assert next(variable.path for variable in model.trainable_variables).endswith("Conv1/kernel")


def test_mixed_precision(built: Built) -> None:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = built(backbone(), shape=(33, 47, 1))
        assert model.get_layer("net").output.dtype == "bfloat16"
        assert np.isfinite(model(RNG.integers(0, 256, (1, 33, 47, 1), dtype=np.uint8))).all()
    finally:
        keras.config.set_dtype_policy("float32")


def test_nothing_is_downloaded() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_component("layer", backbone(weights="imagenet"))
    (problem,) = caught.value.problems
    assert problem.key == ("Backbone", "weights")
    assert problem.message == (
        "Backbone.weights: expected null or a file on this machine, since nothing is downloaded "
        "(https://storage.googleapis.com/tensorflow/keras-applications/ has some: take one with notop or no_top in "
        "its name), received 'imagenet'"
    )


def test_names_of_applications_are_suggested() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_component("layer", backbone(application="MobilNetV2"))
    assert caught.value.problems[0].hint.startswith("did you mean MobileNetV2")


def test_a_missing_file_and_one_of_another_network(refused: Any, built: Built, tmp_path: Path) -> None:
    wide = backbone(weights=str(tmp_path / "no.h5"))
    missing = refused(wide, shape=(32, 32, 3))
    assert (missing.code, missing.key) == ("model/weights", ("model", "layers", 0, "Backbone", "weights"))
    assert missing.message == f"weights of MobileNetV2: no such file: {tmp_path / 'no.h5'}"
    (tmp_path / "text.h5").write_text("not HDF5")
    assert "can't be read" in refused(backbone(weights=str(tmp_path / "text.h5")), shape=(32, 32, 3)).message
    (tmp_path / "model.keras").write_bytes(b"")
    assert (
        "expected a file of weights, *.h5"
        in refused(backbone(weights=str(tmp_path / "model.keras")), shape=(32, 32, 3)).message
    )
    with without_weight_files():
        assert built(wide, shape=(32, 32, 3)).output_shape == (None, 3)


UNSEEN = {"link_out", "many_arrays", "pickled_attribute"}
"""The user may name a link; Keras reads no layers that a network lacks, nor attributes that it did not write."""


@pytest.mark.parametrize("name", [name for name in SPOILED if name not in UNSEEN])
@pytest.mark.parametrize("form", ["net.weights.h5", "net_notop.h5"])
def test_files_of_a_stranger_are_refused_unread(name: str, form: str, tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.save_weights(tmp_path / "a.weights.h5")
    path = spoiled_copy(tmp_path / "a.weights.h5", name, tmp_path)
    path = path.rename(path.with_name(form))
    if name == "link_to_itself":
        path.unlink()
        path.symlink_to(path.name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConfigError) as caught:
        load_weights(model, "MobileNetV2", path)
    assert caught.value.problems[0].code == "model/weights"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 100_000


def test_images_that_do_not_suit(refused: Any) -> None:
    small = refused({"Backbone": {"application": "Xception"}}, shape=(64, 80, 3))
    assert small.message == "Xception needs images of at least 71 x 71, received 64 x 80"
    assert small.hint == "insert Resizing: {height: 71, width: 71} before it"
    channels = refused(backbone(), shape=(32, 32, 4))
    assert channels.message == "MobileNetV2 takes images of 1 or 3 channels, received 4"
    assert channels.hint == "insert Conv2D: {filters: 3, kernel_size: 1} before it"


def test_the_table_counts_the_activations_inside(built: Built) -> None:
    from shapenet.models.summary import layer_rows

    row = next(row for row in layer_rows(built(backbone(), shape=(32, 32, 3))) if row.name == "net")
    assert (row.layer, row.output_shape, row.num_parameters) == ("Backbone", (1280,), 2_257_984)
    assert row.activation_bytes is not None
    assert row.activation_bytes > 32 * 32 * 3 * 4 + 16 * 16 * 96 * 4  # more than its input and widest layer
    any_size = layer_rows(built(backbone(), shape=(None, None, 3)))
    assert next(row for row in any_size if row.name == "net").activation_bytes is None
