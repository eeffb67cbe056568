"""The block ``ConvNeXtBlock``."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import Field

from shapenet.layers.parts import Activation, Count, KernelSize, Normalization, Rate, Style, check_map
from shapenet.layers.token_mlp import mlp
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("ConvNeXtBlock")
def convnext_block(
    *,
    kernel_size: KernelSize = 7,
    expansion: Count = 4,
    layer_scale: Annotated[float, Field(ge=0)] = 1e-6,
    stochastic_depth: Rate = 0.0,
    normalization: Normalization = "layer",
    activation: Activation = "gelu",
    name: str | None = None,
) -> Any:
    """A wide depthwise convolution and two dense layers, added to what came in (Liu et al., 2022).

    It keeps size and channels. Between stages the paper has ``LayerNormalization`` and
    ``Conv2D: {kernel_size: 2, strides: 2}``.

    Args:
        kernel_size: Side of the depthwise kernel in pixels.
        expansion: How many times as many channels the inner dense layer has.
        layer_scale: What each channel of the branch is multiplied by at first, and learns from
            there; 0 leaves that out. Nets of few layers learn faster with 0.
        stochastic_depth: See `StochasticDepth`: share of the images that go without the branch.
        normalization: ``batch``, ``layer``, ``group`` or ``none``.
        activation: One of Keras's, of the inner dense layer.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, height, width, channels)``.
    """
    style = Style(name, normalization, activation)

    def apply(features: Any) -> Any:
        from keras import layers

        check_map("ConvNeXtBlock", features)
        branch = layers.DepthwiseConv2D(kernel_size, padding="same", name=style.named("depthwise"))(features)
        branch = style.normalized(branch, "norm")
        branch = mlp(style, branch, expansion * features.shape[-1], 0.0, "mlp")
        if layer_scale:
            branch = _scale_class()(layer_scale, name=style.named("scale"))(branch)
        return style.added(features, branch, stochastic_depth)

    return apply


@cache
def _scale_class() -> Any:
    import keras

    @keras.saving.register_keras_serializable(package="shapenet")
    class LayerScale(keras.layers.Layer):  # type: ignore[misc]
        """Multiplies each channel by a learned factor (Touvron et al., 2021)."""

        def __init__(self, initial: float, **more: Any) -> None:
            super().__init__(**more)
            self.initial = initial

        def build(self, input_shape: Any) -> None:
            """One factor for each channel."""
            initializer = keras.initializers.Constant(self.initial)
            self.factors = self.add_weight(shape=(input_shape[-1],), initializer=initializer, name="factors")

        def call(self, inputs: Any) -> Any:
            """`inputs`, scaled."""
            return inputs * keras.ops.cast(self.factors, inputs.dtype)

        def compute_output_shape(self, input_shape: Any) -> Any:
            """That of the input."""
            return input_shape

        def get_config(self) -> dict[str, Any]:
            """The arguments that make the layer."""
            return {**super().get_config(), "initial": self.initial}

    return LayerScale
