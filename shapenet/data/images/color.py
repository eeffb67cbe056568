"""Whatever channels an image has, made gray or RGB without transparency."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
"""Pillow's modes without colour."""

_ALPHA_MODES = frozenset({"LA", "PA", "RGBA"})
_PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}
_WHITE = 65535


def eight_bit_color(image: Image.Image, *, gray: bool) -> Image.Image:
    """An 8-bit Pillow image of mode ``L`` or ``RGB``; transparency is laid over white.

    Args:
        image: An image of a mode with up to 8 bits a channel.
        gray: Whether to make it gray.
    """
    mode = "L" if gray else "RGB"
    if image.mode == mode and "transparency" not in image.info:
        return image
    if image.mode in _PREMULTIPLIED:
        image = image.convert(_PREMULTIPLIED[image.mode])
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode == "CMYK":
        image = _from_cmyk(image)
    if image.mode not in {"1", "L", "RGB", "RGBA"}:
        image = image.convert("RGB")
    return image.convert(mode)


def _from_cmyk(image: Image.Image) -> Image.Image:
    light = 255 - np.asarray(image).astype(np.uint32)
    return Image.fromarray(((light[..., :3] * light[..., 3:] + 127) // 255).astype(np.uint8))


def deep_color(pixels: npt.NDArray[Any], layout: str, *, gray: bool) -> npt.NDArray[Any]:
    """Gray or RGB of an image of 16 bits or of floating point; transparency is laid over white.

    Args:
        pixels: Array ``(height, width, channels)``, uint16, or float32 in gray.
        layout: Its channels: ``L``, ``LA``, ``RGB``, ``RGBA``, ``RGBa`` (colour already
            multiplied by alpha) or ``CMYK``.
        gray: Whether to make it gray.

    Returns:
        Array ``(height, width, 1)`` or ``(height, width, 3)`` of the same type.
    """
    if layout == "CMYK":
        light = _WHITE - pixels.astype(np.uint64)
        pixels = ((light[..., :3] * light[..., 3:] + _WHITE // 2) // _WHITE).astype(np.uint16)
    elif layout[-1] in "aA":
        pixels = _over_white(pixels, premultiplied=layout[-1] == "a")
    if gray and pixels.shape[2] == 3:
        return _luma(pixels)
    if not gray and pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels


def transparent_as_alpha(pixels: npt.NDArray[np.uint16], color: tuple[int, ...]) -> npt.NDArray[np.uint16]:
    """Add an alpha channel that is 0 where all channels have the transparent colour's values."""
    clear = (pixels == np.array(color, np.uint16)).all(axis=2, keepdims=True)
    alpha: npt.NDArray[np.uint16] = np.where(clear, 0, _WHITE).astype(np.uint16)
    return np.concatenate([pixels, alpha], axis=2)


def _over_white(pixels: npt.NDArray[Any], *, premultiplied: bool) -> npt.NDArray[Any]:
    color, alpha = pixels[..., :-1].astype(np.uint64), pixels[..., -1:].astype(np.uint64)
    behind = _WHITE - alpha
    if not premultiplied:
        color = (color * alpha + _WHITE // 2) // _WHITE
    laid: npt.NDArray[np.uint16] = np.minimum(color + behind, _WHITE).astype(np.uint16)
    return laid


def _luma(pixels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """ITU-R 601 with Pillow's weights, which add up to 2 ** 16."""
    weighed = pixels.astype(np.uint64) @ np.array([[19595], [38470], [7471]], np.uint64)
    luma: npt.NDArray[np.uint16] = ((weighed + 2**15) >> 16).astype(np.uint16)
    return luma
