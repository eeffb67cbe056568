"""What blocks are made of: convolutions with their normalization and activation, shortcuts, sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from shapenet.errors import ConfigError
from shapenet.keras_vocabulary import activation_names
from shapenet.layers.stochastic_depth import stochastic_depth
from shapenet.registry import OneOf

Count = Annotated[int, Field(ge=1)]
Stride = Annotated[int, Field(ge=1, le=16)]
KernelSize = Annotated[int, Field(ge=1, le=255)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Activation = Annotated[Any, OneOf(activation_names())]
Normalization = Literal["batch", "layer", "group", "none"]

_MOST_GROUPS, _LEAST_IN_GROUP = 32, 4


@dataclass(frozen=True)
class Style:
    """How the layers of a block are named, normalized and activated.

    Attributes:
        name: The block's name; begins the names of its layers.
        normalization: ``batch``, ``layer`` and ``group`` (Wu and He, 2018; as many groups as
            divide the channels, at most 32, of at least 4 channels each where there are so many: a group
            of one channel would normalize each channel by itself), or ``none``.
        activation: One of Keras's, or None.
    """

    name: str | None
    normalization: Normalization = "batch"
    activation: str | None = "relu"

    def named(self, part: str) -> str | None:
        """The name of a layer of the block; None leaves it to Keras."""
        return f"{self.name}.{part}" if self.name else None

    def conv(
        self, features: Any, filters: int, kernel_size: int, part: str, *, strides: int = 1, linear: bool = False,
        **more: Any,
    ) -> Any:  # fmt: skip
        """Convolution with zero-padded edges, normalization, and activation unless `linear`.

        Args:
            features: ``(batch, height, width, channels)``.
            filters: Channels of the output.
            kernel_size: Side of the kernel in pixels.
            part: What the layer is called in the block.
            strides: Pixels between two places of the kernel.
            linear: Leave the activation out.
            **more: Arguments of ``Conv2D``.
        """
        from keras import layers

        more = {"padding": "same", "use_bias": self.normalization == "none", **more}
        features = layers.Conv2D(filters, kernel_size, strides=strides, name=self.named(part), **more)(features)
        return self.finished(features, part, linear=linear)

    def depthwise(self, features: Any, kernel_size: int, part: str, *, strides: int = 1) -> Any:
        """A convolution of each channel by itself, with normalization and activation. See `conv`."""
        from keras import layers

        features = layers.DepthwiseConv2D(
            kernel_size, strides=strides, padding="same", use_bias=self.normalization == "none", name=self.named(part)
        )(features)
        return self.finished(features, part)

    def finished(self, features: Any, part: str, *, linear: bool = False) -> Any:
        """Normalization and, unless `linear`, activation of what the layer `part` gives."""
        features = self.normalized(features, f"{part}_norm")
        return features if linear else self.activated(features, f"{part}_activation")

    def normalized(self, features: Any, part: str) -> Any:
        """Normalization of `features`, or `features` themselves."""
        from keras import layers

        name = self.named(part)
        if self.normalization == "batch":
            return layers.BatchNormalization(name=name)(features)
        if self.normalization == "layer":
            return layers.LayerNormalization(epsilon=1e-6, name=name)(features)
        if self.normalization == "group":
            return layers.GroupNormalization(_num_groups(features.shape[-1]), name=name)(features)
        return features

    def activated(self, features: Any, part: str) -> Any:
        """Activation of `features`, or `features` themselves."""
        from keras import layers

        return layers.Activation(self.activation, name=self.named(part))(features) if self.activation else features

    def added(self, shortcut: Any, branch: Any, rate: float, part: str = "") -> Any:
        """The sum of a shortcut and a branch, which is dropped at random at `rate`. See `stochastic_depth`."""
        from keras import layers

        if rate:
            branch = stochastic_depth(rate=rate, name=self.named(f"{part}stochastic_depth"))(branch)
        return layers.Add(name=self.named(f"{part}add"))([shortcut, branch])


def _num_groups(channels: int) -> int:
    numbers = range(1, min(_MOST_GROUPS, channels // _LEAST_IN_GROUP) + 1)
    return max((number for number in numbers if channels % number == 0), default=1)


def check_axes(block: str, tensor: Any, axes: str, hint: str) -> None:
    """Refuse a tensor of another form.

    Args:
        block: What refuses it.
        tensor: What it gets.
        axes: The axes that it takes, by name, such as ``height x width x channels``.
        hint: What to insert.

    Raises:
        ConfigError: ``model/shape``.
    """
    shape = tuple(tensor.shape[1:])
    if len(shape) != len(axes.split(" x ")):
        raise ConfigError("model/shape", f"{block} expects {axes}, received {shape}", hint=hint)


def check_map(block: str, tensor: Any) -> None:
    """Refuse what is not ``(batch, height, width, channels)``. See `check_axes`."""
    hint = f"put {block} before Flatten and global poolings; Reshape makes a map of a vector"
    check_axes(block, tensor, "height x width x channels", hint)


def check_tokens(block: str, tensor: Any) -> None:
    """Refuse what is not ``(batch, tokens, channels)``. See `check_axes`."""
    channels = tensor.shape[-1] if tensor.shape[-1] is not None else "channels"
    hint = "insert PatchEmbedding before it"
    if len(tensor.shape) == 4:
        hint += f", or Reshape: {{target_shape: [-1, {channels}]}}"
    check_axes(block, tensor, "tokens x channels", hint)
