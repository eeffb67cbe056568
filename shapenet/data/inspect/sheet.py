"""A sheet of samples: their pictures and captions under a heading, several views row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from shapenet.data.inspect.samples import Samples
from shapenet.data.inspect.view import viewable, with_mask
from shapenet.data.preview import CAPTION_HEIGHT, MARGIN, PAPER, contact_sheet, fit, font_of

_COLUMNS = 8
_TILE = 112
_GUTTER = 10
_HEAD, _BORDER, _SIDE = 62, 12, 64
_INK, _MUTED = (45, 49, 57), (120, 126, 136)
_BLANK = np.full((1, 1, 3), PAPER, np.uint8)


def sheet_of(views: Mapping[str, Samples], heading: tuple[str, str]) -> Image.Image:
    """Views of the same records below each other, eight records in a row.

    Args:
        views: One view, or several by name, such as ``before`` and ``after`` augmentation, whose
            names stand left of their rows; each has the same records in the same order.
        heading: A title and a line below it.

    Returns:
        The sheet, in RGB.
    """
    tile = _tile(max(max(image.shape[:2]) for samples in views.values() for image in samples.images))
    tiles = {name: _tiles(samples, tile) for name, samples in views.items()}
    images: list[npt.NDArray[np.uint8]] = []
    captions: list[str] = []
    several = len(views) > 1
    for start in range(0, len(next(iter(tiles.values()))), _COLUMNS):
        for name, samples in views.items():
            row = tiles[name][start : start + _COLUMNS]
            blank = _COLUMNS - len(row) if several else 0  # the next view begins a new row
            images.extend([*row, *[_BLANK] * blank])
            captions.extend([*samples.captions[start : start + _COLUMNS], *[""] * blank])
    sheet = contact_sheet(images, captions, columns=_COLUMNS, tile=tile, gutter=_GUTTER)
    return _page(sheet, heading, list(views) if several else [], tile)


def titled(sheet: Image.Image, heading: tuple[str, str]) -> Image.Image:
    """A contact sheet below its heading.

    Args:
        sheet: The sheet.
        heading: A title and a line below it.
    """
    return _page(sheet, heading, [], _TILE)


def _page(sheet: Image.Image, heading: tuple[str, str], names: list[str], tile: int) -> Image.Image:
    """A sheet below its heading, with the names of its rows, which repeat, on the left."""
    fonts = (font_of(17), font_of(12))
    left = _BORDER + (_SIDE if names else 0)
    widths = (_BORDER + MARGIN + int(font.getlength(text)) for font, text in zip(fonts, heading, strict=True))
    page = Image.new("RGB", (max(left + sheet.width, *widths) + _BORDER, sheet.height + _HEAD + _BORDER), PAPER)
    page.paste(sheet, (left, _HEAD))
    draw = ImageDraw.Draw(page)
    for text, font, bottom, colour in zip(heading, fonts, (30, 52), (_INK, _MUTED), strict=True):
        draw.text((_BORDER + MARGIN, bottom), text, fill=colour, font=font, anchor="ls")
    step = tile + CAPTION_HEIGHT + _GUTTER
    for row, top in enumerate(range(_HEAD + MARGIN, _HEAD + sheet.height - MARGIN, step)):
        if names:
            draw.text((left - 2, top + tile / 2), names[row % len(names)], fill=_MUTED, font=fonts[1], anchor="rm")
    return page


def _tiles(samples: Samples, tile: int) -> list[npt.NDArray[np.uint8]]:
    pictures = [np.asarray(fit(image, tile)) for image in viewable(samples.images)]
    if samples.masks is None:
        return pictures
    return [
        with_mask(picture, _grown(mask[..., 0], picture.shape[:2]))
        for picture, mask in zip(pictures, samples.masks, strict=True)
    ]


def _grown(mask: npt.NDArray[Any], size: tuple[int, ...]) -> npt.NDArray[Any]:
    """A mask in the size at which its image is shown, by the nearest pixel."""
    rows, columns = (np.arange(new) * old // new for old, new in zip(mask.shape, size, strict=True))
    grown: npt.NDArray[Any] = mask[np.ix_(rows, columns)]
    return grown


def _tile(side: int) -> int:
    """The multiple of an image's side that is nearest to 112; 112 for larger images, which shrink to it."""
    return side * max(1, round(_TILE / side)) if side <= _TILE * 3 // 2 else _TILE
