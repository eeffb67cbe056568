"""What differs between two finished runs, apart from time: weights, state, metrics, best, and the files that stay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_TIMES = ("seconds", "images_per_second")
_FACTS = ("epochs_done", "seed", "data_fingerprint", "class_counts", "class_weight", "statistics", "num_parameters")
_EQUAL_FILES = ("config.resolved.yaml", "data/split.csv", "data/classes.json", "model.txt")


def run_below(root: Path) -> Path:
    """The newest run below a folder that one can go on in."""
    return max(begun_runs(root), key=lambda run: (json.loads((run / "run.json").read_text())["started_at"], run.name))


def begun_runs(root: Path) -> list[Path]:
    """The runs below a folder that have a record and a config; a kill may have left others, which nobody needs."""
    found = [path.parent for path in root.glob("runs/*/*/config.resolved.yaml")]
    return [run for run in found if (run / "run.json").exists()]


def differences(one: Path, other: Path) -> Iterator[str]:
    """Each thing in which a run, `other`, is not what an undisturbed one, `one`, is."""
    manifests = [json.loads((run / "run.json").read_text()) for run in (one, other)]
    for name in _FACTS:
        yield from _unlike(name, *(manifest[name] for manifest in manifests))
    yield from _unlike("best in run.json", *(_untimed_best(manifest["best"]) for manifest in manifests))
    yield from _unlike("status", "done", manifests[1]["status"])
    yield from _unlike("metrics.jsonl", *(_rows(run) for run in (one, other)))
    for name in _EQUAL_FILES:
        yield from _unlike(name, *((run / name).read_bytes() for run in (one, other)))
    for name in ("best", "last"):
        links = [(run / "checkpoints" / name).readlink().name for run in (one, other)]
        yield from _unlike(f"the link {name}", *links)
        yield from _unlike_each(f"weights of {name}", *(_weights(run / "checkpoints" / name) for run in (one, other)))
    yield from _unlike_each("state", *(_state(run / "checkpoints" / "last") for run in (one, other)))


def leftovers(run: Path) -> Iterator[str]:
    """What stands in a finished run's folder, after ``runs gc``, that should not."""
    yield from (f"{path.relative_to(run)} stays" for path in run.rglob(".tmp-*"))
    folder = run / "checkpoints"
    named = {path.readlink().name for path in folder.iterdir() if path.is_symlink()}
    for path in folder.iterdir():
        if not path.is_symlink() and path.name not in named:
            yield f"checkpoints/{path.name} stays"
    for checkpoint in named:
        files = {path.name for path in (folder / checkpoint).iterdir()}
        if not files <= {"model.weights.h5", "state.json", "state.npz", "manifest.json"}:
            yield f"files of {checkpoint}: {sorted(files)}"


def saved_position(run: Path) -> tuple[int, int]:
    """The epoch, from 1, and the steps done in it, from which ``last`` lets a run go on; (1, 0) where there is none."""
    last = run / "checkpoints/last"
    return position_of(last.readlink().name) if last.is_symlink() else (1, 0)


def position_of(checkpoint: str) -> tuple[int, int]:
    """The epoch, from 1, and the steps done in it, from which a checkpoint of this name lets a run go on."""
    _, epoch, *step = checkpoint.split("-")
    return (int(epoch), int(step[-1])) if step else (int(epoch) + 1, 0)


def broken_promises(run: Path, before: tuple[int, int], resumed_before: int) -> Iterator[str]:
    """What must not be even in the moment in which a process is killed.

    Args:
        run: A run's folder.
        before: Its `saved_position` before the process that was killed began.
        resumed_before: How often it had gone on by then.
    """
    checkpoints = run / "checkpoints"
    for name in ("best", "last"):
        if (checkpoints / name).is_symlink() and not (checkpoints / name / "manifest.json").is_file():
            yield f"the link {name} leads nowhere"
    if len(list(checkpoints.glob("epoch-*"))) > 1 and not (checkpoints / "last").is_symlink():
        yield "there are checkpoints, and last is gone"
    resumed = json.loads((run / "run.json").read_text())["resumed"][resumed_before:]
    if resumed and (resumed[0]["epoch"], resumed[0]["step"]) < before:
        yield f"it went on after {resumed[0]['step']} steps of epoch {resumed[0]['epoch']}, {before} was saved"
    if saved_position(run) < before:
        yield f"{before} was saved, {saved_position(run)} is there"


def _unlike(what: str, one: object, other: object) -> Iterator[str]:
    if one != other:
        yield f"{what}: {str(one)[:300]} and {str(other)[:300]}"


def _unlike_each(what: str, one: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{what}: {name}" for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name))


def _untimed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _TIMES}


def _untimed_best(best: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {**best, "metrics": _untimed(best["metrics"])} if best else None


def _rows(run: Path) -> list[str]:
    """The lines, with every digit as it stands there."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.dumps(_untimed(json.loads(line, parse_float=str))) for line in lines]


def _weights(checkpoint: Path) -> dict[str, bytes]:
    import h5py

    found: dict[str, bytes] = {}

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    with h5py.File(checkpoint / "model.weights.h5") as file:
        file.visititems(add)
    return found


def _state(checkpoint: Path) -> dict[str, object]:
    import numpy as np

    values = json.loads((checkpoint / "state.json").read_text(), parse_float=str)
    plain = {name: value for name, value in values.items() if name not in (*_TIMES, "best")}
    plain["best"] = _untimed(values["best"] or {})
    with np.load(checkpoint / "state.npz", allow_pickle=False) as arrays:
        return {**plain, **{name: (array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()}}
