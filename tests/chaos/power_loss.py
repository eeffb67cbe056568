"""Loses the power at random moments of a recorded training: what was not seen onto the disk is lost.

make chaos-power                                              # 100 losses
.venv/bin/python -m tests.chaos.power_loss --seed 3 --only 17   # one again

A run is recorded once: its calls on files, and the content of each file at each fsync. From the
calls before some moment a folder is made as a disk might hold it then. Of a file, that is its content
at its last fsync, or, if it was written to since, perhaps nothing more of it; of a folder, the names at
its last fsync, and perhaps the first few of the changes since: POSIX promises no more than that.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.chaos.compare import differences, position_of, run_below
from tests.chaos.fork_server import KINDS, Disturbance
from tests.chaos.kill import Harness
from tests.chaos.program import harness_in_a_folder

_ZEROS = bytes(64)


class Call(NamedTuple):
    """A call that went well.

    Attributes:
        kind: One of `KINDS`.
        path: What it changed.
        other: Of a rename the old path, of a link what it points at, of an fsync the number of a snapshot.
    """

    kind: str
    path: str
    other: str


@dataclass(eq=False)
class File:
    """A file, or a link.

    Attributes:
        synced: Content at the last fsync; None before the first.
        written: Whether it was written to since.
        target: What it points at, if it is a link.
    """

    synced: Path | None = None
    written: bool = True
    target: str | None = None


@dataclass(eq=False)
class Folder:
    """A folder.

    Attributes:
        names: What it holds.
        synced: What it held at its last fsync.
        since: The changes since, each as what it held after it.
    """

    names: dict[str, Node] = field(default_factory=dict)
    synced: dict[str, Node] = field(default_factory=dict)
    since: list[dict[str, Node]] = field(default_factory=list)

    def change(self, names: Mapping[str, Node | None]) -> None:
        """Give names to nodes, or take them away."""
        changed = {**self.names, **names}
        self.names = {name: node for name, node in changed.items() if node is not None}
        self.since.append(self.names)


Node = File | Folder


class Disk:
    """A folder's files, as the system shows them and as the disk is sure to have them.

    Args:
        root: The folder.
        snapshots: Folder of the contents at fsyncs.
    """

    def __init__(self, root: Path, snapshots: Path) -> None:
        self._root, self._snapshots = root, snapshots
        self.top = Folder()

    def find(self, path: Path) -> Node | None:
        """The node at a path."""
        node: Node | None = self.top
        for name in path.relative_to(self._root).parts:
            node = node.names.get(name) if isinstance(node, Folder) else None
        return node

    def apply(self, call: Call) -> None:
        """Do what a call did."""
        path = Path(call.path)
        if path == self._root:
            self.top.synced, self.top.since = self.top.names, []
            return
        parent, node = self.find(path.parent), self.find(path)
        assert isinstance(parent, Folder), call
        if call.kind == "fsync":
            self._sync(node, call)
        elif call.kind == "rename":
            self._rename(Path(call.other), parent, path.name)
        elif call.kind == "unlink":
            parent.change({path.name: None})
        elif node is None:
            made: Node = Folder() if call.kind == "mkdir" else File(target=call.other if call.kind == "link" else None)
            parent.change({path.name: made})
        elif isinstance(node, File) and (call.kind in ("write", "truncate") or call.other == "trunc"):
            node.written = True

    def _sync(self, node: Node | None, call: Call) -> None:
        if isinstance(node, Folder):
            node.synced, node.since = node.names, []
        elif node is not None:
            node.synced, node.written = self._snapshots / call.other, False

    def _rename(self, old: Path, parent: Folder, name: str) -> None:
        before, moved = self.find(old.parent), self.find(old)
        assert isinstance(before, Folder), old
        if before is parent:
            parent.change({old.name: None, name: moved})
        else:
            parent.change({name: moved})
            before.change({old.name: None})

    def lose(self, target: Path, rng: random.Random, node: Node | None = None) -> None:
        """Make what the disk may hold after a loss of power.

        Args:
            target: The folder to make.
            rng: Decides what of that which was not synced is there.
            node: The folder that it comes from; the uppermost unless given.
        """
        node = node or self.top
        if isinstance(node, Folder):
            target.mkdir()
            states = [node.synced, *node.since]
            for name, child in rng.choice(states).items():
                self.lose(target / name, rng, child)
        elif node.target is not None:
            target.symlink_to(node.target)
        else:
            content = node.synced.read_bytes() if node.synced else b""
            target.write_bytes(content + _ZEROS if node.written and rng.random() < 0.5 else content)


def read_calls(record: Path) -> list[Call]:
    """The calls that the shim wrote down."""
    lines = (record / "calls").read_text(errors="surrogateescape").splitlines()
    split = [line.split("\t") for line in lines]
    return [Call(KINDS[int(kind)], path, other) for kind, path, other in split]


def careless(calls: Sequence[Call], root: Path, record: Path, below: str) -> Iterator[str]:
    """Renames whose content may be lost, or which may be lost themselves when the next one is done.

    Args:
        calls: All of a run.
        root: The folder that they are below.
        record: Where the snapshots are.
        below: Only renames to paths that hold this text are looked at.
    """
    disk = Disk(root, record)
    renamed: list[tuple[Folder, str]] = []
    for call in calls:
        if call.kind == "rename" and below in call.path:
            yield from (f"a rename in a folder that is not synced before the next one: {path}" for _, path in renamed)
            unsynced = _unsynced(disk, Path(call.other))
            yield from (f"renamed to {call.path} without an fsync of {what}" for what in unsynced)
        disk.apply(call)
        if call.kind == "rename" and below in call.path:
            parent = disk.find(Path(call.path).parent)
            assert isinstance(parent, Folder)
            renamed = [(parent, call.path)]
        renamed = [(parent, path) for parent, path in renamed if parent.since]
    yield from (f"a rename in a folder that is never synced: {path}" for _, path in renamed)


def _unsynced(disk: Disk, path: Path) -> Iterator[str]:
    node = disk.find(path)
    if isinstance(node, Folder):
        if node.since:
            yield f"the folder {path.name}"
        for name in node.names:
            yield from _unsynced(disk, path / name)
    elif isinstance(node, File) and node.target is None and node.written:
        yield path.name


@dataclass
class Recorded:
    """A recorded run.

    Attributes:
        root: The folder of all it wrote.
        record: What was recorded.
        calls: Its calls, those on packed data and logs left out.
        run: Its folder, kept as it was at its end.
    """

    root: Path
    record: Path
    calls: list[Call]
    run: Path


def recorded(harness: Harness, folder: Path, variant: str) -> Recorded:
    """Record a run of a variant."""
    root, record, kept = folder / "power", folder / f"record-{variant}", folder / f"kept-{variant}"
    for made in (root, record):
        made.mkdir()
    ended = harness.run(root, [harness.begin(variant, root)], Disturbance(record=str(record)))
    assert ended.exit_code == 0, ended
    shutil.move(root, kept)
    calls = [call for call in read_calls(record) if f"{root}/cache" not in call.path and "/logs/" not in call.path]
    return Recorded(root, record, calls, run_below(kept))


def finding(harness: Harness, run: Recorded, variant: str, rng: random.Random) -> str | None:
    """Lose the power of a recorded run once, resume it, and compare; returns what is wrong."""
    number = rng.randrange(len(run.calls) + 1)
    disk = Disk(run.root, run.record)
    promised, linked = (1, 0), (1, 0)
    for call in run.calls[:number]:
        if call.kind == "rename" and call.path.endswith("/checkpoints/last"):
            node = disk.find(Path(call.other))
            linked = position_of(node.target or "") if isinstance(node, File) else linked
        promised = linked if call.kind == "fsync" and call.path.endswith("/checkpoints") else promised
        disk.apply(call)
    disk.lose(run.root, rng)
    try:
        ended = harness.run(run.root, [[*harness.begin(variant, run.root), "--resume", "auto"]], Disturbance())
        if ended.exit_code or ended.fault:
            return f"after {number} calls: it ended with {ended.exit_code}{ended.fault}: {ended.error[-1500:]}"
        wrong = list(differences(run.run, run_below(run.root)))
        went_on = [(time["epoch"], time["step"]) for time in _manifest(run_below(run.root))["resumed"]] or [(1, 0)]
        if went_on[0] < promised <= (_manifest(run.run)["epochs_done"], math.inf):
            wrong.append(f"{promised} was saved, and it went on from {went_on[0]}")
        return f"after {number} calls: {'; '.join(wrong[:10])}" if wrong else None
    finally:
        shutil.rmtree(run.root)


def _manifest(run: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((run / "run.json").read_text())
    return told


def main() -> int:
    """Lose the power as often as the command line asks for; 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this one alone")
    parser.add_argument("--variant", default="mlp")
    arguments = parser.parse_args()
    start, found = time.monotonic(), 0
    with harness_in_a_folder(Harness) as (harness, folder):
        run = recorded(harness, folder, arguments.variant)
        careless_ones = list(careless(run.calls, run.root, run.record, "/runs/"))
        found += len(careless_ones)
        print(*careless_ones, f"{len(run.calls)} calls, {len(careless_ones)} careless renames", sep="\n", flush=True)
        chosen = [arguments.only] if arguments.only is not None else range(arguments.num)
        for number in chosen:
            wrong = finding(harness, run, arguments.variant, random.Random(f"{arguments.seed}/{number}"))
            if wrong:
                found += 1
                print(f"--seed {arguments.seed} --only {number}: {wrong}", flush=True)
    print(f"{len(chosen)} losses (seed {arguments.seed}), {found} findings, {time.monotonic() - start:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
