"""The pixels of an image file, in the asked colour, type and size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from shapenet.data.images.color import deep_color, eight_bit_color, transparent_as_alpha
from shapenet.data.images.faults import damaged, sniff, unfit_depth
from shapenet.data.images.geometry import padded, resized_image, resized_planes
from shapenet.data.images.jpeg import plain_jpeg
from shapenet.data.images.opening import open_image, told
from shapenet.data.images.options import ImageOptions
from shapenet.data.images.orientation import loaded, png_orientation, upright_array, upright_image
from shapenet.data.images.plain import plain_pixels
from shapenet.data.images.png import GRAY, GRAY_ALPHA, RGB, Png, check_rows, eight_bits, parse_png, sixteen_bits
from shapenet.data.images.ppm import parse_ppm, ppm_pixels
from shapenet.data.images.tiff import deep_pixels
from shapenet.data.records import note
from shapenet.errors import DataError

Pixels = Image.Image | npt.NDArray[Any]
"""Upright, gray or RGB: a Pillow image of 8 bits, or an array of uint8, uint16 or float32."""

_LAYOUTS = {GRAY: "L", GRAY_ALPHA: "LA", RGB: "RGB"}


def decode_image(data: bytes, options: ImageOptions) -> npt.NDArray[Any]:
    """The pixels of an image file.

    Args:
        data: Content of the file.
        options: What is asked for, its colour and type resolved.

    Returns:
        Array ``(height, width, channels)`` of the options' type: uint8 from 0 to 255,
        uint16 from 0 to 65535, or float32 from 0 to 1, unless the file holds floating
        point itself. It may be read-only.

    Raises:
        DataError: The file is empty, not an image, damaged, cut or too large, or its
            pixels can't become the asked type. The error has no place.
        ValueError: An option is still ``auto``.
    """
    if options.color == "auto" or options.dtype == "auto":
        raise ValueError(f"expected resolved options, received {options}")
    pixels = _read(data, gray=options.color == "gray")
    if options.dtype != "uint8":
        return padded(_deep(pixels, options), options)
    if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and options.size in {None, pixels.shape[:2]}:
        return pixels
    return padded(_to_array(resized_image(_shallow(pixels), options)), options)


def _read(data: bytes, *, gray: bool) -> Pixels:
    kind = sniff(data)
    if kind == "PNG":
        return _read_png(data, gray=gray)
    if kind == "PPM":
        array = ppm_pixels(data, parse_ppm(data))
        if array.dtype == np.uint8:
            return eight_bit_color(_to_image(array), gray=gray)
        return deep_color(_finite(array), "RGB" if array.shape[2] == 3 else "L", gray=gray)
    plain = plain_jpeg(data) if kind == "JPEG" else None
    if plain is not None:
        return eight_bit_color(plain, gray=gray)
    with told(kind):
        image = open_image(data, kind)
        _note_frames(kind != "JPEG" and getattr(image, "is_animated", False))
        deep = deep_pixels(data, image) if kind == "TIFF" else None
        if deep is None:
            return eight_bit_color(loaded(image), gray=gray)
    return deep_color(_finite(deep[0]), deep[1], gray=gray)


def _read_png(data: bytes, *, gray: bool) -> Pixels:
    png = parse_png(data, whole=True)
    _note_frames(png.animated)
    orientation = png_orientation(data, png)
    if png.bits == 16:
        return upright_array(_read_deep_png(png, gray=gray), orientation)
    plain = plain_pixels(png) if gray == (png.color_type == GRAY) else None
    if plain is not None:
        return upright_array(plain, orientation)
    if png.bits == 8 and png.color_type in {GRAY, RGB} and png.transparent is None:
        return upright_image(eight_bit_color(eight_bits(png), gray=gray), orientation)
    check_rows(png)
    with told("PNG"):
        image = open_image(data, "PNG")
        image.load()
        if png.color_type == GRAY and png.transparent is not None:
            full = 2**png.bits - 1
            shade = int.from_bytes(png.transparent[:2], "big") & full
            image.info["transparency"] = shade * 255 // full  # Pillow scales pixels alone
        return upright_image(eight_bit_color(image, gray=gray), orientation)


def _note_frames(animated: bool) -> None:
    if animated:
        note("have several frames or pages: the first one is used")


def _read_deep_png(png: Png, *, gray: bool) -> npt.NDArray[Any]:
    pixels = sixteen_bits(png)
    layout = _LAYOUTS.get(png.color_type, "RGBA")
    if png.transparent is not None and layout in {"L", "RGB"}:
        if len(png.transparent) != 2 * len(layout):
            raise damaged("the image is damaged: PNG's transparent colour has another number of channels")
        pixels = transparent_as_alpha(pixels, tuple(np.frombuffer(png.transparent, ">u2").tolist()))
        layout += "A"
    return deep_color(pixels, layout, gray=gray)


def _finite(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if pixels.dtype == np.float32 and not np.isfinite(pixels).all():
        raise unfit_depth("finite pixels", "NaN or infinity")
    return pixels


def _shallow(pixels: Pixels) -> Image.Image:
    """A Pillow image of 8 bits."""
    if isinstance(pixels, Image.Image):
        return pixels
    if pixels.dtype == np.float32:
        raise _no_range()
    if pixels.dtype == np.uint8:
        return _to_image(pixels)
    return _to_image(((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _deep(pixels: Pixels, options: ImageOptions) -> npt.NDArray[Any]:
    """An array of uint16 or float32, scaled to the asked size."""
    array = _to_array(pixels) if isinstance(pixels, Image.Image) else pixels
    if array.dtype == np.float32:
        if options.dtype == "uint16":
            raise _no_range()
        return resized_planes(array, options)
    if array.dtype == np.uint8:
        array = array.astype(np.uint16) * np.uint16(257)
    if options.dtype == "float32":
        scaled: npt.NDArray[Any] = np.clip(resized_planes(array / np.float32(65535), options), 0, 1)
    elif options.size is None:
        scaled = array
    else:
        floating = resized_planes(array.astype(np.float32), options)
        scaled = np.rint(np.clip(floating, 0, 65535)).astype(np.uint16)
    return scaled


def _to_array(image: Image.Image) -> npt.NDArray[np.uint8]:
    channels = 1 if image.mode == "L" else 3
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, channels)


def _to_image(array: npt.NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def _no_range() -> DataError:
    return unfit_depth(
        "pixels of 1 to 16 bits",
        "floating point, which has no known range",
        "dtype: float32 takes floating point as it is",
    )
