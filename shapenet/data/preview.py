"""A contact sheet: many images side by side, with captions."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

PAPER = (250, 250, 248)
"""Colour of the sheet, RGB."""
_INK = (70, 74, 82)
MARGIN = 8
"""Pixels around all tiles."""
CAPTION_HEIGHT = 16
"""Pixels below a tile."""


def contact_sheet(
    images: Sequence[npt.NDArray[Any]], captions: Sequence[str], *, columns: int = 8, tile: int = 96, gutter: int = 3
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
        gutter: Pixels between tiles.

    Returns:
        The sheet, in RGB.

    Raises:
        ValueError: There are no images, or not as many captions.
    """
    if not images or len(images) != len(captions):
        raise ValueError(f"expected images and as many captions, received {len(images)} and {len(captions)}")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    step_x = tile + gutter
    step_y = tile + (CAPTION_HEIGHT if any(captions) else 0) + gutter
    sheet = Image.new("RGB", (2 * MARGIN + columns * step_x - gutter, 2 * MARGIN + rows * step_y - gutter), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = font_of(11)
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = MARGIN + number % columns * step_x, MARGIN + number // columns * step_y
        picture = fit(image, tile)
        sheet.paste(picture, (left + (tile - picture.width) // 2, top + (tile - picture.height) // 2))
        text = _cut(caption, font, tile)
        draw.text((left + tile / 2, top + tile + CAPTION_HEIGHT / 2), text, fill=_INK, font=font, anchor="mm")
    return sheet


@cache
def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, which Matplotlib brings and which knows most alphabets; else what Pillow has.

    Args:
        size: In pixels.
    """
    found = importlib.util.find_spec("matplotlib")  # where it is, without importing it
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size=size)


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
