"""Images a second, 128 x 128 x 3: a plain Pillow script, generated folders, rendering into the store, NumPy alone.

The script draws as a course's generator does: a filled polygon on a plain background, one image at a time in one
process, saved as Pillow saves by default. Once it adds the noise that the generator adds by default, so that both
write the same kind of picture; promised, on 2 cores: a folder of PNG files, CSVs and manifests 5 times as fast as the
script, a packed store 6 times. Once both draw flat pictures; nothing is promised there, since Pillow takes a tenth
of the time over them and the generator still draws smooth edges. Each round measures all ways one after the other; the
ratios are the medians over the rounds. Other programs on the same cores hit the ways with 2 processes harder;
the time on the cores for each image hardly changes with them.
Files go into memory (/dev/shm) where there is such a folder, since a slow disk would be all that is measured;
--base names another one. Takes some minutes and 1 GB.

    make bench-generate
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from common import print_table
from PIL import Image, ImageDraw

from shapenet.data.pack import open_packed
from shapenet.data.shapes.files import generate_folder
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords

SIZE = 128
NUM_PROCESSES = 2
CLASSES = {"square": 4, "triangle": 3}
"""Shapes and their corners; each has half of the images."""

PROMISED = (5.0, 6.0)
"""How many times as fast as the script the folder and the store must be."""


@dataclass(frozen=True)
class Way:
    """A way to make the images.

    Attributes:
        name: What the table calls it.
        make: Makes so many images in a new folder.
        share: So many of a round's images are made.
        promised: How many times as fast as the first way it must be.
    """

    name: str
    make: Callable[[Path, int], None]
    share: float = 1.0
    promised: float | None = None


def pillow_script(folder: Path, num_images: int, *, noise: float) -> None:
    """One image after the other, saved as Pillow saves by default, and a CSV."""
    draws, generator = random.Random(0), np.random.default_rng(0)  # noqa: S311 - pictures, no secrets
    folder.mkdir()
    with (folder / "info.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("name", "path", "label"))
        for index in range(num_images):
            shape, corners = list(CLASSES.items())[index % len(CLASSES)]
            image = Image.new("RGB", (SIZE, SIZE), random_colour(draws))
            radius = draws.uniform(0.15, 0.6) * SIZE / 2
            x, y = (draws.uniform(radius, SIZE - radius) for _ in range(2))
            turn = draws.uniform(0, math.tau)
            turns = [turn + math.tau * corner / corners for corner in range(corners)]
            points = [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
            ImageDraw.Draw(image).polygon(points, fill=random_colour(draws))
            if noise:
                noisy = np.asarray(image) + generator.normal(0, 255 * noise, (SIZE, SIZE, 3))
                image = Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
            image.save(folder / f"{index:06d}.png")
            writer.writerow((f"{index:06d}", f"{index:06d}.png", shape))


def random_colour(draws: random.Random) -> tuple[int, int, int]:
    """Any colour."""
    return draws.randrange(256), draws.randrange(256), draws.randrange(256)


def parameters(num_images: int, noise: float) -> ShapesParameters:
    """The generator's values for the same kind of pictures."""
    return ShapesParameters(classes=list(CLASSES), num_images=num_images, size=SIZE, noise=noise)


def folder_of_files(folder: Path, num_images: int, *, noise: float) -> None:
    """What ``shapenet data generate`` does."""
    generate_folder(parameters(num_images, noise), folder, num_workers=NUM_PROCESSES)


def packed_store(folder: Path, num_images: int, *, noise: float) -> None:
    """What the first training on ``source: {shapes: ...}`` does."""
    open_packed(ShapesRecords(parameters(num_images, noise)), folder)


def numpy_writes(folder: Path, num_images: int) -> None:
    """One image after the other into a mapped file: no drawing can be faster in one process."""
    folder.mkdir()
    images = np.lib.format.open_memmap(folder / "image.npy", "w+", np.uint8, (num_images, SIZE, SIZE, 3))
    image = np.full((SIZE, SIZE, 3), 127, np.uint8)
    for index in range(num_images):
        images[index] = image


@dataclass(frozen=True)
class Speed:
    """What one run reached.

    Attributes:
        rate: Images a second, processes started and ended included.
        cpu_seconds: Time on all cores for one image, which other programs hardly change.
    """

    rate: float
    cpu_seconds: float


def speed_of(way: Way, num_images: int, base: Path | None) -> Speed:
    """Measure one run in an empty folder."""
    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-", dir=base) as name:
        count = max(1, round(num_images * way.share))
        start, start_cpu = time.perf_counter(), cpu_seconds()
        way.make(Path(name) / "new", count)
        return Speed(count / (time.perf_counter() - start), (cpu_seconds() - start_cpu) / count)


def cpu_seconds() -> float:
    """Time on all cores of this process and of those that it started and that ended."""
    return sum(os.times()[:4])


def ways(noise: float) -> list[Way]:
    """What is compared; the first is what the others are compared with."""
    folder_promise, store_promise = PROMISED if noise else (None, None)
    script, folder, store = (partial(make, noise=noise) for make in (pillow_script, folder_of_files, packed_store))
    return [
        Way("Pillow script, 1 process", script, 0.2 if noise else 0.5),
        Way(f"generated folder, {NUM_PROCESSES} processes", folder, promised=folder_promise),
        Way(f"packed store, {NUM_PROCESSES} processes", store, promised=store_promise),
        Way("NumPy writes, 1 process", numpy_writes),
    ]


def compare(noise: float, options: argparse.Namespace) -> bool:
    """Measure and print a table; whether every promise is kept."""
    compared = ways(noise)
    rounds = [[speed_of(way, options.num_images, options.base) for way in compared] for _ in range(options.rounds)]
    rows, kept = [], True
    for way, speeds in zip(compared, zip(*rounds, strict=True), strict=True):
        ratio = statistics.median(speed.rate / first.rate for speed, (first, *_) in zip(speeds, rounds, strict=True))
        rate = statistics.median(speed.rate for speed in speeds)
        cpu = statistics.median(speed.cpu_seconds for speed in speeds)
        kept = kept and (way.promised is None or ratio >= way.promised)
        rows.append((way.name, f"{rate:,.0f}", f"{ratio:.1f}", way.promised or "", f"{cpu * 1e6:,.0f}"))
    header = (f"noise {noise}" if noise else "flat", "images/s", "times the script", "promised", "CPU us/image")
    print_table(header, rows)
    return kept


def main() -> int:
    """Print the tables; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, default=20_000, help="images of each run (default: 20000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    memory = Path("/dev/shm")  # noqa: S108 - folders with names of their own are made there
    default = memory if memory.is_dir() else None
    parser.add_argument("--base", type=Path, default=default, help=f"where to write (default: {default})")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:NUM_PROCESSES])
    kept = [compare(noise, options) for noise in (0.02, 0.0)]
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
