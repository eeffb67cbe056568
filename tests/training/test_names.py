"""The names of metrics that are known without Keras are those that Keras gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from shapenet.config.schema import ExperimentConfig
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.regression.scale import Scale
from shapenet.training.names import value_names
from shapenet.vocabulary import load_vocabulary

load_vocabulary()

_NEEDED = {
    "num_classes": 3, "target_class_ids": [0], "recall": 0.5, "precision": 0.5, "specificity": 0.5, "sensitivity": 0.5,
}  # fmt: skip


_OF_NUMBERS = (
    "R2", "R2Score", "ConcordanceCorrelation", "PearsonCorrelation", "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
)  # fmt: skip
_TASKS = {
    **dict.fromkeys(("dice", "mean_iou", "pixel_accuracy", "IoU", "MeanIoU"), "segmentation"),
    **dict.fromkeys(("PSNR", "SSIM"), "reconstruction"),
    **{name: {"regression": {"fields": ["size"]}} for name in _OF_NUMBERS},
}
"""Metrics that are not for classification."""


def config(*metrics: Component, val: float = 0.1, task: object = "classification") -> ExperimentConfig:
    values = {
        "name": "x",
        "task": task,
        "data": {"source": {"shapes": {"classes": ["ring"], "num_images": 60}}, "split": {"val": val}},
        "model": {"layers": ["Flatten"]},
    }
    return ExperimentConfig.model_validate(values).model_copy(update={"metrics": metrics or None})


@pytest.mark.parametrize("name", [entry.name for entry in REGISTRIES["metric"] if entry.name != "Accuracy"])
def test_the_name_of_a_metric_is_what_it_calls_itself(name: str) -> None:
    """But for Accuracy, which compares values as they are: no task gives such."""
    import keras

    parameters = REGISTRIES["metric"].get(name).parameters.values()
    needed = {p.name: _NEEDED[p.name] for p in parameters if p.required}
    component = Component("metric", name, MappingProxyType(needed))
    keras.backend.clear_session()
    run_time = (Scale((0.0,), (1.0,), (0.0,)),) if name == "R2" else ()
    counts_classes = _TASKS.get(name) == "segmentation" and "num_classes" not in needed
    made = component.create(*run_time, **({"num_classes": 3} if counts_classes else {}))
    own = made if isinstance(made, str) else made.name
    named = value_names(config(component, task=_TASKS.get(name, "classification")))
    assert named == ("loss", own, "val_loss", f"val_{own}")


def test_a_given_name_counts() -> None:
    assert value_names(config(Component("metric", "AUC", MappingProxyType({"name": "area"})), val=0.0)) == (
        "loss",
        "area",
    )


def test_the_tasks_own_metrics_count() -> None:
    assert value_names(config(val=0.0)) == ("loss", "accuracy")


def test_metrics_of_one_name_are_told_apart_by_keras_alone() -> None:
    assert value_names(config(Component("metric", "AUC"), Component("metric", "AUC"))) is None


def test_no_keras_is_needed(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: a\ndata: {source: {shapes: {classes: [ring], num_images: 60}}}\n"
        "model: {layers: [Flatten]}\nmetrics: [AUC]\n"
    )
    (tmp_path / "sweep.yaml").write_text("name: s\nbase: base.yaml\ngrid: {seed: [1]}\nobjective: val_auc\n")
    code = (
        "import sys; from pathlib import Path; from shapenet.sweeps.config import load_sweep;"
        "load_sweep(Path(sys.argv[1]));"
        "sys.exit(str({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "sweep.yaml"], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == ["set()"]
