"""Runs shapenet's commands in forks of one process that has TensorFlow imported, each with a fault of its own.

The shim is preloaded into it, and armed in the fork only.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = ("write", "fsync", "rename", "open", "mkdir", "unlink", "truncate", "link")
"""As the shim numbers them."""
ANY, KILL = len(KINDS), -1
"""Of kinds: whichever; of errors: the process is killed in the call, a write half done."""
LIMIT_SECONDS = 600
_OF_TRAININGS = ("shapenet.cli.train", "shapenet.training.fit", "tensorboard.plugins.hparams.summary_v2", "rich.live",
                 "tensorboard.summary", "tensorflow.summary", "PIL.ImageDraw", "PIL.ImageFont")  # fmt: skip


class NoCompilerError(Exception):
    """There is no C compiler."""


@dataclass(frozen=True)
class Disturbance:
    """What comes upon a fork.

    Attributes:
        fault: Kind, number and errno of the call that fails.
        within: Only calls on paths that hold this text are counted.
        signals: What the process is sent: after how many seconds, and the number.
        record: An empty folder to which its calls are written; none if empty.
        package: A folder to import shapenet from, other than this repository; none if empty.
    """

    fault: tuple[int, int, int] = (-1, 0, 0)
    within: str = ""
    signals: tuple[tuple[float, int], ...] = ()
    record: str = ""
    package: str = ""


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


class Ended(NamedTuple):
    """How a fork ended.

    Attributes:
        code: Its exit code, or the negative number of the signal that killed it; 0 if it could say all.
        seconds: How long it took.
        fault: What is wrong with its end whatever it was to do; empty if nothing is.
        outcome: What its commands did; None if it could not say.
        error: What it wrote to stderr.
    """

    code: int
    seconds: float
    fault: str
    outcome: Outcome | None
    error: str

    @property
    def exit_code(self) -> int:
        """What a shell would see of the last command."""
        return self.outcome.codes[-1] if self.outcome else self.code


def compiled_shim(folder: Path) -> Path:
    """The library that makes calls fail, compiled.

    Args:
        folder: Takes it.

    Raises:
        NoCompilerError: There is no compiler, or this is not Linux.
    """
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None or sys.platform != "linux":
        raise NoCompilerError("the faults come from a library in C: there is no C compiler, or this is not Linux")
    shim = folder / "fault_shim.so"
    source = Path(__file__).with_name("fault_shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl", "-lpthread"], check=True)
    return shim


class ForkServer:
    """A process with TensorFlow imported and not yet started, and the shim preloaded.

    Args:
        shim: The compiled shim.
        folder: Where outputs of the forks go; faults don't reach it.
    """

    def __init__(self, shim: Path, folder: Path) -> None:
        self._folder = folder
        (folder / "tmp").mkdir()  # TensorFlow leaves the code there that it generates, where it is killed
        environment = {
            **os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200",
            "XDG_STATE_HOME": str(folder / "state"), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder / "tmp"),
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.chaos.fork_server", str(shim), str(folder)]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @classmethod
    def compiled(cls, folder: Path) -> ForkServer:
        """A server with the shim compiled to `folder`; see `compiled_shim`."""
        return cls(compiled_shim(folder), folder)

    def run(self, root: Path, commands: list[list[str]], fault: tuple[int, int, int] = (-1, 0, 0)) -> Outcome | str:
        """Run commands one after another, until one ends with another code than 0.

        Args:
            root: The folder whose calls are counted.
            commands: Arguments of shapenet.
            fault: Kind, number and errno of the call that fails.

        Returns:
            What they did, or how the fork ended if not by itself.
        """
        ended = self.disturbed(root, commands, Disturbance(fault))
        return ended.outcome or f"the process ended with {ended.code}{ended.fault}: {ended.error[-2000:]}"

    def disturbed(self, root: Path, commands: list[list[str]], by: Disturbance) -> Ended:
        """Run commands as `run` does, while something comes upon them.

        Args:
            root: The folder whose calls are counted.
            commands: Arguments of shapenet.
            by: What comes.

        Raises:
            SystemExit: The server itself ended: nothing that follows would say anything.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        (self._folder / "result").unlink(missing_ok=True)
        stdin.write(json.dumps([str(root), commands, asdict(by)]) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise SystemExit(f"the server of the forks ended with {self._process.wait()}")
        code, seconds, fault = json.loads(answer)
        error = (self._folder / "stderr").read_text(errors="replace")
        outcome = None
        if code == 0:
            told: dict[str, Any] = json.loads((self._folder / "result").read_text())
            outcome = Outcome(tuple(told["codes"]), error, told["counts"], told["failed_path"], told["failed_anyway"])
        return Ended(code, seconds, fault, outcome, error)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def _child(shim: ctypes.CDLL, folder: Path, root: str, commands: list[list[str]], by: dict[str, Any]) -> None:
    if by["package"]:
        for name in [name for name in sys.modules if name.partition(".")[0] == "shapenet"]:
            del sys.modules[name]
        sys.path.insert(0, by["package"])
    from shapenet.cli import main

    os.environ["SHAPENET_CACHE"] = f"{root}/cache"
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    shim.fault_narrow(os.fsencode(by["within"]))
    shim.fault_record(os.fsencode(by["record"]))
    kind, number, error = by["fault"]
    shim.fault_arm(os.fsencode(root), kind, ctypes.c_long(number), error)
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


def _forked(shim: ctypes.CDLL, folder: Path, root: str, commands: list[list[str]], by: dict[str, Any]) -> str:
    """How the fork ended that ran the commands; it is killed where it takes too long."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            _child(shim, folder, root, commands, by)
            code = 0
        finally:
            if code:
                sys.excepthook(*sys.exc_info())
                sys.stderr.flush()
            os._exit(code)
    coming = [*by["signals"], (LIMIT_SECONDS, signal.SIGKILL)]

    def send(*_: Any) -> None:
        after, number = coming.pop(0)
        if time.monotonic() - start >= after:
            with suppress(ProcessLookupError):  # it ended a moment ago
                os.kill(pid, number)
        else:
            coming.insert(0, (after, number))
        if coming:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, start + coming[0][0] - time.monotonic()))

    signal.signal(signal.SIGALRM, send)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, coming[0][0]))
    _, status = os.waitpid(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.monotonic() - start
    fault = "" if coming else f", for it took more than {LIMIT_SECONDS} s"
    return json.dumps([os.waitstatus_to_exitcode(status), seconds, fault + _left(pid)])


def _left(pid: int) -> str:
    """What is said of processes that the fork left behind; they have a few seconds to notice, and are killed then."""
    with suppress(ProcessLookupError):
        for _ in range(100):
            os.killpg(pid, 0)
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
        return ", and processes went on that it had started"
    return ""


def main() -> None:
    """Fork for every line of stdin; answer with how the fork ended."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as for what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    from shapenet.training.session import import_keras

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = Path(sys.argv[2])
    shim = ctypes.CDLL(sys.argv[1])
    shim.fault_path.restype = ctypes.c_char_p
    shim.fault_count.restype = ctypes.c_long
    import_keras()
    for module in _OF_TRAININGS:  # which every fork would import for itself
        importlib.import_module(module)
    for line in sys.stdin:
        answers.write(_forked(shim, folder, *json.loads(line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
