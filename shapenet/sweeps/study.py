"""The study: which trials there are and how they went, on disk, and who leads."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from shapenet.callbacks.best import higher_is_better
from shapenet.rundir.atomic import append_line, machine_errors, write_atomic
from shapenet.rundir.paths import RunDir, safe_name
from shapenet.sweeps.config import unknown_objective
from shapenet.sweeps.executor import TrialResult
from shapenet.sweeps.space import Trial

_SKIPPED = ("epoch", "seconds", "images_per_second", "learning_rate")


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
    """

    def __init__(self, folder: Path, objective: str | None) -> None:
        self.folder = folder
        self.results: list[tuple[Trial, TrialResult]] = []
        self._objective = objective

    @classmethod
    def create(cls, sweeps_dir: Path, name: str, objective: str | None) -> Study:
        """A study in a new folder, ``<name>`` or ``<name>-2``, ``<name>-3``, ...

        Raises:
            MachineError: It can't be made.
        """
        with machine_errors(sweeps_dir):
            sweeps_dir.mkdir(parents=True, exist_ok=True)
            for number in count(1):
                folder = sweeps_dir / (safe_name(name) if number == 1 else f"{safe_name(name)}-{number}")
                try:
                    folder.mkdir()
                except FileExistsError:
                    continue
                break
        return cls(folder, objective)

    @property
    def objective(self) -> str | None:
        """The figure that ranks the trials; None before it is known."""
        return self._objective or next((result.monitor for _, result in self.results if result.monitor), None)

    def begin(self, trial: Trial) -> None:
        """Write that a trial begins."""
        self._write({"event": "begin", "trial": trial.number, "values": trial.values})

    def end(self, trial: Trial, result: TrialResult) -> None:
        """Write how a trial went, and the leaderboard anew.

        Raises:
            ConfigError: The run has no figure of the objective's name.
        """
        self.results.append((trial, result))
        self._write({"event": "end", "trial": trial.number, **result.to_json()})
        self._check_objective(result)
        self._write_leaderboard()

    def _check_objective(self, result: TrialResult) -> None:
        """A run without a best epoch has no figures at all, whatever the objective is."""
        if result.metrics and self.objective is not None and self.objective not in result.metrics:
            raise unknown_objective(self.objective, [name for name in result.metrics if name not in _SKIPPED])

    @property
    def best(self) -> Standing | None:
        """The trial that leads; None while none has a value."""
        return next((standing for standing in self.standings() if standing.rank == 1), None)

    def standings(self) -> list[Standing]:
        """The finished trials, the best first, those without a value last."""
        values = [(trial, result, self._value(result)) for trial, result in self.results]
        sign = -1 if self.objective and higher_is_better(self.objective) else 1
        ranked = sorted((v for v in values if v[2] is not None), key=lambda v: (sign * (v[2] or 0), v[0].number))
        rest = [v for v in values if v[2] is None]
        return [Standing(rank, *v) for rank, v in enumerate(ranked, start=1)] + [Standing(None, *v) for v in rest]

    def _value(self, result: TrialResult) -> float | None:
        value = result.metrics.get(self.objective or "") if result.status == "done" else None
        return value if value is not None and math.isfinite(value) else None

    def _write(self, event: Mapping[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(self.folder / "study.jsonl", json.dumps({"time": now, **event}, ensure_ascii=False))

    def _write_leaderboard(self) -> None:
        write_atomic(self.folder / "leaderboard.csv", leaderboard_csv(self.standings(), self.objective))
        best = self.best
        if best is not None and best.result.run is not None:
            write_atomic(self.folder / "best.yaml", RunDir(Path(best.result.run)).resolved_config.read_bytes())


def leaderboard_csv(standings: Sequence[Standing], objective: str | None) -> str:
    """The leaderboard: rank, trial, the varied values, the objective, other figures, and the run."""
    keys = list(standings[0].trial.values) if standings else []
    figures = dict.fromkeys(name for s in standings for name in s.result.metrics if name not in (*_SKIPPED, objective))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "trial", *keys, objective or "objective", *figures, "epochs", "seconds", "status", "run"])
    for standing in standings:
        result, values = standing.result, standing.trial.values
        writer.writerow([
            standing.rank, standing.trial.number, *(_cell(values[key]) for key in keys), standing.value,
            *(result.metrics.get(name) for name in figures), result.epochs, result.seconds, result.status, result.run,
        ])  # fmt: skip
    return text.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
