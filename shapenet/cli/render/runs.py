"""The list of runs, and one run in detail, as tables."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shapenet.cli.options import command_text
from shapenet.cli.render.console import cell, message_lines, number, open_table, printable
from shapenet.cli.render.fitting import FittingTable
from shapenet.cli.render.pace import duration
from shapenet.rundir.manifest import Best, Device, RunManifest
from shapenet.runs.listing import RunDetails, RunRow

_STYLES = {
    "running": "cyan",
    "done": "green",
    "interrupted": "yellow",
    "failed": "red",
    "diverged": "magenta",
    "dead": "red",
    "damaged": "red",
}
_NOTES = {"dead": "it says running, but its process is gone"}
_NUM_LAST_EPOCHS = 5
_HIDDEN_METRICS = ("epoch", "seconds")
_LEAST_SPLIT_WIDTH = 20


def runs_table(rows: Sequence[RunRow], *, grouped: bool = False) -> Table:
    """A row per run; names are cut where space is short, figures never.

    Args:
        rows: The runs, in the order to show them in.
        grouped: Put the runs of a project together below its name; otherwise the
            project is a column.
    """
    table = open_table()
    table.add_column("run")
    if not grouped:
        table.add_column("project")
    table.add_column("status", no_wrap=True)
    for name in ("epochs", "best", "test"):
        table.add_column(name, justify="right", no_wrap=True)
    if not grouped:
        for row in rows:
            table.add_row(_id_text(row.id), cell(row.project), *_figures(row))
        return table
    for number_before, project in enumerate(dict.fromkeys(row.project for row in rows)):
        if number_before:
            table.add_row()
        table.add_row(cell(project, "bold blue"))
        for row in rows:
            if row.project == project:
                table.add_row(_id_text(row.id), *_figures(row))
    return table


def _figures(row: RunRow) -> tuple[RenderableType, ...]:
    best, test = _named_figure(row.monitor, row.best), _named_figure(row.eval_metric, row.eval_value)
    return cell(row.status, _STYLES[row.status]), number(row.epochs), best, test


def _named_figure(name: str | None, value: float | None) -> RenderableType:
    return Text.assemble((f"{short_metric(name)} ", "dim"), number(value)) if name else "-"


def short_metric(name: str) -> str:
    """A metric's name, ``accuracy`` written ``acc``."""
    return printable(name).replace("accuracy", "acc")


def run_view(details: RunDetails) -> RenderableType:
    """Everything about one run: facts, evaluations, and its last and best epochs."""
    row, manifest = details.row, details.manifest
    title = Text.assemble((printable(row.name), "bold"), "  ", (row.status, f"bold {_STYLES[row.status]}"))
    parts: list[RenderableType] = [
        title,
        Text(printable(row.path), "dim", overflow="fold"),
        Text(),
        _facts(row, manifest),
    ]
    if details.evaluations:
        parts += [Text(), _evaluations_table(details.evaluations, row.monitor)]
    if details.metrics:
        parts += [Text(), _epochs_table(details.metrics, manifest.best)]
    return Group(*parts)


def _id_text(run_id: str) -> Text:
    text = cell(run_id)
    match = re.fullmatch(r"\d{8}-\d{6}-(.+)-[0-9a-f]{6,}(?:-\d+)?", text.plain)
    if match:
        text.stylize("bold", *match.span(1))
        text.stylize("dim", match.end(1))
    return text


def _facts(row: RunRow, manifest: RunManifest) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _fact_values(row, manifest).items():
        if value:
            grid.add_row(name, Text("\n".join(message_lines(value, before=0))))
    return grid


