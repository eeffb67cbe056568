"""Runs commands on hostile input in a process that is watched: what it opens, connects to, runs, how large it grows.

Python's audit hook sees what Python does; inotify sees every opening of a secret, by HDF5 and TensorFlow too.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 60.0
_START_SECONDS = 120.0
_IN_OPEN, _IN_NONBLOCK = 0x20, 0o4000
_FORBIDDEN = {
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "os.system", "os.exec", "os.posix_spawn",
    "os.fork", "subprocess.Popen", "pty.spawn", "pickle.find_class", "urllib.Request", "ctypes.dlopen",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a command did.

    Attributes:
        code: Its exit code; None if it hung or crashed.
        error: What it wrote to stderr.
        events: What it did and should not have.
        grown_bytes: How much larger the process was at its largest than before.
    """

    code: int | None
    error: str
    events: tuple[str, ...]
    grown_bytes: int


class Watched:
    """A process that runs commands one after another; a new one takes the place of one that hung.

    Args:
        secrets: The folder that nothing may open.
        allowed: Folders that files may be opened in, beside Python's and shapenet's own; temporary files go to the
            first.
    """

    def __init__(self, secrets: Path, allowed: Sequence[Path]) -> None:
        self._allowed = [str(path) for path in allowed]
        self._process: subprocess.Popen[str] | None = None
        self._libc = ctypes.CDLL(None)
        self._inotify = self._libc.inotify_init1(_IN_NONBLOCK)
        assert self._libc.inotify_add_watch(self._inotify, os.fsencode(secrets), _IN_OPEN) > 0

    def run(self, *arguments: object) -> Outcome:
        """Run ``shapenet ARGUMENTS...``."""
        limit = LIMIT_SECONDS
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
            limit += _START_SECONDS
        process, stdin, stdout = self._process, self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._opened_secrets()  # by whoever put them there
        stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        stdin.flush()
        timer = threading.Timer(limit, process.kill)
        timer.start()
        line = stdout.readline()
        timer.cancel()
        opened = self._opened_secrets()
        if not line:
            return Outcome(None, f"ended with {process.wait()} or took longer than {limit:g} s", opened, 0)
        told: dict[str, Any] = json.loads(line)
        return Outcome(told["code"], told["error"], (*told["events"], *opened), told["grown_bytes"])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        os.close(self._inotify)

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.hostile.sandbox", *self._allowed]
        return subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", "TMPDIR": self._allowed[0]},
        )  # fmt: skip

    def _opened_secrets(self) -> tuple[str, ...]:
        with contextlib.suppress(BlockingIOError):
            os.read(self._inotify, 65536)
            return ("a secret was opened",)
        return ()


_events: list[str] = []
_watching = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "subprocess.Popen" and arguments[1][0].endswith("/git"):
        return  # a run records the commit of the working folder
    if event in _FORBIDDEN:
        _events.append(f"{event} {arguments!r}"[:300])
    elif event == "open" and isinstance(arguments[0], str | bytes):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith(_ROOTS):
            _events.append(f"open {path}")
    elif event == "exec" and getattr(arguments[0], "co_filename", "").startswith(tuple(sys.argv[1:])):
        _events.append(f"exec {arguments[0].co_filename}")


_ROOTS = (
    sys.prefix, sys.base_prefix, str(REPOSITORY), "/usr/", "/lib", "/proc/", "/sys/", "/dev/null", "/dev/urandom",
    *(os.path.realpath(path) for path in sys.argv[1:]),
)  # fmt: skip


@contextlib.contextmanager
def _watch() -> Iterator[None]:
    global _watching  # noqa: PLW0603 -- an audit hook can't be taken away
    _events.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Run the commands that stdin names, one JSON list a line; answer with one JSON object a line."""
    from shapenet.cli import main as shapenet
    from shapenet.training.session import import_keras

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import_keras()
    sys.addaudithook(_audit)
    for line in sys.stdin:
        sys.argv = ["shapenet", *json.loads(line)]
        out, err = io.StringIO(), io.StringIO()
        before = _peak_bytes()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _watch():
            try:
                code = shapenet()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        grown = _peak_bytes() - before
        told = {"code": code, "error": err.getvalue(), "events": list(_events), "grown_bytes": grown}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
