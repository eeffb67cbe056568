"""What every block of ours does: it builds, learns, is saved and read again, in each precision and size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.registry import REGISTRIES
from shapenet.vocabulary import load_vocabulary

load_vocabulary()

POOL = "GlobalAveragePooling2D"
TOKENS_POOL = "GlobalAveragePooling1D"
PATCHES = {"PatchEmbedding": {"patch_size": 4, "dim": 8, "dropout": 0.1}}
INCEPTION = {
    "filters_1x1": 2, "reduce_3x3": 2, "filters_3x3": 3, "reduce_5x5": 1, "filters_5x5": 2, "filters_pool": 1,
}  # fmt: skip
STEM = {"Conv2D": {"filters": 4, "kernel_size": 3, "name": "stem"}}
BLOCKS: dict[str, list[object]] = {
    "ConvNormActivation": [{"ConvNormActivation": {"filters": 4, "strides": 2, "normalization": "group"}}, POOL],
    "Residual": [STEM, {"Residual": {"filters": 4}}, {"Residual": {"filters": 6, "strides": 2,
        "stochastic_depth": 0.2}}, {"Residual": {"filters": 6, "preactivation": True}},
        {"Residual": {"filters": 5, "preactivation": True, "strides": 2}}, POOL],
    "Bottleneck": [{"Bottleneck": {"filters": 4, "groups": 2, "strides": 2, "stochastic_depth": 0.2}}, POOL],
    "SqueezeExcite": [STEM, {"SqueezeExcite": {"ratio": 2}}, POOL],
    "InvertedResidual": [STEM, {"InvertedResidual": {"filters": 4, "stochastic_depth": 0.2}},
        {"InvertedResidual": {"filters": 6, "strides": 2, "squeeze_excite": 4, "activation": "hard_silu"}}, POOL],
    "Inception": [{"Inception": INCEPTION}, POOL],
    "DenseBlock": [{"DenseBlock": {"num_layers": 2, "growth_rate": 3, "dropout": 0.1}}, POOL],
    "Transition": [STEM, "Transition", POOL],
    "UNetDown": [{"UNetDown": {"filters": 4, "dropout": 0.1}}, POOL],
    "UNetUp": [{"UNetDown": {"filters": 3, "pool_size": 1, "name": "top"}}, {"UNetDown": {"filters": 4}},
        {"UNetUp": {"filters": 3, "inputs": ["previous", "top"]}}, POOL],
    "PatchEmbedding": [PATCHES, TOKENS_POOL],
    "TransformerEncoder": [PATCHES, {"TransformerEncoder": {"num_heads": 2, "dropout": 0.1,
        "attention_dropout": 0.1, "stochastic_depth": 0.2}}, TOKENS_POOL],
    "MixerBlock": [PATCHES, {"MixerBlock": {"tokens_units": 4, "channels_units": 6, "dropout": 0.1,
        "stochastic_depth": 0.2}}, TOKENS_POOL],
    "ConvNeXtBlock": [STEM, {"ConvNeXtBlock": {"stochastic_depth": 0.2}}, POOL],
    "StochasticDepth": [{"StochasticDepth": {"rate": 0.3}}, POOL],
    "repeat": [STEM, {"repeat": {"times": 2, "layers": [{"Residual": {"filters": 4}}]}}, POOL],
    "group": [{"group": {"layers": [STEM, "ReLU"]}}, POOL],
}  # fmt: skip
SIZES = {"even": (16, 16, 3), "odd": (17, 13, 3)}
ELSEWHERE = {"Backbone"}
"""Blocks with tests of their own."""

Built = Callable[..., Any]
RNG = np.random.default_rng(5)


def images(shape: tuple[int, ...]) -> Any:
    return RNG.integers(0, 256, (4, *shape), dtype=np.uint8)


def train_a_step(model: Any, batch: Any) -> float:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss=loss, run_eagerly=True)
    return float(model.train_on_batch(batch, np.array([0, 1, 2, 0])))


def test_every_layer_of_ours_is_looked_at() -> None:
    assert {entry.name for entry in REGISTRIES["layer"] if entry.origin == "shapenet"} == {*BLOCKS, *ELSEWHERE}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("block", BLOCKS)
def test_it_learns_and_its_weights_can_be_read_again(block: str, size: str, built: Built, tmp_path: Path) -> None:
    batch = images(SIZES[size])
    model = built(*BLOCKS[block], shape=SIZES[size])
    before = [np.array(weight) for weight in model.trainable_weights]
    assert np.isfinite(train_a_step(model, batch))
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.trainable_weights, strict=True)]
    assert sum(changed) > len(changed) / 2  # biases before a normalization get no gradient
    model.save_weights(tmp_path / "a.weights.h5")
    again = built(*BLOCKS[block], shape=SIZES[size])
    again.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(model(batch), again(batch))


@pytest.mark.parametrize("block", BLOCKS)
def test_it_works_in_mixed_precision(block: str, built: Built) -> None:
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = built(*BLOCKS[block])
        assert np.isfinite(train_a_step(model, images((16, 16, 3))))
        assert {str(weight.dtype) for weight in model.trainable_weights} == {"float32"}
        assert model.layers[-2].output.dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("block", [block for block in BLOCKS if TOKENS_POOL not in BLOCKS[block]])
def test_it_takes_images_of_any_size(block: str, built: Built) -> None:
    any_size = built(*BLOCKS[block], shape=(None, None, 3))
    fixed = built(*BLOCKS[block], shape=SIZES["odd"])
    fixed.set_weights(any_size.get_weights())
    batch = images(SIZES["odd"])
    np.testing.assert_allclose(any_size(batch), fixed(batch), rtol=1e-4, atol=1e-5)
    assert any_size(images((16, 24, 3))).shape == (4, 3)


@pytest.mark.parametrize("block", BLOCKS)
def test_its_layers_are_named_after_it(block: str, built: Built) -> None:
    layers = [*BLOCKS[block]]
    position = max(i for i, layer in enumerate(layers) if block in layer)  # type: ignore[operator]
    found = layers[position]
    arguments = {} if isinstance(found, str) else found[block]  # type: ignore[index]
    layers[position] = {block: {**arguments, "name": "mine"}}
    names = [layer.name for layer in built(*layers).layers]
    assert len(set(names)) == len(names)
    assert any(name == "mine" or name.startswith("mine.") for name in names)


@pytest.mark.parametrize("block", ["DenseBlock", "Transition"])
@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_convolutions_have_a_bias_where_nothing_is_normalized(block: str, normalization: str, built: Built) -> None:
    arguments = {"num_layers": 2} if block == "DenseBlock" else {}
    model = built({block: {**arguments, "normalization": normalization}}, POOL)
    biases = {layer.use_bias for layer in model.layers if type(layer).__name__ == "Conv2D"}
    assert biases == {normalization == "none"}


@pytest.mark.parametrize(
    ("channels", "groups"), [(3, 1), (4, 1), (16, 4), (24, 6), (30, 6), (37, 1), (64, 16), (256, 32)]
)
def test_groups_have_at_least_four_channels(channels: int, groups: int, built: Built) -> None:
    model = built({"ConvNormActivation": {"filters": channels, "normalization": "group"}}, POOL)
    (norm,) = [layer for layer in model.layers if type(layer).__name__ == "GroupNormalization"]
    assert norm.groups == groups
