"""What lets a model pass validation without learning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.bench import Bench
from shapenet.checks.leaks import _explained, shuffled_targets, target_in_input, true_targets
from shapenet.data.inspect.finding import Severity

from .conftest import CLASSES, bench_in, found, images_of, write_data

NO_VAL = "data.split={val: 0.0, test: 0.1}"


def test_shuffled_targets_teach_nothing_of_a_sound_split(sound: Bench) -> None:
    finding = found(shuffled_targets, sound)["check/shuffled"]
    assert finding.severity is Severity.OK
    assert finding.numbers["loss"] > 0.9 * finding.numbers["chance"]
    assert finding.numbers["train_loss"] < 0.5, "they were learnt by heart"


def test_splits_that_share_images_are_found(tmp_path: Path) -> None:
    same = f"data.val={{arrays: {{path: {tmp_path}/data.npz}}}}"
    bench = bench_in(tmp_path, same, "data.split={test: 0.1}", "data.allow_overlap=true")
    finding = found(shuffled_targets, bench)["check/shuffled"]
    assert finding.severity is Severity.ERROR
    assert "expected at least 90% of that" in finding.message
    assert "splits share images" in str(finding.hint)


def test_splits_that_share_a_part_are_found(tmp_path: Path) -> None:
    """Of 300 images of val, 100 are in train too."""
    labels = np.arange(300) % CLASSES
    images = images_of(labels, seed=3)
    images[:100] = images_of(labels)[:100]
    np.savez(tmp_path / "val.npz", images=images, labels=labels)
    val = f"data.val={{arrays: {{path: {tmp_path}/val.npz}}}}"
    bench = bench_in(tmp_path, val, "data.split={test: 0.0}", "data.allow_overlap=true")
    assert found(shuffled_targets, bench)["check/shuffled"].severity is Severity.ERROR


@pytest.mark.parametrize(("check", "code"), [(shuffled_targets, "shuffled"), (true_targets, "learns")])
def test_without_a_val_split_there_is_nothing_to_judge_by(tmp_path: Path, check, code: str) -> None:
    finding = found(check, bench_in(tmp_path, NO_VAL))[f"check/{code}"]
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith("skipped, since there is no val split")


def test_true_targets_teach_something(sound: Bench) -> None:
    finding = found(true_targets, sound)["check/learns"]
    assert finding.severity is Severity.OK
    assert finding.numbers["loss"] < 0.7 * finding.numbers["chance"]


def test_labels_that_mean_nothing_teach_nothing(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), np.uint8)
    write_data(tmp_path, images=images)
    finding = found(true_targets, bench_in(tmp_path))["check/learns"]
    assert (finding.severity, "does not begin to beat chance" in finding.message) == (Severity.NOTE, True)


def test_a_pixel_that_tells_the_class_is_found(tmp_path: Path, sound: Bench) -> None:
    assert found(target_in_input, sound)["check/target-in-input"].severity is Severity.OK
    labels = np.arange(300) % CLASSES
    images = images_of(labels)
    images[:, 0, 0, 0] = np.array([40, 10, 90])[labels]
    write_data(tmp_path, images=images)
    finding = found(target_in_input, bench_in(tmp_path))["check/target-in-input"]
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("one pixel alone tells the targets: they explain 100.0% of its variance")


@pytest.mark.parametrize("several", [False, True])
def test_what_targets_explain(several: bool) -> None:
    random = np.random.default_rng(0)
    targets = random.normal(size=(200, 2) if several else (200,))
    pixels = random.normal(size=(200, 5))
    pixels[:, 3] = -2 * targets.reshape(200, -1)[:, -1] + 7
    pixels[:, 4] = 1.0
    explained = _explained(pixels, targets)
    assert explained[3] == pytest.approx(1)
    assert explained[:3].max() < 0.1
    assert explained[4] == 0


def test_many_groups_explain_nothing_by_their_number() -> None:
    random = np.random.default_rng(0)
    explained = _explained(random.normal(size=(256, 300)), random.integers(0, 50, 256))
    assert abs(explained.mean()) < 0.05
