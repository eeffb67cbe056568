"""What checkpoints cost: the same training with the default schedule and without any, alternating, in one process.

python benchmarks/checkpoints.py [CONFIG] [--repeats 3] [--epochs 8] [-o KEY=VALUE ...]

CPU seconds of the process, all its threads included, tell it where others use the machine too; wall
seconds are beside them. Counted is from the end of the second epoch, when all is compiled, to that of the
last one: give so many epochs that this takes more than a minute, or the clock of the schedule never fires.
Promised are less than 2 % (README.md, Resume).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import REPOSITORY, print_table

from shapenet.callbacks import saving
from shapenet.experiment import load_experiment
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter

NEVER = ("training.checkpoint.every_seconds=null",)
VARIANTS = {"none": NEVER, "default": ()}
_FIRST_EPOCH = 2


class Clock(Reporter):
    """Reads the clocks, and how many checkpoints there are, at the end of each epoch."""

    def __init__(self) -> None:
        self.readings: list[tuple[float, float, int]] = []
        self.saved = 0

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        """Read them."""
        self.readings.append((time.process_time(), time.perf_counter(), self.saved))

    @property
    def spent(self) -> tuple[float, float, int]:
        """CPU seconds, wall seconds and checkpoints between the end of the second epoch and that of the last."""
        first, last = self.readings[_FIRST_EPOCH - 1], self.readings[-1]
        return last[0] - first[0], last[1] - first[1], last[2] - first[2]


@contextmanager
def counted(clock: Clock, *, only_first: bool) -> Iterator[None]:
    """Count checkpoints; with `only_first`, none is saved at the end of an epoch but the first."""
    write, share = saving.Checkpoints._write, saving._SHARE

    def counting(self: Any, *arguments: Any) -> None:
        clock.saved += 1
        write(self, *arguments)

    saving.Checkpoints._write = counting  # type: ignore[method-assign]
    saving._SHARE = 1e-9 if only_first else share
    try:
        yield
    finally:
        saving.Checkpoints._write, saving._SHARE = write, share  # type: ignore[method-assign]


def spent_by(config: Path, overrides: tuple[str, ...], *, only_first: bool) -> tuple[float, float, int]:
    """What a training takes."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, counted(clock, only_first=only_first):
        train(load_experiment(config, overrides), Path(folder), (), clock)
    return clock.spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", type=Path, default=REPOSITORY / "configs" / "shapes_cnn.yaml")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("-o", "--override", action="append", default=[])
    arguments = parser.parse_args()
    more = (f"training.epochs={arguments.epochs}", "training.early_stopping=null", *arguments.override)
    spent: dict[str, list[tuple[float, float, int]]] = {name: [] for name in VARIANTS}
    for _ in range(arguments.repeats):
        for name, overrides in VARIANTS.items():
            spent[name].append(spent_by(arguments.config, (*overrides, *more), only_first=name == "none"))
            print(name, *(f"{value:.2f}" for value in spent[name][-1]), flush=True)
    ratios = [
        [after[kind] / before[kind] for before, after in zip(spent["none"], spent["default"], strict=True)]
        for kind in (0, 1)
    ]
    rows = [
        (name, *(f"{statistics.median(values):.2f}" for values in zip(*spent[name], strict=True))) for name in VARIANTS
    ]
    print_table(("checkpoints", "CPU seconds", "wall seconds", "saved"), rows)
    for kind, values in zip(("CPU", "wall"), ratios, strict=True):
        print(f"{kind}: {', '.join(f'{value:.3f}' for value in values)}; median {statistics.median(values):.3f}")


if __name__ == "__main__":
    main()
