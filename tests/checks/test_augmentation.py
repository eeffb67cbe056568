"""Augmentation that keeps targets, and some that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.augmentation import keeps_targets
from shapenet.checks.bench import Bench
from shapenet.data.inspect.finding import Finding, Severity

from .conftest import bench_in, found, write_data

HARMLESS = "{RandomBrightness: {factor: 0.1}}"
ERASING = "{RandomErasing: {scale: [1.0, 1.0], factor: [1.0, 1.0]}}"


def looked_at(folder: Path, *augmentations: str, more: tuple[str, ...] = ()) -> Finding:
    return found(keeps_targets, bench_in(folder, f"data.augment=[{', '.join(augmentations)}]", *more))[
        "check/augmentation"
    ]


def test_where_nothing_augments_it_is_skipped(sound: Bench) -> None:
    finding = found(keeps_targets, sound)["check/augmentation"]
    assert (finding.severity, finding.message) == (Severity.NOTE, "augmentation: skipped, since nothing augments")


def test_a_little_brightness_does_no_harm(tmp_path: Path) -> None:
    finding = looked_at(tmp_path, HARMLESS)
    assert finding.severity is Severity.OK
    assert finding.numbers["harm"] < 0.3


def test_mixed_labels_are_no_harm(tmp_path: Path) -> None:
    assert looked_at(tmp_path, "{MixUp: {alpha: 0.2}}").severity is Severity.OK


def test_what_destroys_the_targets_is_found_and_named(tmp_path: Path) -> None:
    finding = looked_at(tmp_path, HARMLESS, ERASING)
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith("expected 30% or more; RandomErasing does the most harm")
    assert finding.numbers["RandomErasing"] > 0.9
    assert finding.numbers["RandomBrightness"] < 0.3
    assert "nothing of the targets can be learnt from them" in str(finding.hint)


def test_what_turns_one_class_into_another_is_found(tmp_path: Path) -> None:
    """Bright against dark images, half of which are inverted."""
    labels = np.arange(300) % 2
    noise = np.random.default_rng(0).normal(0, 25, (300, 8, 8, 1))
    write_data(tmp_path, images=np.clip(80 + 95 * labels[:, None, None, None] + noise, 0, 255).astype(np.uint8),
               labels=labels)  # fmt: skip
    finding = looked_at(tmp_path, "{RandomInvert: {factor: [0.5, 0.5]}}")
    assert finding.severity is Severity.ERROR
    assert finding.numbers["harm"] > 0.7


def test_what_only_makes_it_harder_is_a_warning(tmp_path: Path) -> None:
    """A picture is known by what stands where, and moves."""
    finding = looked_at(tmp_path, "{RandomTranslation: {height_factor: [0.25, 0.25], width_factor: [0.25, 0.25]}}")
    assert finding.severity is Severity.WARNING
    assert "it makes them much harder" in str(finding.hint)


def test_numbers_that_do_not_follow_their_images_are_named(tmp_path: Path) -> None:
    """A bright column, whose place is learnt."""
    columns = np.arange(300) % 8
    images = np.random.default_rng(0).integers(40, 80, (300, 8, 8, 1)).astype(np.uint8)
    images[np.arange(300), :, columns] = 200
    write_data(tmp_path, images=images, place=columns.astype(np.float32))
    numbers = ("task={regression: {fields: [place]}}", "data.source.arrays.fields=[place]")
    finding = looked_at(tmp_path, "{RandomFlip: {mode: horizontal}}", more=numbers)
    assert finding.severity is not Severity.OK
    assert "images are moved by RandomFlip, but the values of place stay" in str(finding.hint)


@pytest.mark.parametrize("fault", ["optimizer.Adam.learning_rate=1e-12"])
def test_where_nothing_is_learnt_nothing_is_said(tmp_path: Path, fault: str) -> None:
    finding = looked_at(tmp_path, ERASING, more=(fault,))
    assert (finding.severity, "did not learn the images as they are" in finding.message) == (Severity.NOTE, True)


def within(folder: Path, *layers: str, more: tuple[str, ...] = ()) -> Finding:
    """What is said of augmentations among the model's layers."""
    made = ", ".join([*layers, "Flatten", "{Dense: {units: 24, activation: relu}}"])
    return found(keeps_targets, bench_in(folder, f"model.layers=[{made}]", *more))["check/augmentation"]


def test_layers_of_the_model_may_augment_as_well(tmp_path: Path) -> None:
    finding = within(tmp_path, "{RandomBrightness: {factor: 0.1, value_range: [0, 1]}}")
    assert finding.severity is Severity.OK
    assert 0 < abs(finding.numbers["harm"]) < 0.3


def test_a_layer_that_destroys_the_targets_is_found_beside_harmless_augmentations(tmp_path: Path) -> None:
    finding = within(tmp_path, ERASING, more=(f"data.augment=[{HARMLESS}]",))
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith("random_erasing does the most harm")
    assert set(finding.numbers) == {"harm", "RandomBrightness", "random_erasing"}
    assert "nothing of the targets can be learnt from them" in str(finding.hint)


def test_augmentations_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    named = "{RandomInvert: {factor: [0.0, 0.0], value_range: [0, 1], name: RandomErasing}}"
    finding = within(tmp_path, named, more=(f"data.augment=[{ERASING}]",))
    assert finding.message.endswith("RandomErasing does the most harm")
    assert finding.numbers["RandomErasing"] > 0.9


def test_a_layer_that_expects_other_values_is_named(tmp_path: Path) -> None:
    """Images from 0 to 1, to which up to 255 is added."""
    finding = within(tmp_path, "{RandomBrightness: {factor: [0.5, 1.0]}}")
    assert finding.severity is Severity.ERROR
    assert "RandomBrightness expects values from 0 to 255" in str(finding.hint)
