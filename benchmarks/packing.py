"""The first epoch from PNG files and a CSV: packing against tf.data's parallel ``decode_png``.

Both start from the path of the CSV, read the same files from a warm page cache and see every image once:
MNIST's 60,000 of 28 x 28, and 20,000 shapes of 128 x 128 x 3. Packing ends with the finished store on
disk: the CSV read, every file checked, worker processes started, images decoded and digested. tf.data is
the pipeline of benchmarks/keras_plain.py (shuffled, batches of 32, prefetched), to its last batch; the
start of TensorFlow does not count. They take turns; medians count. Promised: 1.5 times the rate at
28 x 28, and no less than tf.data's at 128 x 128.

    make bench-packing    # SHAPENET_MNIST names MNIST's folder, unless it is beside the repository
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import print_table
from mnist_files import find_mnist


def pack_seconds(csv_path: Path) -> tuple[float, int]:
    """Time from the CSV to the packed store in an empty cache, and the number of images."""
    from shapenet.data.csv.source import csv
    from shapenet.data.pack import open_packed

    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as cache:
        start = time.perf_counter()
        store = open_packed(csv(path=csv_path), Path(cache))
        return time.perf_counter() - start, len(store)


def tf_data_seconds(csv_path: Path, channels: int) -> tuple[float, int]:
    """Time of one epoch of reading and decoding by tf.data, and the number of images."""
    import tensorflow as tf
    from keras_plain import finish, read_csv

    start = time.perf_counter()
    paths, labels = read_csv(csv_path)

    def load(path: Any, label: Any) -> tuple[Any, Any]:
        return tf.io.decode_png(tf.io.read_file(path), channels=channels), label

    shuffled = tf.data.Dataset.from_tensor_slices((paths, labels)).shuffle(len(paths))
    count = sum(len(images) for images, _ in finish(shuffled, load))
    return time.perf_counter() - start, count


def rates(name: str, ways: dict[str, Callable[[], tuple[float, int]]], repeats: int) -> dict[str, float]:
    """Images a second of both ways, by median time."""
    for way in ways.values():
        way()  # fills the page cache, and imports
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    count = 0
    for repeat in range(repeats):
        for way in list(ways) if repeat % 2 == 0 else list(ways)[::-1]:
            took, count = ways[way]()
            seconds[way].append(took)
            print(f"  {name}, {way}: {count / took:,.0f} images/s", flush=True)
    return {way: count / statistics.median(values) for way, values in seconds.items()}


def main() -> int:
    """Print the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    from shapenet.data.shapes.files import generate_folder
    from shapenet.data.shapes.parameters import ShapesParameters

    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as folder:
        parameters = ShapesParameters(classes=("square", "triangle"), num_images=20_000, size=128)
        shapes = generate_folder(parameters, Path(folder) / "shapes").dataset
        cases = (("28 x 28 x 1", find_mnist() / "train.csv", 1, 1.5), ("128 x 128 x 3", shapes, 3, 1.0))
        rows = []
        for name, csv_path, channels, promised in cases:
            rate = rates(
                name,
                {"packing": lambda path=csv_path: pack_seconds(path),
                 "tf.data": lambda path=csv_path, c=channels: tf_data_seconds(path, c)},
                repeats,
            )  # fmt: skip
            ratio = rate["packing"] / rate["tf.data"]
            rows.append((name, f"{rate['packing']:,.0f}", f"{rate['tf.data']:,.0f}", f"{ratio:.2f}", promised))
    print_table(("images", "packing/s", "tf.data/s", "ratio", "promised"), rows)
    return int(any(float(row[3]) < float(row[4]) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
