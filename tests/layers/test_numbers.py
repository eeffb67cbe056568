"""Blocks against the same computed step by step from their own weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Built = Callable[..., Any]
RNG = np.random.default_rng(11)
SHAPE = (9, 10, 4)


def block_model(built: Built, block: dict[str, Any]) -> Any:
    """The model up to the block ``b``, with random statistics in its normalizations."""
    import keras

    model = built(block, "GlobalAveragePooling2D", shape=SHAPE)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -1.0
        weight.assign(RNG.uniform(low, 1.0, weight.shape))
    pooled = next(layer for layer in model.layers if layer.name.startswith("global_average"))
    return keras.Model(model.inputs, pooled.input)


def layer(model: Any, part: str) -> Any:
    """A layer of the block applied to NumPy arrays."""
    found = model.get_layer(f"b.{part}")
    return lambda values: np.asarray(found(values))


def images() -> tuple[Any, Any]:
    """Images, and what they are once scaled."""
    drawn = RNG.integers(0, 256, (3, *SHAPE), dtype=np.uint8)
    return drawn, drawn.astype(np.float32) / 255


def relu(values: Any) -> Any:
    return np.maximum(values, 0)


def normalized(model: Any, part: str, values: Any) -> Any:
    gamma, beta, mean, variance = (np.asarray(weight) for weight in model.get_layer(f"b.{part}").weights)
    return gamma * (values - mean) / np.sqrt(variance + 1e-3) + beta


def conv(model: Any, part: str, values: Any, strides: int = 1) -> Any:
    """TensorFlow's own convolution with the layer's kernel, which has no bias."""
    import tensorflow as tf

    (kernel,) = model.get_layer(f"b.{part}").weights
    return tf.nn.conv2d(values, kernel, strides, "SAME").numpy()


@pytest.mark.parametrize("strides", [1, 2])
def test_residual(strides: int, built: Built) -> None:
    model = block_model(built, {"Residual": {"filters": 5, "strides": strides, "name": "b"}})
    pixels, x = images()
    branch = relu(normalized(model, "conv1_norm", conv(model, "conv1", x, strides)))
    branch = normalized(model, "conv2_norm", conv(model, "conv2", branch))
    shortcut = normalized(model, "shortcut_norm", conv(model, "shortcut", x, strides))
    np.testing.assert_allclose(model(pixels), relu(shortcut + branch), rtol=1e-3, atol=1e-4)


def test_residual_with_preactivation_adds_what_came_in_itself(built: Built) -> None:
    model = block_model(built, {"Residual": {"filters": 4, "preactivation": True, "name": "b"}})
    pixels, x = images()
    branch = conv(model, "conv1", relu(normalized(model, "pre1_norm", x)))
    branch = layer(model, "conv2")(relu(normalized(model, "pre2_norm", branch)))
    np.testing.assert_allclose(model(pixels), x + branch, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("squeeze", [None, 4])
def test_inverted_residual(squeeze: int | None, built: Built) -> None:
    import tensorflow as tf

    block = {"filters": 4, "expansion": 3.0, "squeeze_excite": squeeze, "name": "b"}
    model = block_model(built, {"InvertedResidual": block})
    pixels, x = images()
    wide = np.clip(normalized(model, "expand_norm", conv(model, "expand", x)), 0, 6)
    (kernel,) = model.get_layer("b.depthwise").weights
    deep = tf.nn.depthwise_conv2d(wide, kernel, [1, 1, 1, 1], "SAME").numpy()
    deep = np.clip(normalized(model, "depthwise_norm", deep), 0, 6)
    if squeeze:
        deep = weighed(model, "squeeze_excite.", deep, lambda z: np.clip(z / 6 + 0.5, 0, 1))
    narrow = normalized(model, "project_norm", conv(model, "project", deep))
    assert deep.shape[-1] == 12
    np.testing.assert_allclose(model(pixels), x + narrow, rtol=1e-3, atol=1e-4)


def weighed(model: Any, prefix: str, values: Any, gate: Callable[[Any], Any]) -> Any:
    (down, down_bias), (up, up_bias) = (
        [np.asarray(weight) for weight in model.get_layer(f"b.{prefix}{part}").weights] for part in ("reduce", "excite")
    )
    inner = relu(values.mean(axis=(1, 2)) @ down + down_bias)
    return values * gate(inner @ up + up_bias)[:, None, None, :]


def test_squeeze_excite(built: Built) -> None:
    model = block_model(built, {"SqueezeExcite": {"ratio": 2, "name": "b"}})
    pixels, x = images()
    assert model.get_layer("b.reduce").units == 2
    np.testing.assert_allclose(model(pixels), weighed(model, "", x, lambda z: 1 / (1 + np.exp(-z))), rtol=1e-4)


def test_stochastic_depth_keeps_the_mean_and_its_seed_is_state() -> None:
    from shapenet.layers.stochastic_depth import stochastic_depth

    dropping = stochastic_depth(rate=0.25, seed=3)
    ones = np.ones((4000, 2, 1), np.float32)
    out = np.asarray(dropping(ones, training=True))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.all(out[:, 0] == out[:, 1])  # an image is dropped whole
    assert out.mean() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(dropping(ones), ones)
    (state,) = dropping.variables
    assert "seed" in state.path
    saved = np.asarray(state)
    drawn = np.asarray(dropping(ones, training=True))
    assert not np.array_equal(drawn, out)
    state.assign(saved)
    np.testing.assert_array_equal(dropping(ones, training=True), drawn)


@pytest.mark.parametrize(("size", "like"), [((4, 6), (5, 6)), ((6, 6), (5, 7)), ((4, 4), (4, 4))])
def test_maps_are_fitted_by_zeros_and_cutting(size: tuple[int, int], like: tuple[int, int]) -> None:
    from shapenet.layers.fit_size import fit_size

    values = RNG.random((2, *size, 3), np.float32) + 1
    fitted = np.asarray(fit_size()(values, np.zeros((2, *like, 1), np.float32)))
    kept = tuple(min(a, b) for a, b in zip(size, like, strict=True))
    assert fitted.shape == (2, *like, 3)
    np.testing.assert_array_equal(fitted[:, : kept[0], : kept[1]], values[:, : kept[0], : kept[1]])
    assert fitted[:, kept[0] :].sum() == fitted[:, :, kept[1] :].sum() == 0


def test_blocks_count_the_parameters_of_their_papers(built: Built) -> None:
    # Inception 3a of GoogLeNet has 163,696 parameters (weights and biases) on 192 channels.
    inception = {
        "filters_1x1": 64, "reduce_3x3": 96, "filters_3x3": 128, "reduce_5x5": 16, "filters_5x5": 32,
        "filters_pool": 32, "normalization": "none", "name": "b",
    }  # fmt: skip
    model = built({"Inception": inception}, "GlobalAveragePooling2D", shape=(7, 7, 192))
    assert sum(layer.count_params() for layer in model.layers if layer.name.startswith("b.")) == 163_696
    # A layer of ViT-Base has 7,087,872.
    encoder = {"TransformerEncoder": {"num_heads": 12, "name": "b"}}
    patches = {"PatchEmbedding": {"patch_size": 16, "dim": 768}}
    model = built(patches, encoder, "GlobalAveragePooling1D", shape=(32, 32, 3))
    assert sum(layer.count_params() for layer in model.layers if layer.name.startswith("b.")) == 7_087_872
