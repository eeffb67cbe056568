"""Helpers of the benchmarks: measure a command's time and memory, and print a table."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parent.parent
SHAPENET = (str(Path(sys.executable).with_name("shapenet")),)
"""The command line of the environment that runs the benchmark."""


@dataclass(frozen=True)
class Measured:
    """What one run of a command took.

    Attributes:
        seconds: Wall time of the whole process, start and end included.
        peak_anonymous_bytes: The most resident anonymous memory that the process and all
            that it started held at once; mapped files do not count. 0 where /proc is missing.
        output: What it wrote to stdout.
    """

    seconds: float
    peak_anonymous_bytes: int
    output: str


def measure(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    poll_seconds: float = 0.2,
) -> Measured:
    """Run `command`, and look at its memory every `poll_seconds`.

    Args:
        command: Program and arguments.
        env: Variables to set beside those of this process.
        cwd: Working directory.
        poll_seconds: Time between two looks; the wall time is right to 0.05 s all the same.

    Raises:
        SystemExit: It failed; the end of what it wrote is shown.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL, cwd=cwd, env={**os.environ, **(env or {})}
        )
        peak = 0
        while True:
            peak = max(peak, anonymous_bytes(process.pid))
            try:
                process.wait(poll_seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        seconds = time.perf_counter() - start
        text, error_text = _read(output), _read(errors)
    if process.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{(text + error_text)[-4000:]}"
        )
    return Measured(seconds, peak, text)


def anonymous_bytes(pid: int) -> int:
    """Resident anonymous memory of the process `pid` and all its descendants, in bytes."""
    children: dict[int, list[int]] = {}
    anonymous: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:  # it ended meanwhile
            continue
        fields = {name: value for name, _, value in (line.partition(":") for line in lines)}
        process = int(status.parent.name)
        children.setdefault(int(fields["PPid"]), []).append(process)
        anonymous[process] = int(fields.get("RssAnon", "0 kB").split()[0]) * 1024
    family, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        family += anonymous.get(process, 0)
        waiting += children.get(process, [])
    return family


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below a header, the first column to the left, the others to the right."""
    table = [tuple(map(str, header)), *(tuple(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]))


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
