"""Later epochs: batches from a packed store against tf.data slices of arrays in memory, shuffled.

Both are read to their end within TensorFlow's graph, as ``fit`` reads them; nothing is trained.
Promised at 28 x 28: 1.5 times the rate at a batch of 32, 2.5 times at 256; 128 x 128 x 3 is reported
too. The store's pages are warm, as the arrays of tf.data are. Also: how long a store of 1,000,000
images takes to open; promised 50 ms.

    make bench-batches
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import print_table

CASES = (((28, 28, 1), 60_000, 32, 1.5), ((28, 28, 1), 60_000, 256, 2.5), ((128, 128, 3), 8_000, 32, None))
NUM_MANY, PROMISED_OPEN_SECONDS = 1_000_000, 0.05


class NoiseRecords:
    """Random images of one shape; see `shapenet.data.records.Records`."""

    def __init__(self, shape: tuple[int, ...], num_records: int) -> None:
        from shapenet.fields import Field

        self.fields = {"image": Field("uint8", shape), "label": Field("int64", ())}
        self.classes = tuple("0123456789")
        self.key = f"noise {shape} {num_records}"
        self.describe = "noise"
        self.warnings: tuple[str, ...] = ()
        self.columns: dict[str, list[str]] = {}
        self._num_records = num_records

    def __len__(self) -> int:
        return self._num_records

    def read(self, start: int, stop: int) -> dict[str, Any]:
        """Noise, other for each block."""
        generator = np.random.default_rng(start)
        shape = (stop - start, *self.fields["image"].fixed_shape)
        return {"image": generator.integers(0, 256, shape, np.uint8), "label": np.arange(start, stop) % 10}


def rate_of(dataset: Any, num_images: int) -> float:
    """Images a second of one epoch of `dataset`, read within TensorFlow's graph as ``fit`` reads it."""
    import tensorflow as tf

    start = time.perf_counter()
    count = int(dataset.reduce(np.int64(0), lambda total, batch: total + tf.shape(batch[0], tf.int64)[0]))
    if count != num_images:
        raise SystemExit(f"expected {num_images} images in an epoch, received {count}")
    return count / (time.perf_counter() - start)


def compare(shape: tuple[int, ...], num_images: int, batch_size: int, repeats: int) -> tuple[float, float]:
    """Median rates of shapenet's feed and of tf.data, in images a second."""
    import tensorflow as tf

    from shapenet.data.batches import Batches, Split
    from shapenet.data.pack import open_packed
    from shapenet.training.feed import to_dataset

    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as cache:
        store = open_packed(NoiseRecords(shape, num_images), Path(cache))
        batches = Batches(Split(store, np.arange(num_images), store["label"][:]), batch_size, seed=1)
        ours = to_dataset(batches, lambda batch: batch["label"])
        slices = tf.data.Dataset.from_tensor_slices((np.array(store["image"]), np.array(store["label"])))
        theirs = slices.shuffle(num_images).batch(batch_size).prefetch(tf.data.AUTOTUNE)
        rates: list[tuple[float, float]] = []
        for epoch in range(repeats + 1):
            batches.epoch = epoch
            rates.append((rate_of(ours, num_images), rate_of(theirs, num_images)))
    return statistics.median(r for r, _ in rates[1:]), statistics.median(r for _, r in rates[1:])


def open_seconds() -> float:
    """How long a packed store of a million images takes to open."""
    from shapenet.data.pack import open_packed
    from shapenet.data.store import Store

    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as cache:
        folder = open_packed(NoiseRecords((8, 8, 1), NUM_MANY), Path(cache)).folder
        start = time.perf_counter()
        Store(folder)
        return time.perf_counter() - start


def main() -> int:
    """Print the tables; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    rows = []
    for shape, num_images, batch_size, promised in CASES:
        ours, theirs = compare(shape, num_images, batch_size, repeats)
        name = f"{' x '.join(map(str, shape))}, batch {batch_size}"
        rows.append((name, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.2f}", promised or ""))
    print_table(("batches", "shapenet/s", "tf.data/s", "ratio", "promised"), rows)
    seconds = open_seconds()
    print(
        f"a store of {NUM_MANY:,} images opens in {seconds * 1000:.1f} ms; promised {PROMISED_OPEN_SECONDS * 1000:.0f}"
    )
    broken = any(row[4] and float(row[3]) < float(str(row[4])) for row in rows)
    return int(broken or seconds > PROMISED_OPEN_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
