"""Runs shapenet's commands in forks of one process that has TensorFlow imported, each with a fault of its own.

The shim is preloaded into it, and armed in the fork only.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = ("write", "fsync", "rename", "open", "mkdir", "unlink", "truncate", "link")
"""As the shim numbers them."""
LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Outcome:
    """What commands did in one fork.

    Attributes:
        codes: The exit code of each that ran; the first that is not 0 is the last.
        error: What they wrote to stderr.
        counts: Calls by kind.
        failed_path: The path of the call that failed; empty if none did.
        failed_anyway: Whether that call would have failed without the fault too.
    """

    codes: tuple[int, ...]
    error: str
    counts: dict[str, int]
    failed_path: str
    failed_anyway: bool


class ForkServer:
    """A process with TensorFlow imported and not yet started, and the shim preloaded.

    Args:
        shim: The compiled shim.
        folder: Where outputs of the forks go; faults don't reach it.
    """

    def __init__(self, shim: Path, folder: Path) -> None:
        self._folder = folder
        environment = {
            **os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200",
            "XDG_STATE_HOME": str(folder / "state"), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.chaos.fork_server", str(shim), str(folder)]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, root: Path, commands: list[list[str]], fault: tuple[int, int, int] = (-1, 0, 0)) -> Outcome | str:
        """Run commands one after another, until one ends with another code than 0.

        Args:
            root: The folder whose calls are counted.
            commands: Arguments of shapenet.
            fault: Kind, number and errno of the call that fails.

        Returns:
            What they did, or how the fork ended if not by itself.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([str(root), commands, fault]) + "\n")
        stdin.flush()
        ended = stdout.readline().strip()
        if ended != "0":
            return f"the process ended with {ended}: {(self._folder / 'stderr').read_text(errors='replace')[-2000:]}"
        told: dict[str, Any] = json.loads((self._folder / "result").read_text())
        error = (self._folder / "stderr").read_text(errors="replace")
        return Outcome(tuple(told["codes"]), error, told["counts"], told["failed_path"], told["failed_anyway"])

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def _child(shim: ctypes.CDLL, folder: Path, root: str, commands: list[list[str]], fault: list[int]) -> None:
    from shapenet.cli import main

    os.environ["SHAPENET_CACHE"] = f"{root}/cache"
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    signal.alarm(0)
    shim.fault_arm(os.fsencode(root), fault[0], ctypes.c_long(fault[1]), fault[2])
    codes: list[int] = []
    for command in commands:
        sys.argv = ["shapenet", *command]
        codes.append(main())
        sys.stderr.flush()
        if codes[-1]:
            break
    counts = {name: shim.fault_count(kind) for kind, name in enumerate(KINDS)}
    path, anyway = os.fsdecode(shim.fault_path()), bool(shim.fault_was_idle())
    told = {"codes": codes, "counts": counts, "failed_path": path, "failed_anyway": anyway}
    (folder / "result").write_text(json.dumps(told))


def _forked(shim: ctypes.CDLL, folder: Path, line: str) -> str:
    """How the fork that runs the commands of `line` ended; it is killed where it takes too long."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _child(shim, folder, *json.loads(line))
            code = 0
        finally:
            os._exit(code)
    signal.signal(signal.SIGALRM, lambda number, frame: os.kill(pid, signal.SIGKILL))
    signal.alarm(LIMIT_SECONDS)
    _, status = os.waitpid(pid, 0)
    signal.alarm(0)
    return str(os.waitstatus_to_exitcode(status))


def main() -> None:
    """Fork for every line of stdin; answer with how the fork ended."""
    from shapenet.training.session import import_keras

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = Path(sys.argv[2])
    shim = ctypes.CDLL(sys.argv[1])
    shim.fault_path.restype = ctypes.c_char_p
    shim.fault_count.restype = ctypes.c_long
    import_keras()
    for line in sys.stdin:
        answers.write(_forked(shim, folder, line) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
