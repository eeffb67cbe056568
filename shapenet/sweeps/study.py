"""The study: which trials there are and how they went, on disk, and who leads."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import NO_FIGURES
from shapenet.callbacks.best import higher_is_better
from shapenet.errors import RunError
from shapenet.rundir.atomic import fsync_dir, machine_errors, make_folder, write_atomic
from shapenet.rundir.csv_file import write_csv
from shapenet.rundir.paths import RunDir, safe_name
from shapenet.rundir.reading import read_regular
from shapenet.sweeps.config import unknown_objective
from shapenet.sweeps.job import TrialResult
from shapenet.sweeps.journal import Journal
from shapenet.sweeps.space import Trial

JOURNAL = "study.jsonl"
LOCK = "study.lock"


@dataclass(frozen=True)
class Standing:
    """A finished trial on the leaderboard.

    Attributes:
        rank: From 1; None for trials without a value.
        trial: The trial.
        result: How it went.
        value: Its objective.
    """

    rank: int | None
    trial: Trial
    result: TrialResult
    value: float | None


class Study:
    """A sweep's folder; every event is written to it as it happens.

    Args:
        folder: The folder.
        objective: The figure that ranks the trials; None for what the runs monitor.

    Attributes:
        folder: The folder.
        results: What is known so far, by trial.
        goes_on: Whether it had begun before.
    """

    def __init__(self, folder: Path, objective: str | None) -> None:
        self.folder = folder
        self.results: list[tuple[Trial, TrialResult]] = []
        self.goes_on = False
        self._objective = objective
        self._journal = Journal(folder / JOURNAL)
        self._runs: dict[int, Path] = {}
        self._seconds: dict[int, float] = {}

    @classmethod
    def create(cls, sweeps_dir: Path, name: str, objective: str | None) -> Study:
        """A study in a new folder, ``<name>`` or ``<name>-2``, ``<name>-3``, ...

        Raises:
            MachineError: It can't be made.
        """
        with machine_errors(sweeps_dir):
            make_folder(sweeps_dir)
            for number in count(1):
                folder = cls.folder_of(sweeps_dir, name, number)
                try:
                    folder.mkdir()
                except FileExistsError:
                    continue
                fsync_dir(sweeps_dir)
                break
        return cls(folder, objective)

    @staticmethod
    def folder_of(sweeps_dir: Path, name: str, number: int) -> Path:
        """The folder of the sweep that is the first, second, ... of its name."""
        return sweeps_dir / (safe_name(name) if number == 1 else f"{safe_name(name)}-{number}")

    def define(self, definition: Mapping[str, Any]) -> None:
        """Write what the sweep does, before anything else."""
        self._journal.write("sweep", **definition)

    def take_up(self, trials: Sequence[Trial]) -> dict[str, Any] | None:
        """Read what happened before; nobody else may have the study.

        Args:
            trials: All trials.

        Returns:
            What the sweep does, as `define` was told; None if nothing has happened.

        Raises:
            RunError: The journal is damaged.
        """
        self._journal.mend()
        events = self._journal.read()
        definition = events.pop(0) if events else None
        self.goes_on = definition is not None
        by_number = {trial.number: trial for trial in trials}
        for event in events:
            number = event.get("trial")
            if not isinstance(number, int) or number not in by_number:
                continue
            if event["event"] == "run" and isinstance(event.get("run"), str):
                self._runs[number] = Path(event["run"])
            elif event["event"] == "end":
                result = TrialResult.from_json(event, self._journal.path)
                self._seconds[number] = result.seconds
                if result.status != "interrupted":
                    self.results.append((by_number[number], result))
        return definition

    def left(self, trials: Sequence[Trial]) -> list[Trial]:
        """The trials that have not ended, in their order."""
        ended = {trial.number for trial, _ in self.results}
        return [trial for trial in trials if trial.number not in ended]

    def run_of(self, trial: Trial, runs_dir: Path) -> Path | None:
        """The run directory of a trial that was interrupted; None if there is none."""
        told = self._runs.get(trial.number)
        if told is None:
            return None
        moved = runs_dir / told.parent.name / told.name
        return next((run for run in (told, moved) if run.is_dir()), None)

    def opened(self, trial: Trial, run: Path) -> None:
        """Write in which directory a trial's run is."""
        self._journal.write("run", trial=trial.number, run=str(run.absolute()))

    def finish(self) -> None:
        """Write that every trial has ended."""
        self._journal.write("finished")

    @property
    def objective(self) -> str | None:
        """The figure that ranks the trials; None before it is known."""
        return self._objective or next((result.monitor for _, result in self.results if result.monitor), None)

    def begin(self, trial: Trial) -> None:
        """Write that a trial begins."""
        self._journal.write("begin", trial=trial.number, values=trial.values)

    def end(self, trial: Trial, result: TrialResult) -> None:
        """Write how a trial went, and the leaderboard anew.

        Raises:
            ConfigError: The run has no figure of the objective's name.
        """
        result = replace(result, seconds=round(result.seconds + self._seconds.get(trial.number, 0.0), 3))
        self.results.append((trial, result))
        self._journal.write("end", trial=trial.number, **result.to_json())
        self._check_objective(result)
        self._write_leaderboard()

    def _check_objective(self, result: TrialResult) -> None:
        """A run without a best epoch has no figures at all, whatever the objective is."""
        if result.metrics and self.objective is not None and self.objective not in result.metrics:
            raise unknown_objective(self.objective, [name for name in result.metrics if name not in NO_FIGURES])

    @property
    def best(self) -> Standing | None:
        """The trial that leads; None while none has a value."""
        return next((standing for standing in self.standings() if standing.rank == 1), None)

    def standings(self) -> list[Standing]:
        """The finished trials, the best first, those without a value last."""
        values = [(trial, result, self._value(result)) for trial, result in self.results]
        sign = -1 if self._objective_rises() else 1
        ranked = sorted((v for v in values if v[2] is not None), key=lambda v: (sign * (v[2] or 0), v[0].number))
        rest = [v for v in values if v[2] is None]
        return [Standing(rank, *v) for rank, v in enumerate(ranked, start=1)] + [Standing(None, *v) for v in rest]

    def _objective_rises(self) -> bool:
        """Whether more of the objective is better: the runs know, or else its name has to tell."""
        objective = self.objective or ""
        said = next((result.rising for _, result in self.results if result.rising is not None), None)
        return higher_is_better(objective) if said is None else objective in said

    def _value(self, result: TrialResult) -> float | None:
        value = result.metrics.get(self.objective or "") if result.status == "done" else None
        return value if value is not None and math.isfinite(value) else None

    def _write_leaderboard(self) -> None:
        write_csv(self.folder / "leaderboard.csv", leaderboard_rows(self.standings(), self.objective))
        best = self.best
        if best is not None and best.result.run is not None:
            config = RunDir(Path(best.result.run)).resolved_config
            with suppress(RunError, OSError):  # the run is gone, or not what it was
                write_atomic(self.folder / "best.yaml", read_regular(config, config.parent))


def leaderboard_rows(standings: Sequence[Standing], objective: str | None) -> Iterator[Sequence[Any]]:
    """The leaderboard: rank, trial, the varied values, the objective, other figures, and the run."""
    keys = list(standings[0].trial.values) if standings else []
    figures = dict.fromkeys(
        name for s in standings for name in s.result.metrics if name not in (*NO_FIGURES, objective)
    )
    yield "rank", "trial", *keys, objective or "objective", *figures, "epochs", "seconds", "status", "run"
    for standing in standings:
        result, values = standing.result, standing.trial.values
        yield (
            standing.rank, standing.trial.number, *(_cell(values[key]) for key in keys), standing.value,
            *(result.metrics.get(name) for name in figures), result.epochs, result.seconds, result.status, result.run,
        )  # fmt: skip


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
