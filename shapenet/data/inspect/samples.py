"""Some images of a split, as many of each class, and the sheet that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from shapenet.data.batches import Split
from shapenet.data.inspect.values import values_at
from shapenet.data.inspect.view import viewable, with_mask
from shapenet.data.preview import PAPER, contact_sheet, fit, font_of
from shapenet.data.split import limit_balanced

MASK = "mask"
_COLUMNS = 8
_TILE = 112
_GUTTER = 10
_HEAD, _MARGIN = 62, 12
_INK, _MUTED = (45, 49, 57), (120, 126, 136)
_BLANK = np.full((1, 1, 3), PAPER, np.uint8)


@dataclass(frozen=True)
class Samples:
    """Some records.

    Attributes:
        images: ``(height, width, channels)`` each.
        labels: int64 ``(n,)``.
        masks: Integers ``(height, width, 1)`` each, or None.
    """

    images: tuple[npt.NDArray[Any], ...]
    labels: npt.NDArray[np.int64]
    masks: tuple[npt.NDArray[Any], ...] | None = None


def draw_samples(split: Split, num: int, seed: int) -> Samples:
    """Some records of a split, as equally many of each class as there are, class by class.

    Args:
        split: The split.
        num: How many; all if there are fewer.
        seed: Decides which.
    """
    chosen = limit_balanced(split.labels, num, seed)
    chosen = chosen[np.argsort(split.labels[chosen], kind="stable")]
    indices = split.indices[chosen]
    images = tuple(values_at(split.store, "image", indices))
    masks = tuple(values_at(split.store, MASK, indices)) if MASK in split.store.meta.fields else None
    return Samples(images, split.labels[chosen], masks)


def sheet_of(views: Mapping[str, Samples], classes: Sequence[str], heading: tuple[str, str]) -> Image.Image:
    """Views of the same records below each other, row by row.

    Args:
        views: One view, or several by name, such as ``before`` and ``after`` augmentation; each
            has the same records in the same order.
        classes: Class names; they stand below the images of the first view, the view's name below
            those of the others.
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
        for number, (name, samples) in enumerate(views.items()):
            row = tiles[name][start : start + _COLUMNS]
            names = [name if number else classes[label] for label in samples.labels[start : start + _COLUMNS]]
            blank = _COLUMNS - len(row) if several else 0  # the next view begins a new row
            images.extend([*row, *[_BLANK] * blank])
            captions.extend([*names, *[""] * blank])
    return _headed(contact_sheet(images, captions, columns=_COLUMNS, tile=tile, gutter=_GUTTER), *heading)


def _headed(sheet: Image.Image, title: str, line: str) -> Image.Image:
    """A sheet below a title and a smaller line, wide enough for both."""
    fonts = (font_of(17), font_of(12))
    width = max(sheet.width, *(int(font.getlength(text)) + 40 for font, text in zip(fonts, (title, line), strict=True)))
    page = Image.new("RGB", (width + 2 * _MARGIN, sheet.height + _HEAD + _MARGIN), PAPER)
    page.paste(sheet, (_MARGIN, _HEAD))
    draw = ImageDraw.Draw(page)
    left = _MARGIN + 8  # as the sheet's first tile
    draw.text((left, 30), title, fill=_INK, font=fonts[0], anchor="ls")
    draw.text((left, 52), line, fill=_MUTED, font=fonts[1], anchor="ls")
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
