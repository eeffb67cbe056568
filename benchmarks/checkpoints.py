"""What checkpoints cost: the same training with them and without, alternating, in one process.

python benchmarks/checkpoints.py [CONFIG] [--repeats 3] [--epochs 6] [--every 2] [-o KEY=VALUE ...]

Others may use the machine, so all clocks here are CPU seconds of the process, those of its threads included:
the schedule's own clock too. Checkpoints come far more often than by default, so that what one costs is seen
in a short training; what one in 60 seconds costs follows. Counted is from the end of the second epoch, when
all is compiled, to that of the last one. Promised are less than 2 % in all: ends of epochs are saved only as
far as that takes 1 % of the time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from common import REPOSITORY, print_table

from shapenet.callbacks import saving
from shapenet.experiment import load_experiment
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter

_DEFAULT_SECONDS = 60.0
_FIRST_EPOCH = 2

Spent = tuple[float, int]
"""CPU seconds, and checkpoints."""


class Clock(Reporter):
    """Reads the clock, and how many checkpoints there are, at the end of each epoch."""

    def __init__(self) -> None:
        self.readings: list[Spent] = []
        self.saved = 0

    def epoch(self, row: Mapping[str, float], *, is_best: bool) -> None:
        """Read them."""
        self.readings.append((time.process_time(), self.saved))

    @property
    def spent(self) -> Spent:
        """What there was between the end of the second epoch and that of the last."""
        (first, saved), (last, saved_last) = self.readings[_FIRST_EPOCH - 1], self.readings[-1]
        return last - first, saved_last - saved


@contextmanager
def by_cpu_time(clock: Clock) -> Iterator[None]:
    """Count checkpoints, let their schedule go by CPU time, and save no ends of epochs but the first and the last."""
    write, share, clocks = saving.Checkpoints._write, saving._SHARE, saving.time

    def counting(self: Any, *arguments: Any) -> None:
        clock.saved += 1
        write(self, *arguments)

    saving.Checkpoints._write = counting  # type: ignore[method-assign]
    saving._SHARE = 1e-9
    saving.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[assignment]
    try:
        yield
    finally:
        saving.Checkpoints._write, saving._SHARE, saving.time = write, share, clocks  # type: ignore[method-assign]


def spent_by(config: Path, overrides: tuple[str, ...]) -> Spent:
    """What a training takes."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, by_cpu_time(clock):
        train(load_experiment(config, overrides), Path(folder), (), clock)
    return clock.spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", type=Path, default=REPOSITORY / "configs" / "shapes_cnn.yaml")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--every", type=float, default=2.0)
    parser.add_argument("-o", "--override", action="append", default=[])
    arguments = parser.parse_args()
    more = (f"training.epochs={arguments.epochs}", "training.early_stopping=null", *arguments.override)
    rows, costs = [], []
    for number in range(1, arguments.repeats + 1):
        without, _ = spent_by(arguments.config, (*more, "training.checkpoint.every_seconds=null"))
        seconds, saved = spent_by(arguments.config, (*more, f"training.checkpoint.every_seconds={arguments.every}"))
        costs.append((seconds - without) / saved)
        rows.append((str(number), f"{without:.2f}", f"{seconds:.2f}", str(saved), f"{1000 * costs[-1]:.0f}"))
        print(*rows[-1], flush=True)
    print_table(("repeat", "CPU s without", "CPU s with", "checkpoints", "CPU ms each"), rows)
    cost = statistics.median(costs)
    print(f"one in {_DEFAULT_SECONDS:.0f} s of one core: {cost / _DEFAULT_SECONDS:.2%}")


if __name__ == "__main__":
    main()
