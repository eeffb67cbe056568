"""One fuzzing case a number: damaged images and damaged CSVs, and what may come of them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from shapenet.data.csv.source import csv
from shapenet.data.images.decode import decode_image
from shapenet.data.images.header import read_header
from shapenet.data.images.mask import decode_mask
from shapenet.data.images.options import ImageOptions, resolve
from shapenet.errors import DataError
from tests.fuzz.mutate import mutated

Case = Callable[[int, Path], None]
"""Runs a case by its number, in a folder of its own; raises only if shapenet is at fault."""


def image_case(number: int, folder: Path) -> None:
    """Damage an image file of any format and mode, then read its header, its pixels, and it as a mask."""
    rng = random.Random(f"image {number}")  # noqa: S311
    data = mutated(rng.choice(_sound_images()), rng)
    options = ImageOptions(
        size=rng.choice((None, None, (7, 5), (40, 40))),
        resize=rng.choice(("stretch", "fit", "crop", "pad")),
        interpolation=rng.choice(("nearest", "bilinear", "bicubic", "lanczos", "box")),
        color=rng.choice(("auto", "gray", "rgb")),
        dtype=rng.choice(("auto", "uint8", "uint16", "float32")),
    )
    try:
        resolved = resolve(options, read_header(data))
        pixels = decode_image(data, resolved)
    except DataError:
        pass
    else:
        assert pixels.dtype == np.dtype(resolved.dtype)
        assert pixels.shape[2] == resolved.channels
        assert options.size is None or options.resize == "fit" or pixels.shape[:2] == options.size
    with suppress(DataError):
        decode_mask(data, ImageOptions(color="gray", dtype="uint8"))


def csv_case(number: int, folder: Path) -> None:
    """Damage a CSV, or write a strange one, then open it and read what it lists."""
    rng = random.Random(f"csv {number}")  # noqa: S311
    for value, name in enumerate(("a.png", "b c.png", "ü.png")):
        if not (folder / name).exists():
            Image.new("L", (3, 2), value).save(folder / name)
    path = folder / "info.csv"
    path.write_bytes(mutated(rng.choice(_SOUND_CSVS).encode(rng.choice(("utf-8", "utf-8-sig", "latin-1"))), rng))
    delimiter = rng.choice((",", ",", ";", "\t"))
    try:
        records = csv(path=path, delimiter=delimiter)
        records.read(0, min(len(records), 50))
    except DataError as error:
        if any(problem.place is None for problem in error.problems):
            raise AssertionError(f"an error without its place: {error}") from error


CASES: Mapping[str, Case] = MappingProxyType({"image": image_case, "csv": csv_case})
"""Every kind of case."""

_SOUND_CSVS = (
    "name,path,label\na,a.png,x\nb,b c.png,y\n",
    'path,label\r\n"a.png","x ""quoted"", y"\r\n"b c.png",z\r\nü.png,x\r\n',
    "filepath;class\na.png;1\nb c.png;2\n",
    "path\tlabel\na.png\t1\nb c.png\t02\n",
    "path,label\n" + "".join(f"a.png,{n % 3}\n" for n in range(200)),
    'path,label\n"a.png",x\n"b c.png","two\nlines"\n',
    "path,label\n../a.png,x\n/etc/passwd,y\n",
)


@cache
def _sound_images() -> tuple[bytes, ...]:
    """Files of every format and mode that Pillow writes."""
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (11, 13, 4), np.uint8)
    rgba = Image.fromarray(noise)
    deep = Image.fromarray(generator.integers(0, 65536, (11, 13), np.uint16))
    modes = {
        "PNG": [rgba, *(rgba.convert(mode) for mode in ("1", "L", "LA", "P", "RGB")), deep],
        "JPEG": [rgba.convert("L"), rgba.convert("RGB"), rgba.convert("CMYK")],
        "WEBP": [rgba.convert("RGB"), rgba],
        "GIF": [rgba.convert("P")],
        "BMP": [rgba.convert(mode) for mode in ("1", "L", "P", "RGB")],
        "TIFF": [rgba.convert("L"), rgba.convert("RGB"), rgba, rgba.convert("CMYK"), deep, rgba.convert("F")],
        "PPM": [rgba.convert("1"), rgba.convert("L"), rgba.convert("RGB"), deep],
    }
    files = [_saved(image, kind) for kind, images in modes.items() for image in images]
    files += [_saved(rgba.convert("RGB"), kind, save_all=True, append_images=[rgba.convert("RGB")] * 2)
              for kind in ("PNG", "GIF", "WEBP", "TIFF")]  # fmt: skip
    files += [_saved(rgba.convert("RGB"), "TIFF", compression=c) for c in ("tiff_lzw", "tiff_deflate", "packbits")]
    exif = Image.Exif()
    exif[0x0112] = 6
    files += [_saved(rgba.convert("RGB"), kind, exif=exif) for kind in ("PNG", "JPEG", "WEBP", "TIFF")]
    return tuple(files)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
