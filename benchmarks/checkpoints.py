"""What checkpoints cost: the same training with them and without, in one process.

python benchmarks/checkpoints.py [CONFIG] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from common import REPOSITORY, print_table

from shapenet.experiment import load_experiment
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter

VARIANTS = {
    "none but the end": ("training.checkpoint.every_seconds=null",),
    "default": (),
    "every 5 seconds": ("training.checkpoint.every_seconds=5.0",),
    "every 20 steps": ("training.checkpoint.every_steps=20",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, default=REPOSITORY / "configs" / "shapes_cnn.yaml")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4)
    arguments = parser.parse_args()
    best: dict[str, float] = {}
    for _ in range(arguments.repeats):
        for name, overrides in VARIANTS.items():
            seconds = seconds_of(arguments.config, (*overrides, f"training.epochs={arguments.epochs}"))
            best[name] = min(seconds, best.get(name, seconds))
    base = best["none but the end"]
    rows = [(name, f"{seconds:.2f}", f"{seconds / base:.3f}") for name, seconds in best.items()]
    print_table(("checkpoints", "seconds", "ratio"), rows)


def seconds_of(config: Path, overrides: tuple[str, ...]) -> float:
    """Seconds of all epochs but the first, which compiles."""
    with tempfile.TemporaryDirectory() as folder:
        run = train(load_experiment(config, overrides), Path(folder), (), Reporter()).run
        rows = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    return sum(row["seconds"] for row in rows[1:])


if __name__ == "__main__":
    main()
