"""Damaging bytes at random, the way disks, downloads and strangers do."""

from __future__ import annotations

import random
from collections.abc import Callable


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` after one to eight random damages.

    Args:
        data: Content of a sound file.
        rng: Decides on everything.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        data = rng.choice(_DAMAGES)(bytearray(data), rng)
    return data


def _span(data: bytearray, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 256)))


def _flip_bit(data: bytearray, rng: random.Random) -> bytes:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _flip_in_head(data: bytearray, rng: random.Random) -> bytes:
    if data:
        data[rng.randrange(min(64, len(data)))] = rng.randrange(256)
    return bytes(data)


def _cut(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: rng.randrange(len(data) + 1)])


def _drop(data: bytearray, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    return bytes(data[:start] + data[stop:])


def _repeat(data: bytearray, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    return bytes(data[:stop] + data[start:stop] * rng.choice((1, 2, 50)) + data[stop:])


def _insert(data: bytearray, rng: random.Random) -> bytes:
    start, _ = _span(data, rng)
    return bytes(data[:start] + rng.randbytes(rng.choice((1, 4, 64))) + data[start:])


def _extreme_number(data: bytearray, rng: random.Random) -> bytes:
    """Four bytes that mean a very large, negative or zero length, in either byte order."""
    start, _ = _span(data, rng)
    number = rng.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00010000))
    data[start : start + 4] = number.to_bytes(4, rng.choice(("big", "little")))
    return bytes(data)


def _blank(data: bytearray, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    data[start:stop] = bytes([rng.choice((0, 255, 32))]) * (stop - start)
    return bytes(data)


_DAMAGES: tuple[Callable[[bytearray, random.Random], bytes], ...] = (
    _flip_bit, _flip_in_head, _cut, _drop, _repeat, _insert, _extreme_number, _blank,
)  # fmt: skip
