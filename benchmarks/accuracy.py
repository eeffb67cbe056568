"""Test accuracy of the configs that promise one: trained by `shapenet train`, judged by `shapenet eval`.

    make bench-accuracy                                      # all, three seeds each: hours on 2 cores
    make bench-accuracy ARGS="--case mnist_cnn --seeds 1"

MNIST is judged by its 10,000 test images; the shapes by 20,000 images of a seed that no training image has.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from common import REPOSITORY, SHAPENET, measure, print_table
from mnist_files import find_mnist

PROMISES = {"mnist_cnn": 0.994, "shapes_cnn": 0.999, "shapes_mlp": None}
"""Configs, and the mean test accuracy that each must reach."""
FIRST_SEED = 7


def one_run(case: str, seed: int, folder: Path) -> tuple[float, float, int]:
    """Test accuracy, seconds of training, and epochs of one run."""
    overrides = ["-o", f"seed={seed}"]
    if case == "mnist_cnn":
        overrides += ["-o", f"data.source.csv.path={find_mnist() / 'train.csv'}"]
    config = REPOSITORY / "configs" / f"{case}.yaml"
    took = measure([*SHAPENET, "train", "--config", config, *overrides], cwd=folder)
    measure([*SHAPENET, "eval"], cwd=folder)
    latest = folder / "runs" / "latest"
    figures = json.loads((latest / "eval" / "test" / "metrics.json").read_text(encoding="utf-8"))
    epochs = len((latest / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    print(f"  {case}, seed {seed}: {figures['accuracy']:.4f} after {epochs} epochs, {took.seconds:.0f} s", flush=True)
    return figures["accuracy"], took.seconds, epochs


def main() -> int:
    """Print every run and the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=PROMISES, action="append", help="may be given several times (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    arguments = parser.parse_args()
    rows, broken = [], False
    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as folder:
        for case in arguments.case or PROMISES:
            seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
            accuracies, seconds, epochs = zip(*(one_run(case, seed, Path(folder)) for seed in seeds), strict=True)
            mean = statistics.mean(accuracies)
            spread = f"{min(accuracies):.4f}..{max(accuracies):.4f}"
            promised = PROMISES[case]
            broken |= promised is not None and mean < promised
            rows.append((case, f"{mean:.4f}", spread, promised or "", max(epochs), f"{statistics.mean(seconds):.0f}"))
    print_table(("config", "mean accuracy", "spread", "promised", "epochs", "seconds a run"), rows)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
