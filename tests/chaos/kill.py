"""Kills trainings at random moments, resumes them until they end, and compares them with undisturbed ones.

make chaos-kill                                        # 1,000 kills, 200 of them inside saves
.venv/bin/python -m tests.chaos.kill --seed 3 --only 17   # one case again
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from tests.chaos.compare import begun_runs, broken_promises, differences, leftovers, run_below, saved_position
from tests.chaos.disturb import KILLS, MODES, PLACES, SAVES, Undisturbed, drawn, fault_of
from tests.chaos.fork_server import REPOSITORY, Disturbance, Ended, ForkServer
from tests.chaos.program import harness_in_a_folder
from tests.chaos.variants import PLUG_INS, VARIANTS


@dataclass
class Case:
    """What was done to a run, and what came of it.

    Attributes:
        variant: Name of its config.
        done: The disturbances that came, by their modes.
        finding: What is wrong; None if nothing is.
    """

    variant: str
    done: list[str] = field(default_factory=list)
    finding: str | None = None


class Plan(NamedTuple):
    """What may come upon cases.

    Attributes:
        modes: Keys of `MODES`.
        variants: What is trained, in turns.
        counts: How often a run may be disturbed.
    """

    modes: Sequence[str] = tuple(MODES)
    variants: Sequence[str] = tuple(VARIANTS)
    counts: Sequence[int] = (1, 2, 3, 4, 6, 8)


class Harness:
    """Runs cases, each in a folder of its own.

    Args:
        folder: Where everything goes.

    Attributes:
        package: A folder to import shapenet from, but for undisturbed runs; this repository if empty.

    Raises:
        NoCompilerError: There is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self.package = folder, ""
        self._server = ForkServer.compiled(folder)
        self._undisturbed: dict[str, Undisturbed] = {}
        for name, config in VARIANTS.items():
            (folder / f"{name}.yaml").write_text(config)
        for name, code in PLUG_INS.items():
            (folder / name).write_text(code)

    def close(self) -> None:
        """End the process that forks."""
        self._server.close()

    def undisturbed(self, variant: str) -> Undisturbed:
        """The run of a variant that nobody disturbs."""
        if variant not in self._undisturbed:
            root, record = self._folder / f"undisturbed-{variant}", self._folder / f"calls-{variant}"
            root.mkdir()
            record.mkdir()
            commands = [self.begin(variant, root), ["runs", "gc", "--runs-dir", str(root / "runs")]]
            ended = self._server.disturbed(root, commands, Disturbance(record=str(record)))
            assert ended.outcome, ended
            assert ended.outcome.codes == (0, 0), ended
            lines = [line.split("\t") for line in (record / "calls").read_text().splitlines()]
            numbers = {within: [int(kind) for kind, path, _ in lines if within in path] for within in PLACES.values()}
            self._undisturbed[variant] = Undisturbed(run_below(root), ended.seconds, numbers)
        return self._undisturbed[variant]

    def begin(self, variant: str, root: Path) -> list[str]:
        """The command that trains a variant."""
        return ["train", "--config", str(self._folder / f"{variant}.yaml"), "--runs-dir", str(root / "runs"), "--quiet"]

    def run(self, root: Path, commands: list[list[str]], by: Disturbance) -> Ended:
        """Run commands in a fork."""
        return self._server.disturbed(root, commands, replace(by, package=self.package))

    def case(self, seed: int, number: int, plan: Plan | None = None) -> Case:
        """Do one case: which one, seed and number decide.

        Args:
            seed: Of all cases.
            number: The case.
            plan: What may come upon it; all that there is unless given.
        """
        rng, plan = random.Random(f"{seed}/{number}"), plan or Plan()
        case = Case(plan.variants[number % len(plan.variants)])
        self.undisturbed(case.variant)
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            root = Path(folder)
            try:
                found = self._disturb(case, root, rng, plan) or self._judge(case, root)
            except (OSError, ValueError, KeyError, TypeError) as error:  # the run's files can't be read
                found = repr(error)
            if found:
                told = f"{case.variant}, {', '.join(case.done)}: {found}".replace(str(root), "ROOT")
                case.finding = f"--seed {seed} --only {number}: {told}"
        return case

    def _disturb(self, case: Case, root: Path, rng: random.Random, plan: Plan) -> str | None:
        """Disturb a run some times, then let it end; returns what goes wrong in between."""
        by_itself = rng.random() < 0.5
        for count in range(rng.choice(plan.counts), -1, -1):
            begin = self.begin(case.variant, root)
            run = run_below(root) if begun_runs(root) else None
            undisturbed, is_first = self.undisturbed(case.variant), not case.done
            mode, by = drawn(rng, undisturbed, plan.modes, is_first=is_first) if count else ("", Disturbance())
            before = (saved_position(run), _times_resumed(run)) if run else ((1, 0), 0)
            resume = ["train", "--resume", str(run), "--runs-dir", str(root / "runs"), "--quiet"]
            command = [*begin, "--resume", "auto"] if by_itself else resume if run else begin
            ended = self.run(root, [command], by)
            found = fault_of(mode, by, ended, root)
            if not found and begun_runs(root):
                found = "; ".join(broken_promises(run_below(root), *before))
            if found:
                return f"{found}: {ended.error[-1500:]}"
            if ended.exit_code == 0:
                return None
            case.done.append(mode)
        return "it was disturbed no more, and did not end"

    def _judge(self, case: Case, root: Path) -> str | None:
        """What is wrong with a run that went on to its end."""
        run = run_below(root)
        wrong = [f"{path} stays" for path in run.rglob(".tmp-*")]
        gc = self.run(root, [["runs", "gc", "--runs-dir", str(root / "runs")]], Disturbance())
        if gc.exit_code:
            return f"runs gc: {gc}"
        wrong += [*differences(self.undisturbed(case.variant).run, run), *leftovers(run)]
        wrong += [f"{path} stays" for path in (root / "runs").glob("*/.tmp-*")]
        if (root / "runs/latest").resolve() != run.resolve():
            wrong.append("latest does not lead to the run")
        wrong += [f"{path} stays" for path in root.glob("runs/*/*") if path != run and (path / "run.json").exists()]
        return "; ".join(wrong[:10]) or None

    def fresh(self, variant: str) -> str | None:
        """Compare a fork's run with one of new processes, the first of which is killed once it has saved."""
        undisturbed = self.undisturbed(variant)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            root = Path(folder)
            for is_last in (False, True):
                command = [sys.executable, "-m", "shapenet", *self.begin(variant, root), "--resume", "auto"]
                environment = {**os.environ, "SHAPENET_CACHE": f"{root}/cache", "COLUMNS": "200"}
                process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
                while not is_last and process.poll() is None and not any(root.glob("runs/*/*/checkpoints/last")):
                    time.sleep(0.01)
                if not is_last:
                    process.kill()
                process.wait()
            return "; ".join(differences(undisturbed.run, run_below(root))) or None


