"""Anonymous memory of a training on 100,000 images of 128 x 128 x 3, about 5 GB of pixels.

The images are drawn into an empty store and then trained on for one epoch. Counted is what the process
and its workers hold that no file backs: the store's mapped pages are the kernel's to drop. Promised:
1 GB, TensorFlow's own included. Takes some minutes and 5 GB of disk below the temporary folder.

    make bench-memory
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from common import SHAPENET, measure, print_table

PROMISED_BYTES = 1_000_000_000
CONFIG = """\
name: memory
data:
  source: {{shapes: {{classes: [square, triangle], num_images: {num_images}, size: 128}}}}
  split: {{val: 0.05, test: 0.0}}
model:
  layers:
    - Conv2D: {{filters: 8, kernel_size: 5, strides: 4, activation: relu}}
    - MaxPooling2D
    - Flatten
    - Dense: {{units: 16, activation: relu}}
training: {{batch_size: 32, epochs: 1}}
"""


def main() -> int:
    """Print the table; 1 if the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, default=100_000)
    num_images = parser.parse_args().num_images
    rows = []
    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as name:
        folder = Path(name)
        (folder / "memory.yaml").write_text(CONFIG.format(num_images=num_images), encoding="utf-8")
        for what in ("packed first", "packed before"):
            command = (*SHAPENET, "train", "--config", "memory.yaml")
            took = measure(command, env={"SHAPENET_CACHE": str(folder / "cache")}, cwd=folder)
            rows.append(
                (what, f"{took.peak_anonymous_bytes / 1e6:.0f}", PROMISED_BYTES // 10**6, f"{took.seconds:.0f}")
            )
    print_table((f"{num_images:,} images", "peak MB", "promised MB", "seconds"), rows)
    return int(any(float(row[1]) * 1e6 > PROMISED_BYTES for row in rows))


if __name__ == "__main__":
    sys.exit(main())
