"""The block ``TransformerEncoder``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from shapenet.errors import ConfigError
from shapenet.layers.parts import Activation, Count, Rate, Style, check_tokens
from shapenet.layers.token_mlp import mlp
from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("TransformerEncoder")
def transformer_encoder(
    *,
    num_heads: Count,
    mlp_ratio: Annotated[float, Field(gt=0)] = 4.0,
    dropout: Rate = 0.0,
    attention_dropout: Rate = 0.0,
    stochastic_depth: Rate = 0.0,
    activation: Activation = "gelu",
    name: str | None = None,
) -> Any:
    """Self-attention and a network of two dense layers, each added to what came in (Vaswani et al., 2017).

    As in ViT (Dosovitskiy et al., 2021), layers are normalized before, not after: end a stack of
    them with ``LayerNormalization``.

    Args:
        num_heads: How many attentions side by side; divides the values of a token.
        mlp_ratio: How many times as many units the inner dense layer has as a token values.
        dropout: Share of the values after attention and dense layers that is set to 0 while training.
        attention_dropout: Share of the attention weights that is set to 0 while training.
        stochastic_depth: See `StochasticDepth`: share of the images that go without either of the two.
        activation: One of Keras's, of the inner dense layer.
        name: What later layers may call its output; begins the names of its layers.

    Returns:
        A function from and to ``(batch, tokens, channels)``.
    """
    attention, feed_forward = Style(name, "layer"), Style(name, "layer", activation)

    def apply(tokens: Any) -> Any:
        from keras import layers

        check_tokens("TransformerEncoder", tokens)
        dim = tokens.shape[-1]
        if dim % num_heads:
            message = f"TransformerEncoder: num_heads {num_heads} does not divide the {dim} values of a token"
            near = [number for number in range(1, dim + 1) if dim % number == 0 and number <= 2 * num_heads]
            raise ConfigError("model/shape", message, hint=f"give num_heads: {near[-1]}, or another dim before it")
        normalized = attention.normalized(tokens, "attention_norm")
        attended = layers.MultiHeadAttention(
            num_heads, dim // num_heads, dropout=attention_dropout, name=attention.named("attention")
        )(normalized, normalized)
        if dropout:
            attended = layers.Dropout(dropout, name=attention.named("attention_dropout"))(attended)
        tokens = attention.added(tokens, attended, stochastic_depth, "attention_")
        branch = feed_forward.normalized(tokens, "mlp_norm")
        branch = mlp(feed_forward, branch, round(dim * mlp_ratio), dropout, "mlp")
        return feed_forward.added(tokens, branch, stochastic_depth, "mlp_")

    return apply
