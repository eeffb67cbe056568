"""Time of what `make demo` does once it is set up: generate, train, evaluate; promised: 180 s on 2 cores.

Works in an empty folder with an empty cache, so that nothing is there yet.

    make bench-demo_time
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from common import REPOSITORY, SHAPENET, measure, print_table

PROMISED_SECONDS = 180
GENERATE = ("data", "generate", "--shape", "square", "--shape", "triangle", "--num-images", "2000", "--size", "64",
            "--seed", "7", "--out", "demo")  # fmt: skip
TRAIN = ("train", "--config", str(REPOSITORY / "configs" / "demo.yaml"), "-o", "data.source.csv.path=demo/dataset.csv")


def main() -> int:
    """Print the table; 1 if the promise is broken."""
    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as name:
        folder = Path(name)
        env = {"SHAPENET_CACHE": str(folder / "cache")}
        seconds = [
            measure((*SHAPENET, *command), env=env, cwd=folder).seconds for command in (GENERATE, TRAIN, ("eval",))
        ]
        figures = json.loads((folder / "runs/latest/eval/test/metrics.json").read_text(encoding="utf-8"))
    row = (*(f"{value:.1f}" for value in (*seconds, sum(seconds))), PROMISED_SECONDS, f"{figures['accuracy']:.4f}")
    print_table(("generate s", "train s", "eval s", "all s", "promised s", "test accuracy"), [row])
    return int(sum(seconds) > PROMISED_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
