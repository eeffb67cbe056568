"""What ``test_jax.py`` runs in a process of its own, where Keras computes with JAX: one JSON of what each case gave."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shapenet.callbacks.checkpoint import read_state
from shapenet.errors import RunError
from shapenet.evaluation.evaluate import evaluate
from shapenet.rundir.manifest import read_manifest
from shapenet.training.build import build_for_inspection
from shapenet.training.fit import train
from shapenet.training.lr_find import RateOptions, find_learning_rate
from shapenet.training.reporter import Reporter
from shapenet.training.resume import resume_run
from tests.training.conftest import CONFIG, experiment_in
from tests.training.test_resume import CNN, EMA, At, interrupt, stop

JAX = "runtime.backend=jax"
TASKS = (
    "task={kind: classification, place: {regression: {fields: [size]}}}",
    "training.class_weight={kind: {square: 2.0}}",
    "training.learning_rate_multipliers={conv2d: 0.5}",
)
FREEZING = "training.freeze=[conv2d]"


def trained(folder: Path, *overrides: str, config: str = CONFIG) -> dict[str, Any]:
    """A training and its evaluation."""
    result = train(experiment_in(folder, JAX, *overrides, config=config), folder / "runs", ("shapenet",), Reporter())
    evaluation = evaluate(result.run, split="test", data=None, reporter=Reporter())
    manifest = read_manifest(result.run.run_json)
    rows = [json.loads(line) for line in result.run.metrics.read_text().splitlines()]
    assert manifest.device is not None
    return {
        "rows": rows, "figures": evaluation.figures, "versions": manifest.versions, "status": manifest.status,
        "device": [manifest.device.kind, manifest.device.precision, manifest.device.deterministic],
    }  # fmt: skip


def interrupted(folder: Path, at: At, *overrides: str) -> list[str]:
    """What is saved of a training that is interrupted, and what is said to whoever wants to go on."""
    run = stop(folder / "stopped", at, interrupt, JAX, *overrides)
    steps = read_state(run.last_dir)["step"]
    try:
        resume_run(run)
    except RunError as error:
        return [str(steps), str(error)]
    return []


def rates(folder: Path) -> list[float]:
    """Losses of a range test of the learning rate."""
    options = RateOptions(lowest=1e-5, highest=1.0, num_steps=5)
    sweep = find_learning_rate(experiment_in(folder, JAX), folder, options, Reporter(), on_step=lambda _: None)
    return [point.loss for point in sweep.points]


CASES: Mapping[str, Callable[[Path], Any]] = {
    "inspected": lambda folder: build_for_inspection(experiment_in(folder, JAX)).model.count_params(),
    "trained": trained,
    "again": trained,
    "mixed": lambda folder: trained(folder, "training.precision=mixed_bfloat16"),
    "several tasks": lambda folder: trained(folder, *TASKS),
    "frozen": lambda folder: trained(folder, FREEZING),
    "averages": lambda folder: trained(folder, *EMA),
    "interrupted": lambda folder: interrupted(folder, (2, 9)),
    "interrupted in validation": lambda folder: interrupted(folder, (2, "validation"), *CNN),
    "learning rates": rates,
}


def main(folder: Path) -> dict[str, Any]:
    """What each case gave, or ``failed`` with the traceback."""
    found: dict[str, Any] = {}
    for name, case in CASES.items():
        own = folder / name.replace(" ", "-")
        own.mkdir()
        try:
            found[name] = case(own)
        except Exception:
            found[name] = {"failed": traceback.format_exc()}
    return found


if __name__ == "__main__":
    out = Path(sys.argv[1])
    (out / "found.json").write_text(json.dumps(main(out)), encoding="utf-8")
