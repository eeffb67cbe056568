"""Runs fuzzing cases in processes of their own, so that a crash or a hang is a finding too.

make fuzz-data                                   # all of them
.venv/bin/python -m tests.fuzz.run image --first 17    # one again
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

LIMIT_SECONDS = 2.0
_START_SECONDS = 60.0
_PART = 2500
_MODULES = dict.fromkeys(("config", "config_cli"), "tests.fuzz.config_cases")
_LIMITS = {"config": 20.0, "config_cli": 120.0}
"""Seconds for cases that measure their own time, or start a process each."""


def findings(kind: str, first: int, num: int, module: str | None = None) -> list[str]:
    """Run `num` cases of `kind` from number `first` on; what went wrong, a line or more each.

    Args:
        kind: A key of the module's ``CASES``.
        first: Number of the first case.
        num: How many.
        module: Where the cases are; the kind tells it unless given.
    """
    module = module or _MODULES.get(kind, "tests.fuzz.cases")
    found: list[str] = []
    number = first
    while number < first + num:
        number, finding = _until_finding((module, kind), number, first + num)
        if finding:
            found.append(f"{kind} {number}: {finding}")
            number += 1
    return found


def _until_finding(cases: tuple[str, str], first: int, stop: int) -> tuple[int, str | None]:
    """Run cases in a new process until one goes wrong or all are done; the number, and what was wrong."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(*cases, first, stop, theirs), daemon=True)
    process.start()
    theirs.close()
    number, began, limit = first, time.monotonic(), _START_SECONDS
    try:
        while True:
            if not ours.poll(max(0.0, began + limit - time.monotonic())):
                return number, f"took longer than {limit:g} s"
            message = ours.recv()
            if message is None:
                return stop, None
            if isinstance(message, str):
                return number, message
            number, began, limit = message, time.monotonic(), _LIMITS.get(cases[1], LIMIT_SECONDS)
    except EOFError:
        process.join()
        return number, f"the process ended with {process.exitcode}"
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(module: str, kind: str, first: int, stop: int, pipe: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libtiff writes what it thinks of damaged files
    case = importlib.import_module(module).CASES[kind]
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, stop):
            pipe.send(number)
            try:
                case(number, Path(name))
            except Exception:
                pipe.send(traceback.format_exc())
                return
    pipe.send(None)


def main() -> int:
    """Run cases on all cores and print what they found; 1 if that is anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", help="image, csv, ...")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--num", type=int, default=1)
    arguments = parser.parse_args()
    start, last = time.monotonic(), arguments.first + arguments.num
    parts = [(first, min(_PART, last - first)) for first in range(arguments.first, last, _PART)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [line for lines in pool.map(lambda part: findings(arguments.kind, *part), parts) for line in lines]
    for line in found:
        print(line)
    seconds = time.monotonic() - start
    print(f"{arguments.kind}: {arguments.num:,} cases, {len(found)} findings, {seconds:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
