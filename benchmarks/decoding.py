"""Images decoded a second on one core, from files that were read lately, beside Pillow's least.

Promised: as fast as `Image.open`, `load` and `np.asarray`, and 10,000 a second at 28 x 28.
Counts CPU time, so that other work on the machine matters little. Takes 20 seconds.

    make bench-decoding
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from common import print_table
from PIL import Image

from shapenet.data.images.decode import decode_image
from shapenet.data.images.options import ImageOptions
from shapenet.data.regular import read_regular

NUM_FILES = 200
PROMISED_AT_28 = 10_000


def write_files(folder: Path, side: int, channels: int, kind: str) -> list[bytes]:
    """Discs with a little noise on black, each another; their paths."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:side, :side]
    paths = []
    for number in range(NUM_FILES):
        distance = np.hypot(rows - rng.uniform(0.3, 0.7) * side, columns - rng.uniform(0.3, 0.7) * side)
        disc = (distance < 0.3 * side) * np.clip(230 + rng.normal(0, 4, (side, side)), 0, 255)
        shade = disc.astype(np.uint8)
        path = folder / f"{side}-{channels}-{number}.{kind.lower()}"
        pixels = shade if channels == 1 else np.stack([shade, shade // 2, shade // 3], axis=2)
        Image.fromarray(pixels).save(path, kind)
        paths.append(os.fsencode(path))
    return paths


def with_pillow(path: bytes) -> npt.NDArray[np.uint8]:
    """The shortest way in Pillow."""
    with Image.open(path) as image:
        return np.asarray(image)


def best_rates(ways: dict[str, Callable[[bytes], object]], paths: list[bytes], repeats: int) -> dict[str, float]:
    """The best rate of each way over `repeats` turns, in files a second of CPU time."""
    rates = dict.fromkeys(ways, 0.0)
    for _ in range(repeats):
        for name, read in ways.items():
            start = time.process_time()
            for path in paths:
                read(path)
            rates[name] = max(rates[name], len(paths) / (time.process_time() - start))
    return rates


def main() -> int:
    """Print the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=25, help="turns of each way, the best counts (default: 25)")
    repeats = parser.parse_args().repeats
    rows, kept = [], True
    with tempfile.TemporaryDirectory() as folder:
        for side in (28, 128):
            for channels, color in ((1, "gray"), (3, "rgb")):
                options = ImageOptions(color=color, dtype="uint8")
                for kind in ("PNG", "JPEG"):
                    paths = write_files(Path(folder), side, channels, kind)
                    ours = lambda path, options=options: decode_image(read_regular(path), options)  # noqa: E731
                    rates = best_rates({"shapenet": ours, "Pillow": with_pillow}, paths, repeats)
                    ratio = rates["shapenet"] / rates["Pillow"]
                    kept &= ratio >= 1 and (side > 28 or rates["shapenet"] >= PROMISED_AT_28)
                    image = f"{side} x {side} {color} {kind}"
                    rows.append((image, f"{rates['shapenet']:,.0f}", f"{rates['Pillow']:,.0f}", f"{ratio:.2f}"))
    print_table(("image", "shapenet img/s", "Pillow img/s", "ratio"), rows)
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
