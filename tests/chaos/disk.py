"""Fails one call on the disk at a time, all through a run and its evaluation, and looks at what comes of it.

make chaos-disk                                        # up to 300 sites
.venv/bin/python -m tests.chaos.disk --site write:17:ENOSPC   # one again
"""

from __future__ import annotations

import argparse
import errno
import random
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.chaos.fork_server import KINDS, ForkServer, Outcome
from tests.chaos.program import harness_in_a_folder

_ERRORS = {
    "write": ("ENOSPC", "EIO"), "fsync": ("EIO", "ENOSPC"), "rename": ("EACCES", "EIO", "ENOSPC"),
    "open": ("EACCES", "ENOSPC", "EIO"), "mkdir": ("EACCES", "ENOSPC", "EIO"), "unlink": ("EACCES", "EIO"),
    "truncate": ("ENOSPC", "EIO"), "link": ("EACCES", "ENOSPC", "EIO"),
}  # fmt: skip
_CONFIG = """\
name: tiny
data:
  source: {shapes: {classes: [square, triangle], num_images: 40, size: 12}}
  split: {val: 0.2, test: 0.2}
model:
  layers: [Flatten, {Dense: {units: 4}}]
training: {batch_size: 8, epochs: 2}
"""


class Site(NamedTuple):
    """A call that fails: the n-th of its kind, from 0."""

    kind: str
    number: int
    error: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}:{self.error}"

    @classmethod
    def parse(cls, text: str) -> Site:
        """The site that ``KIND:N:ERRNO`` names."""
        kind, number, error = text.split(":")
        return cls(kind, int(number), error)

    def fault(self) -> tuple[int, int, int]:
        """As the shim takes it."""
        return KINDS.index(self.kind), self.number, getattr(errno, self.error)


class Harness:
    """Runs sites, each in a folder of its own.

    Args:
        folder: Where everything goes.

    Raises:
        NoCompilerError: There is none.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "tiny.yaml").write_text(_CONFIG)
        self._folder = folder
        self._server = ForkServer.compiled(folder)

    def counts(self) -> dict[str, int]:
        """How many calls of each kind an undisturbed run makes."""
        root = self._new_root()
        outcome = self._server.run(root, self._commands(root))
        assert isinstance(outcome, Outcome), outcome
        assert outcome.codes == (0, 0), outcome
        shutil.rmtree(root)
        return outcome.counts

    def finding(self, site: Site) -> str | None:
        """What is wrong with how a run took a fault; None if nothing is."""
        root = self._new_root()
        outcome = self._server.run(root, self._commands(root), site.fault())
        found = outcome if isinstance(outcome, str) else _judge(site, outcome, root)
        if found is None and list(root.glob("runs/*/*/checkpoints/best/manifest.json")):
            run = next(iter(root.glob("runs/*/*/run.json"))).parent
            after = self._server.run(root, [["eval", "--run", str(run)]])
            if isinstance(after, str) or after.codes != (0,):
                found = f"the best checkpoint does not load: {after}"
        shutil.rmtree(root, ignore_errors=True)
        return f"--site {site}: {found}" if found else None

    def close(self) -> None:
        """End the process that forks."""
        self._server.close()

    def _new_root(self) -> Path:
        root = self._folder / "root"
        root.mkdir()
        return root

    def _commands(self, root: Path) -> list[list[str]]:
        runs = ["--runs-dir", str(root / "runs")]
        return [["train", "--config", str(self._folder / "tiny.yaml"), *runs, "--quiet"], ["eval", *runs]]


def _judge(site: Site, outcome: Outcome, root: Path) -> str | None:
    error = outcome.error
    path = outcome.failed_path.replace(str(root), "ROOT")
    if not path:
        return None if outcome.codes == (0, 0) else f"no call failed, and yet: {outcome}"
    told = f"{path}: codes {outcome.codes}: {error[-1500:]}"
    if "Traceback" in error:
        return f"a traceback for {told}"
    if outcome.codes[-1] == 5:
        named = "error[machine/" in error and str(root) in error
        return None if named else f"no path or code in the message for {told}"
    if outcome.codes == (0, 0):
        return None if _is_harmless(site, outcome) else f"nobody noticed {told}"
    return f"another exit code for {told}"


def _is_harmless(site: Site, outcome: Outcome) -> bool:
    """Whether a run may go on: nothing but logs is lost, or nothing at all.

    A folder may be there before it is made, and HDF5 tries to open a file for changes before it
    makes it: those calls fail in a sound run too. What can't be removed takes space only. A lock that
    can't be written locks all the same, but does not say who holds it.
    """
    path = outcome.failed_path
    is_lock = path.endswith("run.lock") and site.kind in ("write", "truncate")
    return outcome.failed_anyway or is_lock or "/logs/" in path or site.kind == "unlink"


def sites(counts: dict[str, int], num: int, seed: int) -> list[Site]:
    """At most `num` sites in any order, spread over all kinds and the whole run.

    Args:
        counts: Calls by kind.
        num: How many.
        seed: Which, where there are more; and the error of each.
    """
    rng = random.Random(seed)
    every = [Site(kind, number, rng.choice(_ERRORS[kind])) for kind in KINDS for number in range(counts[kind])]
    return rng.sample(every, min(num, len(every)))


def main() -> int:
    """Run the sites that the command line asks for; 1 if one of them goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Site.parse, action="append", help="KIND:N:ERRNO; may be repeated")
    parser.add_argument("--num", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start, found = time.monotonic(), 0
    with harness_in_a_folder(Harness) as (harness, _):
        counts = harness.counts()
        print(", ".join(f"{number} {kind}" for kind, number in counts.items()), flush=True)
        chosen = arguments.site or sites(counts, arguments.num, arguments.seed)
        done = 0
        with suppress(KeyboardInterrupt):  # and tell how far it was
            for site in chosen:
                if line := harness.finding(site):
                    found += 1
                    print(line, flush=True)
                done += 1
    seconds = time.monotonic() - start
    print(f"{done} of {len(chosen)} sites (seed {arguments.seed}), {found} findings, {seconds:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
