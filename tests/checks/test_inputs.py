"""What the first layer sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.bench import Bench
from shapenet.checks.inputs import empty_images, input_range
from shapenet.data.inspect.finding import Severity

from .conftest import bench_in, found, write_data


def test_the_range_of_a_sound_input_is_told(sound: Bench) -> None:
    finding = found(input_range, sound)["check/input-range"]
    assert finding.severity is Severity.OK
    assert finding.message.startswith("inner sees 0 to 1, mean 0.5")
    pixels = sound.examples.images / 255
    assert finding.numbers["deviation"] == pytest.approx(pixels.std(), rel=1e-4)


@pytest.mark.parametrize(
    ("scaling", "severity", "message"),
    [
        ("none", Severity.WARNING, "expected a mean and a deviation of at most 5"),
        ("{Rescaling: {scale: 1e-5}}", Severity.WARNING, "expected a deviation of at least 0.01"),
        ("{Rescaling: {scale: 0.0}}", Severity.ERROR, "every value is the same"),
        ("{Rescaling: {scale: 3e38}}", Severity.ERROR, "is NaN or infinite: expected finite numbers only"),
    ],
)
def test_inputs_out_of_range(tmp_path: Path, scaling: str, severity: Severity, message: str) -> None:
    finding = found(input_range, bench_in(tmp_path, f"model.input_scaling={scaling}"))["check/input-range"]
    assert finding.severity is severity
    assert message in finding.message
    assert "model.input_scaling" in str(finding.hint)


def test_augmentations_of_the_model_do_not_count(tmp_path: Path) -> None:
    layers = "model.layers=[{RandomBrightness: {factor: [0.5, 1.0]}}, Flatten, {Dense: {units: 4}}]"
    finding = found(input_range, bench_in(tmp_path, layers))["check/input-range"]
    assert finding.severity is Severity.OK
    assert finding.message.startswith("dense sees 0 to 1, mean 0.5")


def test_a_normalization_takes_any_range(tmp_path: Path) -> None:
    layers = "model.layers=[BatchNormalization, Flatten, {Dense: {units: 4}}]"
    bench = bench_in(tmp_path, "model.input_scaling=none", layers)
    finding = found(input_range, bench)["check/input-range"]
    assert finding.severity is Severity.OK
    assert finding.message.startswith("dense sees ")
    assert finding.numbers["deviation"] == pytest.approx(1, abs=0.1)
    (batch_normalization,) = (layer for layer in bench.learner.model.layers if "batch" in layer.name)
    assert not batch_normalization.moving_mean.numpy().any(), "the model is as it was"


def test_images_of_one_colour_and_channels_of_nothing(tmp_path: Path, sound: Bench) -> None:
    assert found(empty_images, sound)["check/images"].severity is Severity.OK
    images = np.random.default_rng(0).integers(1, 256, (300, 8, 8, 3), np.uint8)
    images[:, ..., 1] = 0
    write_data(tmp_path, images=images)
    finding = found(empty_images, bench_in(tmp_path))["check/images"]
    assert finding.severity is Severity.WARNING
    assert finding.message == "channel 1 of 3 is 0 in all 180 images looked at"


def test_blank_images_are_counted(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(1, 256, (300, 8, 8, 1), np.uint8)
    images[::2] = np.arange(150, dtype=np.uint8)[:, None, None, None]
    write_data(tmp_path, images=images)
    bench = bench_in(tmp_path, "data.split={val: 0.0, test: 0.1}")
    finding = found(empty_images, bench)["check/images"]
    assert finding.severity is Severity.WARNING
    assert finding.numbers["blank"] == (np.ptp(bench.examples.images, axis=(1, 2, 3)) == 0).sum() > 90
