"""What ``test_jax.py`` runs in a process of its own, where Keras computes with JAX: one JSON of what each case gave."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shapenet.evaluation.evaluate import evaluate
from shapenet.rundir.manifest import read_manifest
from shapenet.training.build import build_for_inspection
from shapenet.training.fit import train
from shapenet.training.lr_find import RateOptions, find_learning_rate
from shapenet.training.reporter import Reporter
from tests.training.conftest import CONFIG, experiment_in
from tests.training.test_resume import CNN, EMA, MLP, crash, go_on, interrupt, outcome, stop, undisturbed

JAX = "runtime.backend=jax"
TASKS = (
    "task={kind: classification, place: {regression: {fields: [radius]}}}",
    "training.class_weight={kind: {square: 2.0}}",
    "training.learning_rate_multipliers={conv2d: 0.5}",
)
UNFREEZING = (
    "training.freeze=[conv2d]",
    "training.unfreeze={at_epoch: 2, layers: [conv2d]}",
)


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


def goes_on(folder: Path, at: Any, act: Callable[[], None], *overrides: str) -> bool:
    """Whether a training that was stopped ends as one that was not."""
    whole = undisturbed(folder, JAX, *overrides, config=MLP)
    return outcome(go_on(stop(folder / "stopped", at, act, JAX, *overrides))) == whole


def rates(folder: Path) -> list[float]:
    """Losses of a range test of the learning rate."""
    options = RateOptions(lowest=1e-5, highest=1.0, num_steps=5)
    sweep = find_learning_rate(experiment_in(folder, JAX), folder, options, Reporter(), on_step=lambda _: None)
    return [point.loss for point in sweep.points]


CASES: Mapping[str, Callable[[Path], Any]] = {
    "inspected": lambda folder: build_for_inspection(experiment_in(folder, JAX)).count_params(),
    "trained": trained,
    "again": trained,
    "mixed": lambda folder: trained(folder, "training.precision=mixed_bfloat16"),
    "several tasks": lambda folder: trained(folder, *TASKS),
    "unfreezing": lambda folder: trained(folder, *UNFREEZING),
    "interrupted": lambda folder: goes_on(folder, (2, 9), interrupt),
    "crashed with averages": lambda folder: goes_on(folder, (2, 9), crash, *EMA),
    "interrupted in validation": lambda folder: goes_on(folder, (2, "validation"), interrupt, *CNN),
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
