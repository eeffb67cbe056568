"""Time of the commands that must answer at once, as whole processes.

Promised: --help in 0.3 s; validate and runs list in 0.5 s. Takes half a minute.

    make bench-start_up
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from subprocess import DEVNULL, run

from common import REPOSITORY, SHAPENET, print_table

COMMANDS: dict[str, tuple[Sequence[str], float | None]] = {
    "python -c pass": ((sys.executable, "-c", "pass"), None),
    "shapenet --help": ((*SHAPENET, "--help"), 0.3),
    "shapenet validate": ((*SHAPENET, "validate", "--config", "configs/shapes_cnn.yaml"), 0.5),
    "shapenet runs list": ((*SHAPENET, "runs", "list"), 0.5),
}


def seconds_of(command: Sequence[str]) -> float:
    """Wall time of one run of `command`, which must exit with 0."""
    start = time.perf_counter()
    run(command, cwd=REPOSITORY, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Print the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10, help="runs of each command (default: 10)")
    repeats = parser.parse_args().repeats
    for command, _ in COMMANDS.values():
        seconds_of(command)  # compiles what is not compiled yet
    times = {name: [seconds_of(command) for _ in range(repeats)] for name, (command, _) in COMMANDS.items()}
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["python -c pass"]
    rows = [
        (name, f"{medians[name]:.3f}", f"{max(times[name]):.3f}", f"{medians[name] / bare:.1f}", promised or "")
        for name, (_, promised) in COMMANDS.items()
    ]
    print_table(("command", "median s", "worst s", "times python", "promised s"), rows)
    return int(any(promised is not None and medians[name] > promised for name, (_, promised) in COMMANDS.items()))


if __name__ == "__main__":
    sys.exit(main())
