"""All checks of an experiment without a fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.bench import Bench
from shapenet.checks.run import CHECKS, run_checks
from shapenet.data.inspect.finding import Severity, passes

from .conftest import bench_in

CODES = {
    "check/input-range", "check/images", "check/logits", "check/initial-loss", "check/gradients",
    "check/gradient-size", "check/overfit", "check/target-in-input", "check/shuffled", "check/learns",
    "check/augmentation", "check/head",
}  # fmt: skip


def test_a_sound_experiment_passes_them_all(sound: Bench) -> None:
    begun: list[str] = []
    findings = run_checks(sound, begun.append)
    assert {finding.code for finding in findings} == CODES
    assert {finding.code for finding in findings if finding.severity is not Severity.OK} == {"check/augmentation"}
    assert findings[0].message == "augmentation: skipped, since nothing augments"
    assert begun == [*CHECKS]
    assert passes(findings, strict=True)


def test_they_leave_the_model_as_it_was(sound: Bench) -> None:
    sound.learner.reset()
    first = sound.learner.outputs(sound.examples.inputs, training=False)[""]
    for checks in CHECKS.values():
        for check in checks:
            list(check(sound))
    sound.learner.reset()
    np.testing.assert_array_equal(first, sound.learner.outputs(sound.examples.inputs, training=False)[""])


SHAPES = """\
name: other
seed: 5
task: {task}
data:
  source: {{shapes: {{classes: [square, ring], num_images: 240, size: 16, noise: 0.02{shapes}}}}}
  split: {{val: 0.3, test: 0.1}}
model: {{layers: [{layers}]}}
optimizer: {{Adam: {{learning_rate: 3e-3}}}}
training: {{batch_size: 24, epochs: 2}}
"""
VECTOR = "{Conv2D: {filters: 8, kernel_size: 3, activation: relu}}, Flatten"
PICTURE = "{Conv2D: {filters: 12, kernel_size: 3, padding: same, activation: relu}}"


def test_a_model_of_fields_is_looked_at(tmp_path: Path) -> None:
    layers = "{Dense: {units: 64, activation: relu}}, {Dense: {units: 768}}"
    config = SHAPES.format(task="reconstruction", layers=layers, shapes="").replace(
        "model: {", "model: {input: {fields: [label, centre, size]}, "
    )
    findings = run_checks(bench_in(tmp_path, config=config), lambda what: None)
    assert passes(findings, strict=False), [str(finding) for finding in findings]
    codes = {finding.code: finding for finding in findings}
    assert codes["check/input-range"].severity is Severity.OK
    assert codes["check/input-range"].message.startswith("dense")
    assert not codes.keys() & {"check/images", "check/target-in-input"}


@pytest.mark.parametrize(
    ("task", "layers", "expected"),
    [
        ("{classification: {multi_label: true}}", VECTOR, np.log(2)),
        ("{regression: {fields: [size, area]}}", VECTOR, 1.0),
        ("segmentation", PICTURE, None),
        ("{reconstruction: {target: clean}}", PICTURE, None),
        ("{kind: classification, where: {regression: {fields: [centre], points: [centre]}}}", VECTOR, None),
    ],
    ids=["multi-label", "regression", "segmentation", "reconstruction", "two tasks"],
)
def test_every_task_is_looked_at(tmp_path: Path, task: str, layers: str, expected: float | None) -> None:
    config = SHAPES.format(task=task, layers=layers, shapes=", num_shapes: [1, 2]" if "multi" in task else "")
    findings = run_checks(bench_in(tmp_path, config=config), lambda what: None)
    assert passes(findings, strict=False), [str(finding) for finding in findings]
    codes = {finding.code: finding for finding in findings}
    assert codes["check/overfit"].severity is Severity.OK
    if expected is not None:
        assert codes["check/initial-loss"].numbers["expected"] == pytest.approx(expected, rel=0.1)
    if task.startswith("{kind"):
        messages = [finding.message for finding in findings if finding.code == "check/initial-loss"]
        assert {"of kind" in messages[0] or "of kind" in messages[1], len(messages)} == {True, 2}
