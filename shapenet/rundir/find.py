"""From what a user calls a run to its directory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from shapenet.errors import Place, RunError, did_you_mean
from shapenet.rundir.manifest import read_manifest
from shapenet.rundir.paths import LATEST, RunDir, safe_name

_NUM_SHOWN = 5


def iterate_runs(runs_dir: Path) -> Iterator[RunDir]:
    """Every directory of `runs_dir` that has a run.json, in the order of project and id."""
    for path in sorted(runs_dir.glob("*/*/run.json")):
        hidden = any(part.startswith(".") for part in path.relative_to(runs_dir).parts)
        if not hidden and not path.parents[1].is_symlink():
            yield RunDir(path.parent)


def find_run(text: str | Path | None, runs_dir: Path) -> RunDir:
    """The run that a user means.

    Args:
        text: A path to a run's directory (``runs/latest`` is one), ``project/id``, an id,
            the beginning of an id or the name of an experiment, if only one run has it;
            None or ``latest`` for the newest run.
        runs_dir: Folder of all runs.

    Returns:
        The run; its manifest can be read.

    Raises:
        RunError: There is no such run, several, or a damaged one.
    """
    run = _locate(str(text) if text is not None else LATEST, runs_dir)
    read_manifest(run.run_json)
    return run


def _locate(text: str, runs_dir: Path) -> RunDir:
    path = runs_dir / LATEST if text == LATEST else Path(text)
    if path.is_symlink() and path.name == LATEST:
        return _follow_latest(path)
    for candidate in (path, runs_dir / text):
        if text and (candidate / "run.json").exists():
            return RunDir(candidate)
    runs = list(iterate_runs(runs_dir))
    if not runs:
        hint = "train one: shapenet train --config CONFIG; or name the folder of runs: --runs-dir FOLDER"
        raise RunError("run/none", "expected a folder with runs, received none", place=Place(str(runs_dir)), hint=hint)
    if text == LATEST:
        raise _not_found(path, "expected a link to the newest run, received none", runs)
    found = _search(text, runs)
    if found is not None:
        return found
    if path.is_dir():
        raise _not_found(path, "expected a run's directory, received a folder without run.json", runs)
    names = {name for run in runs for name in (run.id, _name_in(run.id))}
    hint = did_you_mean(text, names) or f"shapenet runs list --runs-dir {runs_dir} shows them all"
    raise RunError("run/unknown", f"there is no run {text!r}", place=Place(str(runs_dir)), hint=hint)


def _search(text: str, runs: Sequence[RunDir]) -> RunDir | None:
    by_name = re.compile(rf"\d{{8}}-\d{{6}}-{re.escape(safe_name(text))}-[0-9a-f]+(-\d+)?")
    for matches in (
        [run for run in runs if run.id == text],
        [run for run in runs if by_name.fullmatch(run.id)],
        [run for run in runs if text and run.id.startswith(text)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            newest = [run.id for run in sorted(matches, key=lambda run: run.id, reverse=True)]
            more = f" and {len(newest) - _NUM_SHOWN} more" if len(newest) > _NUM_SHOWN else ""
            hint = f"name one of them: {', '.join(newest[:_NUM_SHOWN])}{more}"
            raise RunError(
                "run/ambiguous", f"expected one run, received {text!r}, which means {len(newest)}", hint=hint
            )
    return None


def _name_in(run_id: str) -> str:
    match = re.fullmatch(r"\d{8}-\d{6}-(.+)-[0-9a-f]{6,}(?:-\d+)?", run_id)
    return match[1] if match else run_id


def _follow_latest(link: Path) -> RunDir:
    runs_dir = link.parent.resolve()
    try:
        target = link.resolve()
        inside = target.is_relative_to(runs_dir) and target != runs_dir
    except (OSError, RuntimeError):  # a loop of links
        inside, target = True, link
    runs = list(iterate_runs(link.parent))
    if not inside:
        raise _not_found(link, f"expected a link to a run in {link.parent}, received one to {target}", runs)
    if not (target / "run.json").exists():
        raise _not_found(link, f"expected a link to a run, received one to {link.readlink()}, which is none", runs)
    return RunDir(link.parent / target.relative_to(runs_dir))


def _not_found(place: Path, message: str, runs: Sequence[RunDir]) -> RunError:
    newest = max((run.id for run in runs), default=None)
    hint = f"the newest run there is {newest}" if newest else "train one: shapenet train --config CONFIG"
    return RunError("run/not-a-run", message, place=Place(str(place)), hint=hint)
