"""A contact sheet: many images side by side, with captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

PAPER = (250, 250, 248)
"""Colour of the sheet, RGB."""
_INK = (70, 74, 82)
_GUTTER = 3
_MARGIN = 8
_CAPTION_HEIGHT = 16


def contact_sheet(
    images: Sequence[npt.NDArray[Any]], captions: Sequence[str], *, columns: int = 8, tile: int = 96
) -> Image.Image:
    """Lay images out in rows, each above its caption.

    Images keep their proportions: smaller ones grow by a whole factor with hard pixels, so
    that what the model sees stays visible, larger ones shrink smoothly.

    Args:
        images: uint8 ``(height, width, 3)`` for RGB, ``(height, width, 1)`` or
            ``(height, width)`` for gray; they may differ in size.
        captions: One for each image; cut where wider than a tile. All empty: no room is kept.
        columns: Images in a row, at least 1.
        tile: Side in pixels of the square that an image is fitted into, at least 8.

    Returns:
        The sheet, in RGB.

    Raises:
        ValueError: There are no images, or not as many captions.
    """
    if not images or len(images) != len(captions):
        raise ValueError(f"expected images and as many captions, received {len(images)} and {len(captions)}")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    step_x = tile + _GUTTER
    step_y = tile + (_CAPTION_HEIGHT if any(captions) else 0) + _GUTTER
    sheet = Image.new("RGB", (2 * _MARGIN + columns * step_x - _GUTTER, 2 * _MARGIN + rows * step_y - _GUTTER), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=11)
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = _MARGIN + number % columns * step_x, _MARGIN + number // columns * step_y
        picture = fit(image, tile)
        sheet.paste(picture, (left + (tile - picture.width) // 2, top + (tile - picture.height) // 2))
        text = _cut(caption, font, tile)
        draw.text((left + tile / 2, top + tile + _CAPTION_HEIGHT / 2), text, fill=_INK, font=font, anchor="mm")
    return sheet


def fit(image: npt.NDArray[Any], tile: int) -> Image.Image:
    """An image as it stands in a tile: grown by a whole factor with hard pixels, or shrunk smoothly.

    Args:
        image: uint8 ``(height, width, 3)``, ``(height, width, 1)`` or ``(height, width)``.
        tile: Side in pixels of the square that it is fitted into.

    Returns:
        The picture, in RGB.
    """
    pixels = np.asarray(image, np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    picture = Image.fromarray(pixels).convert("RGB")
    longest = max(picture.size)
    if longest <= tile:
        factor = tile // longest
        return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    size = (max(1, picture.width * tile // longest), max(1, picture.height * tile // longest))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _cut(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    text = " ".join(caption.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
