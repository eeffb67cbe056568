"""What an image is decoded to: size, colour and type of its pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shapenet.data.images.header import ImageHeader

Color = Literal["auto", "gray", "rgb"]
Resize = Literal["stretch", "fit", "crop", "pad"]
Interpolation = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]
ImageDtype = Literal["auto", "uint8", "uint16", "float32"]
Size = tuple[int, int]
"""Height and width in pixels."""

DECODING = "images-1"
"""Belongs into the key of stored pixels: changes when the same file and options give others."""


@dataclass(frozen=True)
class ImageOptions:
    """How to decode images.

    Attributes:
        size: Height and width in pixels; each image's own if None.
        resize: How an image of another shape comes to `size`. ``stretch`` ignores its
            aspect; ``fit`` keeps it, and one side may be smaller; ``pad`` is fit, centred
            on black; ``crop`` keeps it, covers the size and cuts out the centre.
        interpolation: Filter to resize with.
        color: ``auto`` is gray if the first image is, else RGB; see `resolve`.
        dtype: ``auto`` is the smallest that holds the first image; see `resolve`.
    """

    size: Size | None = None
    resize: Resize = "stretch"
    interpolation: Interpolation = "bilinear"
    color: Color = "auto"
    dtype: ImageDtype = "auto"

    @property
    def channels(self) -> int:
        """1 for gray, 3 for RGB.

        Raises:
            ValueError: The colour is not resolved.
        """
        if self.color == "auto":
            raise ValueError("expected resolved options, received the colour auto")
        return 1 if self.color == "gray" else 3


def resolve(options: ImageOptions, header: ImageHeader) -> ImageOptions:
    """The options with each ``auto`` decided by one image, usually the first.

    Args:
        options: What is asked for.
        header: What the image holds. Up to 8 bits a channel give uint8, up to 16
            uint16, floating point float32.
    """
    color, dtype = options.color, options.dtype
    if color == "auto":
        color = "gray" if header.gray else "rgb"
    if dtype == "auto" and header.floating:
        dtype = "float32"
    elif dtype == "auto":
        dtype = "uint8" if header.bits <= 8 else "uint16"
    return replace(options, color=color, dtype=dtype)
