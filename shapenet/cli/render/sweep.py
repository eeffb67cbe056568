"""A sweep on the terminal: a line for each trial, and the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table

from shapenet.cli.render.console import cell, number, open_table, printable
from shapenet.cli.render.pace import duration
from shapenet.sweeps.job import TrialResult
from shapenet.sweeps.run import SweepReporter
from shapenet.sweeps.space import Trial
from shapenet.sweeps.study import Standing

_STYLES = {"done": "green", "interrupted": "yellow", "failed": "red", "diverged": "magenta"}


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """For each dotted key the shortest end of it that no other key has: ``learning_rate``."""
    names = {}
    for key in keys:
        parts = key.split(".")
        for length in range(1, len(parts) + 1):
            end = ".".join(parts[-length:])
            if length == len(parts) or not any(other != key and f".{other}".endswith(f".{end}") for other in keys):
                names[key] = end
                break
    return names


def shown_value(value: Any) -> str:
    """A trial's value on one line, components by their names."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return f"[{', '.join(shown_value(item) for item in value)}]"
    return {True: "true", False: "false", None: "null"}.get(value, printable(value)) if _is_word(value) else f"{value}"


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool | str)


class SweepLines(SweepReporter):
    """Prints a line for each trial that has ended.

    Args:
        trials: All of them.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._names = short_names([*trials[0].values])
        texts = [self._text(trial) for trial in trials]
        self._width = min(max(map(len, texts)), 44)

    def _text(self, trial: Trial) -> str:
        return "  ".join(f"{self._names[key]}={shown_value(value)}" for key, value in trial.values.items())

    def ended(self, trial: Trial, number_of_trials: int, result: TrialResult, objective: str | None) -> None:
        """Print how it went."""
        place = f"{trial.number:>{len(str(number_of_trials))}}/{number_of_trials}"
        value = result.metrics.get(objective or "")
        if result.status == "done":
            outcome = f"{objective or 'objective'} {number(value)}"
        else:
            first = (result.error or "").splitlines()[0] if result.error else ""
            outcome = click.style(result.status, fg=_STYLES[result.status]) + f" {printable(first)}"
        click.echo(f"trial {place}  {self._text(trial):<{self._width}}  {outcome}  {duration(result.seconds)}")


def trials_table(trials: Sequence[Trial]) -> Table:
    """A row for each trial with its values."""
    keys = [*trials[0].values]
    table = open_table()
    table.add_column("trial", justify="right", no_wrap=True)
    for name in short_names(keys).values():
        table.add_column(cell(name), justify="right")
    for trial in trials:
        table.add_row(str(trial.number), *(cell(shown_value(value)) for value in trial.values.values()))
    return table


def leaderboard_table(standings: Sequence[Standing], objective: str) -> Table:
    """The trials, the best first."""
    keys = [*standings[0].trial.values]
    table = open_table()
    for name in ("rank", "trial"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in short_names(keys).values():
        table.add_column(cell(name), justify="right")
    table.add_column(cell(objective), justify="right", no_wrap=True)
    for name in ("epochs", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for standing in standings:
        result = standing.result
        table.add_row(
            str(standing.rank or "-"), str(standing.trial.number),
            *(cell(shown_value(value)) for value in standing.trial.values.values()),
            number(standing.value), number(result.epochs), duration(result.seconds),
            cell(result.status, _STYLES.get(result.status, "")), style="bold" if standing.rank == 1 else "",
        )  # fmt: skip
    return table