def _times_resumed(run: Path) -> int:
    return len(json.loads((run / "run.json").read_text())["resumed"])


def cases(harness: Harness, seed: int, num: int, num_saves: int) -> Iterator[tuple[Case, Counter[str]]]:
    """Cases until enough kills came, with what came so far.

    Args:
        harness: Does them.
        seed: Of all.
        num: How many kills there are at least.
        num_saves: How many of them inside saves.
    """
    came: Counter[str] = Counter()
    number = 0
    while sum(came[mode] for mode in KILLS) < num or sum(came[mode] for mode in SAVES) < num_saves:
        case = harness.case(seed, number)
        came.update(case.done)
        number += 1
        yield case, came


def main() -> int:
    """Do the cases that the command line asks for; 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num", type=int, default=1000, help="how many kills, a fifth of them inside saves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--fresh", type=int, default=2, help="how many variants to compare with new processes")
    arguments = parser.parse_args()
    start, found, number, came = time.monotonic(), 0, 0, Counter[str]()
    with harness_in_a_folder(Harness) as (harness, _):
        if arguments.only is not None:
            case = harness.case(arguments.seed, arguments.only)
            print(case.finding or f"nothing is wrong after {', '.join(case.done)}")
            return int(bool(case.finding))
        for variant in list(VARIANTS)[: arguments.fresh]:
            wrong = harness.fresh(variant)
            found += bool(wrong)
            print(f"{variant}, killed and resumed in new processes: {wrong or 'equal to a fork'}", flush=True)
        for case, came in cases(harness, arguments.seed, arguments.num, arguments.num // 5):
            number += 1
            found += bool(case.finding)
            if case.finding or number % 5 == 0:
                print(case.finding or f"{number} cases: {dict(came)}", flush=True)
    print(f"{number} cases (seed {arguments.seed}): {dict(came)}; {found} findings, {time.monotonic() - start:.0f} s")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
