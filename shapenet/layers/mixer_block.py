"""The block ``MixerBlock``."""

from __future__ import annotations

from typing import Any

from shapenet.errors import ConfigError
from shapenet.layers.parts import Activation, Count, Rate, Style, check_tokens
from shapenet.layers.token_mlp import mlp
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("MixerBlock")
def mixer_block(
    *,
    tokens_units: Count,
    channels_units: Count,
    dropout: Rate = 0.0,
    stochastic_depth: Rate = 0.0,
    activation: Activation = "gelu",
    name: str | None = None,
) -> Any:
    """Dense layers over the tokens, then over the channels (MLP-Mixer; Tolstikhin et al., 2021).

    Tokens come from ``PatchEmbedding`` with ``positions: false``: a mixer knows them by their
    order. End a stack with ``LayerNormalization`` and ``GlobalAveragePooling1D``.

    Args:
        tokens_units: Units of the inner layer over the tokens.
        channels_units: Units of the inner layer over the channels.
        dropout: Share of the values after each dense layer that is set to 0 while training.
        stochastic_depth: See `StochasticDepth`: share of the images that go without either of the two.
        activation: One of Keras's, of the inner layers.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, tokens, channels)``.
    """
    style = Style(name, "layer", activation)

    def apply(tokens: Any) -> Any:
        from keras import layers

        check_tokens("MixerBlock", tokens)
        if tokens.shape[1] is None:
            message = "MixerBlock has a weight for each token: expected images of one size, received any size"
            hint = "put Resizing: {height: 64, width: 64} before PatchEmbedding"
            raise ConfigError("model/shape", message, hint=hint)
        branch = style.normalized(tokens, "tokens_norm")
        branch = layers.Permute((2, 1), name=style.named("tokens_last"))(branch)
        branch = mlp(style, branch, tokens_units, dropout, "tokens")
        branch = layers.Permute((2, 1), name=style.named("channels_last"))(branch)
        tokens = style.added(tokens, branch, stochastic_depth, "tokens_")
        branch = style.normalized(tokens, "channels_norm")
        branch = mlp(style, branch, channels_units, dropout, "channels")
        return style.added(tokens, branch, stochastic_depth, "channels_")

    return apply