def _fact_values(row: RunRow, manifest: RunManifest) -> dict[str, str | None]:
    best, device, git = manifest.best, manifest.device, manifest.git
    started = manifest.started_at.astimezone()
    ended = manifest.ended_at
    took = f", took {duration((ended - manifest.started_at).total_seconds())}" if ended else ""
    return {
        "note": _NOTES.get(row.status),
        "go on": command_text("shapenet", "train", "--resume", row.path) if row.resumable else None,
        "error": manifest.error,
        "project": manifest.project,
        "task": manifest.task,
        "command": shlex.join(manifest.command),
        "started": f"{started:%Y-%m-%d %H:%M:%S}{took}",
        "resumed": _resumed(manifest),
        "process": f"{manifest.pid} on {manifest.host}" if row.status in ("running", "dead") else None,
        "epochs": f"{manifest.epochs_done}",
        "best": f"{best.monitor} {number(best.value)} in epoch {best.epoch}" if best else None,
        "seed": f"{manifest.seed}",
        "parameters": number(manifest.num_parameters) if manifest.num_parameters is not None else None,
        "device": _device(device) if device else None,
        "data": manifest.data_fingerprint,
        "code": f"{git.commit[:12]}{', with changes not committed' if git.dirty else ''}" if git else None,
        "versions": ", ".join(f"{package} {version}" for package, version in manifest.versions.items()),
    }


def _resumed(manifest: RunManifest) -> str:
    lines = []
    for time in manifest.resumed:
        changes = "".join(f"; {name}: {before} -> {now}" for name, (before, now) in time.changes.items())
        at = f"epoch {time.epoch}" + (f" after step {time.step:,}" if time.step else "")
        lines.append(f"{time.at.astimezone():%Y-%m-%d %H:%M:%S} in {at}{changes}")
    return "\n".join(lines)


def _device(device: Device) -> str:
    determinism = {True: ", deterministic", False: ", not deterministic", None: ""}[device.deterministic]
    return f"{device.num} x {device.name} ({device.kind}), {device.precision}{determinism}"


def _evaluations_table(evaluations: Mapping[str, Mapping[str, float]], monitor: str | None) -> RenderableType:
    def build(names: Sequence[str]) -> Table:
        table = open_table()
        table.add_column("evaluated on")
        for name in names:
            table.add_column(cell(name), justify="right", no_wrap=True)
        for split, figures in evaluations.items():
            table.add_row(cell(split), *(number(figures.get(name)) for name in names))
        return table

    names = list(dict.fromkeys(name for figures in evaluations.values() for name in figures))
    kept = ("epoch", "loss", (monitor or "").removeprefix("val_"))
    longest = max(cell_len(printable(split)) for split in evaluations)
    return FittingTable(build, names, kept, spare=max(0, longest - _LEAST_SPLIT_WIDTH))


def _epochs_table(rows: Sequence[Mapping[str, Any]], best: Best | None) -> RenderableType:
    best_epoch = best.epoch if best else None
    shown = [row for row in rows[:-_NUM_LAST_EPOCHS] if row.get("epoch") == best_epoch] + list(rows[-_NUM_LAST_EPOCHS:])

    def build(names: Sequence[str]) -> Table:
        table = open_table()
        table.add_column("epoch", justify="right", no_wrap=True)
        for name in names:
            table.add_column(cell(_heading(name)), justify="right", no_wrap=True)
        previous = None
        for row in shown:
            epoch = row.get("epoch")
            if previous is not None and isinstance(epoch, int) and epoch > previous + 1:
                table.add_row(*(["…"] * (len(names) + 1)), style="dim")
            previous = epoch if isinstance(epoch, int) else previous
            mark = "* " if epoch == best_epoch else ""
            values = (_value(name, row.get(name)) for name in names)
            table.add_row(cell(f"{mark}{epoch}"), *values, style="bold" if mark else "")
        table.caption = "* the best epoch" if best_epoch in [row.get("epoch") for row in shown] else None
        return table

    names = list(dict.fromkeys(name for row in shown for name in row if name not in _HIDDEN_METRICS))
    return FittingTable(build, names, kept=("loss", "val_loss", best.monitor if best else ""))


def _heading(name: str) -> str:
    return {"learning_rate": "lr", "images_per_second": "img/s"}.get(name, short_metric(name))


def _value(name: str, value: Any) -> Text:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return cell("-" if value is None else value)
    return cell(f"{value:,.0f}" if name == "images_per_second" else f"{value:.3g}" if "rate" in name else number(value))
