"""Shortcuts around the layers of a block."""

from __future__ import annotations

from typing import Any

from shapenet.layers.parts import Style


def projected(style: Style, features: Any, branch: Any, strides: int) -> Any:
    """`features` as they are, or through a 1 x 1 convolution where their shape is not that of `branch`.

    Option B of He et al., 2016. Sizes may be unknown, so strides and channels decide.

    Args:
        style: The block's.
        features: What the block gets. ``(batch, height, width, channels)``.
        branch: What is added to it.
        strides: Those of the branch.
    """
    filters = branch.shape[-1]
    if strides == 1 and features.shape[-1] == filters:
        return features
    return style.conv(features, filters, 1, "shortcut", strides=strides, linear=True)
