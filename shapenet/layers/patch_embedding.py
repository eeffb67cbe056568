"""The block ``PatchEmbedding``."""

from __future__ import annotations

from functools import cache
from typing import Any

from shapenet.errors import ConfigError
from shapenet.layers.parts import Count, Rate, Style, check_map
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("PatchEmbedding")
def patch_embedding(
    *, patch_size: Count, dim: Count, positions: bool = True, dropout: Rate = 0.0, name: str | None = None
) -> Any:
    """An image as a list of tokens, one for each square of it (ViT; Dosovitskiy et al., 2021).

    There is no class token: end the net with ``GlobalAveragePooling1D``, which does as well
    (Beyer et al., "Better plain ViT baselines", 2022). Squares that reach over the edge are
    filled up with zeros.

    Args:
        patch_size: Side of the squares in pixels.
        dim: Values of a token.
        positions: Add to each token what is learned of its place; images must then have one size.
        dropout: Share of the values that is set to 0 while training.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from ``(batch, height, width, channels)`` to ``(batch, tokens, dim)``, row by row.
    """
    style = Style(name)

    def apply(images: Any) -> Any:
        from keras import layers

        check_map("PatchEmbedding", images)
        if positions and None in images.shape[1:3]:
            message = "PatchEmbedding learns each place: expected images of one size, received any size"
            hint = "put Resizing: {height: 64, width: 64} before it, or give positions: false"
            raise ConfigError("model/shape", message, hint=hint)
        patches = layers.Conv2D(dim, patch_size, strides=patch_size, padding="same", name=style.named("patches"))
        tokens = layers.Reshape((-1, dim), name=style.named("tokens"))(patches(images))
        if positions:
            tokens = _position_class()(name=style.named("positions"))(tokens)
        return layers.Dropout(dropout, name=style.named("dropout"))(tokens) if dropout else tokens

    return apply


@cache
def _position_class() -> Any:
    import keras

    @keras.saving.register_keras_serializable(package="shapenet")
    class PositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
        """Adds a learned vector to each token. From and to ``(batch, tokens, dim)``."""

        def build(self, input_shape: Any) -> None:
            """One vector for each place, near zero as in the ViT paper's code."""
            initial = keras.initializers.TruncatedNormal(stddev=0.02)
            self.embeddings = self.add_weight(shape=input_shape[1:], initializer=initial, name="embeddings")

        def call(self, tokens: Any) -> Any:
            """`tokens` with the vectors of their places."""
            return tokens + keras.ops.cast(self.embeddings, tokens.dtype)

        def compute_output_shape(self, input_shape: Any) -> Any:
            """That of the input."""
            return input_shape

    return PositionEmbedding
