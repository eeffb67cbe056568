"""Writers of image files that share no code with what is tested; sizes, filters and bytes by hand."""

from __future__ import annotations

import io
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

PNG_COLOR_TYPES = {"L": 0, "RGB": 2, "P": 3, "LA": 4, "RGBA": 6}
PNG_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def packed(samples, bits):
    """The bytes of each row, highest bit first."""
    height = len(samples)
    flat = samples.reshape(height, -1)
    if bits == 16:
        return np.frombuffer(flat.astype(">u2").tobytes(), np.uint8).reshape(height, -1)
    exploded = (flat[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(exploded.reshape(height, -1).astype(np.uint8), axis=1)


def filtered(rows, num_bytes):
    """PNG's five filters in turn."""
    out, above = [], [0] * rows.shape[1]
    for number, row in enumerate(rows.tolist()):
        left = [0] * num_bytes + row
        corner = [0] * num_bytes + above
        kind = number % 5
        coded = [kind]
        for x, value in enumerate(row):
            a, b, c = left[x], above[x], corner[x]
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            coded.append((value - (0, a, b, (a + b) // 2, paeth)[kind]) % 256)
        out.append(bytes(coded))
        above = row
    return b"".join(out)


def png(samples, mode, bits=8, *, interlaced=False, before=b"", after=b""):
    height, width, channels = samples.shape
    pieces = [samples]
    if interlaced:
        pieces = [samples[top::down, left::across] for left, top, across, down in PNG_PASSES]
    num_bytes = max(1, channels * bits // 8)
    stream = b"".join(filtered(packed(piece, bits), num_bytes) for piece in pieces if piece.size)
    header = struct.pack(">IIBBBBB", width, height, bits, PNG_COLOR_TYPES[mode], 0, 0, interlaced)
    packed_stream = zlib.compress(stream)
    half = len(packed_stream) // 2
    chunks = [png_chunk(b"IDAT", packed_stream[:half]), png_chunk(b"IDAT", packed_stream[half:])]
    return b"".join([b"\x89PNG\r\n\x1a\n", png_chunk(b"IHDR", header), before, *chunks, after, png_chunk(b"IEND", b"")])


def tiff(samples, photometric, dtype, *, order="<", deflate=False, extra=None, orientation=None, planar=False):
    """A TIFF of two strips; `dtype` is NumPy's, without its byte order."""
    height, width, channels = samples.shape
    kind = np.dtype(dtype).newbyteorder(order)
    planes = [samples[..., [channel]] for channel in range(channels)] if planar else [samples]
    rows = (height + 1) // 2
    strips = [piece.astype(kind).tobytes() for plane in planes for piece in (plane[:rows], plane[rows:]) if piece.size]
    strips = [zlib.compress(strip) for strip in strips] if deflate else strips
    offsets = list(np.cumsum([8] + [len(strip) for strip in strips[:-1]]))
    bits = kind.itemsize * 8
    sample_format = {"u": 1, "i": 2, "f": 3}[kind.kind]
    tags = {
        256: [width], 257: [height], 258: [bits] * channels, 259: [8 if deflate else 1], 262: [photometric],
        273: offsets, 277: [channels], 278: [rows], 279: [len(strip) for strip in strips],
        284: [2 if planar else 1], 339: [sample_format] * channels,
    }  # fmt: skip
    tags |= {338: [extra]} if extra is not None else {}
    tags |= {274: [orientation]} if orientation else {}
    body = b"".join(strips)
    body += b"\0" * (len(body) % 2)
    directory, values = 8 + len(body), b""
    entries = b""
    for tag, numbers in sorted(tags.items()):
        content = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(content) > 4:
            where = directory + 2 + 12 * len(tags) + 4 + len(values)
            values += content
            content = struct.pack(f"{order}I", where)
        entries += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + content
    signature = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, directory)
    return signature + body + struct.pack(f"{order}H", len(tags)) + entries + b"\0\0\0\0" + values


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def write():
    """The writers by name; ``saved`` is Pillow's encoder."""
    return SimpleNamespace(png=png, png_chunk=png_chunk, tiff=tiff, saved=saved, Image=Image)
