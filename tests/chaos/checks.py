"""What a resumed run must do about damage, locks and changes: each check does one thing to a killed run and looks."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.compare import differences, run_below
from tests.chaos.fork_server import ANY, KILL, KINDS, Disturbance
from tests.chaos.kill import Harness

_VARIANT = "mlp"


def damaged(harness: Harness) -> str | None:
    """The newest checkpoint is damaged: the one before it serves, and the end is the same."""
    with _killed(harness, "/checkpoints/", 0.7) as run:
        _damage(run / "checkpoints/last/model.weights.h5")
        return _resumed(harness, run, "can't be used")


def damaged_at_the_end(harness: Harness) -> str | None:
    """The last checkpoint of all is damaged, though the run had yet to say that it is done."""
    with _killed(harness, "/run.json", 1.0) as run:
        _damage(run / "checkpoints/last/model.weights.h5")
        return _resumed(harness, run, "can't be used")


def damaged_state(harness: Harness) -> str | None:
    """The newest checkpoint's arrays are damaged."""
    with _killed(harness, "/checkpoints/", 0.7) as run:
        _damage(run / "checkpoints/last/state.npz")
        return _resumed(harness, run, "can't be used")


def killed_at_the_end(harness: Harness) -> str | None:
    """A run that early stopping has ended is killed before it can say that it is done."""
    with _killed(harness, "/run.json", 1.0, "plateau") as run:
        return _resumed(harness, run, "", "plateau")


def not_linked_at_the_end(harness: Harness) -> str | None:
    """The last checkpoint of all is there, and the process is killed before links lead to it."""
    with _killed(harness, "/checkpoints/", 1.0, kind=KINDS.index("rename"), before=1) as run:
        return _resumed(harness, run, "")


def locked(harness: Harness) -> str | None:
    """Another process works on the run."""
    with _killed(harness, "/checkpoints/", 0.5) as run, (run / "run.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return _refused(harness, run, [], "works on this run")


def changed(harness: Harness) -> str | None:
    """The config is another."""
    with _killed(harness, "/checkpoints/", 0.5) as run:
        return _refused(harness, run, ["-o", "seed=6"], "seed: 5 -> 6")


def generated(harness: Harness) -> str | None:
    """The generator of images is killed: its folder is not there, and is the same when it is done again."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        whole, killed = root / "whole", root / "killed"
        harness.run(root, [_generate(whole)], Disturbance())
        for number in range(4, 10_000, 25):
            ended = harness.run(root, [_generate(killed)], Disturbance((ANY, number, KILL)))
            if ended.code == 0:
                break
            if ended.code != -9 or killed.exists():
                return f"call {number}: it ended with {ended.code}, and there is {[*root.iterdir()]}"
        contents = [{path.relative_to(one): path.read_bytes() for path in one.rglob("*.*")} for one in (whole, killed)]
        return None if contents[0] == contents[1] and contents[0] else "its content is another"


def _generate(folder: Path) -> list[str]:
    shapes = ["--shape", "square", "--shape", "triangle", "--num-images", "8", "--size", "12"]
    return ["data", "generate", *shapes, "--seed", "7", "--out", str(folder)]


CHECKS: dict[str, Callable[[Harness], str | None]] = {
    check.__name__: check
    for check in (
        damaged,
        damaged_at_the_end,
        damaged_state,
        killed_at_the_end,
        not_linked_at_the_end,
        locked,
        changed,
        generated,
    )
}
"""Each returns what is wrong, None if nothing is; by name."""


@contextmanager
def _killed(
    harness: Harness, within: str, part: float, variant: str = _VARIANT, *, kind: int = ANY, before: int = 0
) -> Iterator[Path]:
    """A run that was killed in a call on a file.

    Args:
        harness: Runs it.
        within: Which calls are looked at: those whose path holds this.
        part: After which part of them it is killed.
        variant: What is trained.
        kind: Calls of this kind only.
        before: So many calls before that.
    """
    calls = harness.undisturbed(variant).calls[within]
    count = len(calls) if kind == ANY else calls.count(kind)
    number = min(int(part * count), count - 1) - before
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ended = harness.run(root, [harness.begin(variant, root)], Disturbance((kind, number, KILL), within))
        assert ended.code == -9, ended
        yield run_below(root)


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def _resumed(harness: Harness, run: Path, expected: str, variant: str = _VARIANT) -> str | None:
    root = run.parents[2]
    ended = harness.run(root, [["train", "--resume", str(run), "--quiet"]], Disturbance())
    if ended.exit_code or expected not in " ".join(ended.error.split()):
        return f"expected {expected!r}, received {ended.exit_code}: {ended.error[-1000:]}"
    return "; ".join([*differences(harness.undisturbed(variant).run, run), *map(str, run.rglob(".tmp-*"))]) or None


def _refused(harness: Harness, run: Path, more: list[str], expected: str) -> str | None:
    ended = harness.run(run.parents[2], [["train", "--resume", str(run), "--quiet", *more]], Disturbance())
    if ended.exit_code == 4 and expected in " ".join(ended.error.split()):
        return None
    return f"expected 4 and {expected!r}, received {ended.exit_code}: {ended.error[-1000:]}"
