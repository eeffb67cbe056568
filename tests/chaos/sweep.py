"""Kills sweeps, runs them again until they end, and compares them with an undisturbed one.

make chaos-sweep                                        # 20 kills
.venv/bin/python -m tests.chaos.sweep --seed 3 --only 17   # one case again
"""

from __future__ import annotations

import argparse
import csv
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.compare import differences
from tests.chaos.fork_server import ANY, KILL, Disturbance
from tests.chaos.kill import Harness
from tests.chaos.program import harness_in_a_folder

_SWEEP = """\
name: rates
base: mlp.yaml
grid:
  optimizer.Adam.learning_rate: [1e-2, 3e-2]
"""
_FOLDER = "/sweeps/"


class SweepHarness:
    """Runs sweeps, each in a folder of its own.

    Args:
        harness: Runs commands.
        folder: Where everything goes; it holds the harness's configs.
    """

    def __init__(self, harness: Harness, folder: Path) -> None:
        self._harness, self._folder = harness, folder
        (folder / "sweep.yaml").write_text(_SWEEP)
        self._whole, record = folder / "whole-sweep", folder / "calls-sweep"
        for made in (self._whole, record):
            made.mkdir()
        ended = harness.run(self._whole, [self._command(self._whole)], Disturbance(record=str(record)))
        assert ended.exit_code == 0, ended
        self._seconds = ended.seconds
        lines = (record / "calls").read_text().splitlines()
        self._calls = sum(_FOLDER in line.split("\t")[1] for line in lines)

    def finding(self, seed: int, number: int) -> tuple[list[str], str | None]:
        """Do one case: which one, seed and number decide.

        Returns:
            The kills that came, by their modes, and what is wrong; None if nothing is.
        """
        rng, done = random.Random(f"{seed}/{number}"), list[str]()
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            root = Path(folder)
            for count in range(rng.choice((1, 2)), -1, -1):
                mode, by = self._drawn(rng) if count else ("", Disturbance())
                ended = self._harness.run(root, [self._command(root)], by)
                if ended.exit_code == 0:
                    break
                if not mode or ended.code != -signal.SIGKILL:
                    return (
                        done,
                        f"--seed {seed} --only {number}: it ended with {ended.exit_code}: {ended.error[-1500:]}",
                    )
                done.append(mode)
            wrong = self._wrong(root)
        return done, f"--seed {seed} --only {number}, {', '.join(done)}: {wrong}" if wrong else None

    def _command(self, root: Path) -> list[str]:
        folders = ["--runs-dir", str(root / "runs"), "--sweeps-dir", str(root / "sweeps")]
        return ["sweep", "--config", str(self._folder / "sweep.yaml"), *folders]

    def _drawn(self, rng: random.Random) -> tuple[str, Disturbance]:
        if rng.random() < 0.5:
            return "time", Disturbance(signals=((rng.uniform(0.1, 1.0) * self._seconds, signal.SIGKILL),))
        return "study", Disturbance((ANY, rng.randrange(self._calls), KILL), _FOLDER)

    def _wrong(self, root: Path) -> str | None:
        """What is not as in the undisturbed sweep."""
        boards = [_leaderboard(one) for one in (self._whole, root)]
        if len(boards[1]) != len(boards[0]):
            return f"{len(boards[1])} rows in the leaderboard"
        wrong = []
        for whole, other in zip(*boards, strict=True):
            timeless = [{k: v for k, v in row.items() if k not in ("seconds", "run")} for row in (whole, other)]
            wrong += [f"leaderboard: {timeless}"] if timeless[0] != timeless[1] else []
            wrong += differences(Path(whole["run"]), Path(other["run"]))
        runs = [run for run in root.glob("runs/*/*") if (run / "run.json").exists()]
        wrong += [f"{len(runs)} runs of {len(boards[0])} trials"] if len(runs) != len(boards[0]) else []
        wrong += [f"{path} stays" for path in (root / "sweeps").rglob(".tmp-*")]
        return "; ".join(wrong[:10]) or None


def _leaderboard(root: Path) -> list[dict[str, str]]:
    (path,) = root.glob("sweeps/*/leaderboard.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def main() -> int:
    """Do as many kills as the command line asks for; 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this case alone")
    arguments = parser.parse_args()
    start, found, kills, number = time.monotonic(), 0, 0, arguments.only or 0
    with harness_in_a_folder(Harness) as (harness, folder):
        sweeps = SweepHarness(harness, folder)
        while kills < arguments.num:
            done, wrong = sweeps.finding(arguments.seed, number)
            found, kills, number = found + bool(wrong), kills + len(done), number + 1
            print(wrong or f"{kills} kills: equal after {', '.join(done)}", flush=True)
            if arguments.only is not None:
                break
    print(f"{kills} kills (seed {arguments.seed}), {found} findings, {time.monotonic() - start:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
