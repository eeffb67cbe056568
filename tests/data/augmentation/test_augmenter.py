"""Every augmentation draws as seed, epoch and step decide, and nothing else does."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.data.augmentation.augmenter import Augmenter, mixes_labels
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.registry import REGISTRIES
from shapenet.vocabulary import load_vocabulary

from .conftest import IMAGE, LABEL, augmenter_of, batch_of, run

load_vocabulary()

ARGUMENTS: dict[str, dict[str, Any]] = {
    "RandomColorJitter": {"brightness_factor": 0.3, "contrast_factor": 0.3, "hue_factor": 0.3},
    "RandomPosterization": {"factor": [1, 6]},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "Solarization": {"addition_factor": 0.5, "threshold_factor": 0.5},
}
NOT_RANDOM = {"AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization"}
ENTRIES = [entry for entry in REGISTRIES["augmentation"] if entry.origin == "keras"]
NAMES = [entry.name for entry in ENTRIES]
WITH_RANGE = [entry.name for entry in ENTRIES if "value_range" in entry.parameters]


def value_of(name: str) -> dict[str, Any]:
    """An augmentation with arguments that let it change images visibly."""
    parameters = REGISTRIES["augmentation"].get(name).parameters.values()
    return {name: ARGUMENTS.get(name, {p.name: 0.4 for p in parameters if p.required})}


@cache
def made(name: str, seed: int = 7, dtype: str = "uint8") -> Augmenter:
    """An augmenter that several tests look at: making one takes longer than using it."""
    return augmenter_of(value_of(name), seed=seed, image=Field(dtype, IMAGE.shape), label=LABEL)


def digest_of(name: str, epoch: int, step: int) -> str:
    changed = run(made(name), batch_of(), epoch, step)
    return hashlib.sha256(b"".join(changed[field].tobytes() for field in sorted(changed))).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_draws_follow_from_seed_epoch_and_step_alone(name: str) -> None:
    first, second = made(name), augmenter_of(value_of(name))
    places = [(0, 0), (0, 1), (1, 0), (3, 2)]
    forward = [run(first, batch_of(), *place) for place in places]
    backward = [run(second, batch_of(), *place) for place in reversed(places)][::-1]
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one["image"], other["image"])
        np.testing.assert_array_equal(one["label"], other["label"])
    images = [result["image"] for result in forward]
    images.append(run(made(name, seed=8), batch_of())["image"])
    differ = [not np.array_equal(images[i], images[j]) for i in range(5) for j in range(i)]
    assert all(differ) if name not in NOT_RANDOM else not any(differ)
    assert not np.array_equal(images[3], batch_of()["image"])


def test_another_process_draws_the_same() -> None:
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from data.augmentation.test_augmenter import NAMES, digest_of\n"
        "print(json.dumps({name: digest_of(name, 2, 5) for name in NAMES}))"
    )
    folder = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {name: digest_of(name, 2, 5) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_batches_of_any_length_keep_type_shape_and_labels(name: str) -> None:
    for count in (1, 5):
        changed = run(made(name), batch_of(count))
        assert (changed["image"].dtype, changed["image"].shape) == (np.uint8, (count, *IMAGE.shape))
        if not mixes_labels([parse_component("augmentation", value_of(name))]):
            np.testing.assert_array_equal(changed["label"], batch_of(count)["label"])


@pytest.mark.parametrize(("dtype", "top"), [("uint16", 65535), ("float32", 1.0)])
@pytest.mark.parametrize("name", WITH_RANGE)
def test_values_stay_in_the_range_of_the_type(name: str, dtype: str, top: float) -> None:
    images = (batch_of()["image"] / 255 * top).astype(dtype)
    results = [run(made(name, dtype=dtype), {**batch_of(), "image": images}, 0, step)["image"] for step in range(3)]
    changed = np.stack(results).astype(np.float64)
    assert results[0].dtype == dtype
    assert np.isfinite(changed).all()
    assert -1e-6 * top <= changed.min() <= changed.max() <= top * (1 + 1e-6)
    assert changed.max() > top / 4, "values of one type must not be taken for those of a smaller one"


def test_equal_augmentations_draw_apart() -> None:
    one = run(augmenter_of({"RandomTranslation": {"height_factor": 0.4, "width_factor": 0}}), batch_of(64))["image"]
    flip = {"RandomFlip": {"mode": "horizontal"}}
    twice = run(augmenter_of(flip, flip), batch_of(64))["image"]
    kept = (twice == batch_of(64)["image"]).all(axis=(1, 2, 3))
    assert not np.array_equal(one, batch_of(64)["image"])
    assert 0 < kept.sum() < 64, "two flips with the same draws would undo each other"


def test_an_image_of_the_batch_is_drawn_for_by_its_place() -> None:
    same = {**batch_of(), "image": np.repeat(batch_of()["image"][:1], 6, axis=0)}
    changed = run(augmenter_of({"RandomRotation": {"factor": 0.3}}), same)["image"]
    assert len({image.tobytes() for image in changed}) == 6


@pytest.mark.parametrize("name", ["RandAugment", "AugMix"])
def test_gray_images_are_augmented_too(name: str) -> None:
    gray = Field("uint8", (*IMAGE.shape[:2], 1))
    batch = {**batch_of(), "image": batch_of()["image"][..., :1]}
    augmenter = augmenter_of(name, image=gray, label=LABEL)
    assert len({run(augmenter, batch, 0, step)["image"].tobytes() for step in range(8)}) > 4


def test_rand_augment_applies_each_of_its_layers_sometimes() -> None:
    constant = {**batch_of(), "image": np.full((6, *IMAGE.shape), 100, np.uint8)}
    augmenter = augmenter_of({"RandAugment": {"num_ops": 1}})
    results = [run(augmenter, constant, 0, step)["image"] for step in range(60)]
    unmoved = sum(bool((result == 100).all()) for result in results)
    assert 15 < unmoved < 55, "geometry and contrast leave a constant image; brightness and others do not"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"RandomRotation": {"factor": "far"}}, "RandomRotation.factor: expected a number"),
        ({"RandomFlip": {"mode": "sideways"}}, "RandomFlip.mode: expected 'horizontal'"),
        ({"RandomFlip": {"seed": 3}}, "RandomFlip has no argument 'seed'"),
        ({"MixUp": {"alpha": 0}}, "MixUp.alpha: expected more than 0"),
        ({"RandomErasing": {"fill_value": [1, 2]}}, "RandomErasing.fill_value"),
        ({"RandAugment": {"num_ops": 0}}, "RandAugment.num_ops"),
        ("RandomCrop", "there is no augmentation 'RandomCrop'"),
    ],
)
def test_wrong_arguments_are_told_without_keras(value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_component("augmentation", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"RandomRotation": {"factor": 2}}, "RandomRotation: The `factor` argument"),
        ({"RandomGaussianBlur": {"kernel_size": 4}}, "kernel_size must be an odd number"),
        ({"RandomTranslation": {"height_factor": 0.1, "width_factor": None}}, "width_factor=None"),
    ],
)
def test_what_keras_refuses_is_an_error_at_its_place(value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        augmenter_of("RandomFlip", value)
    assert caught.value.problems[0].key == ("data", "augment", 1)


@pytest.mark.parametrize("name", ["RandomHue", "RandomSaturation"])
def test_images_that_a_layer_can_not_take_are_an_error_at_its_place(name: str) -> None:
    gray = Field("uint8", (*IMAGE.shape[:2], 1))
    with pytest.raises(ConfigError, match=name) as caught:
        augmenter_of(value_of(name), image=gray, label=LABEL)
    assert caught.value.problems[0].key == ("data", "augment", 0)


def test_a_given_value_range_is_kept() -> None:
    batch = {**batch_of(), "image": np.full((6, *IMAGE.shape), 40, np.uint8)}
    changed = run(augmenter_of({"RandomInvert": {"value_range": [0, 100]}}), batch, 0, 1)["image"]
    assert set(np.unique(changed)) <= {40, 60}
    assert (changed == 60).any()


def test_no_precision_of_the_model_reaches_the_images() -> None:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        low = run(augmenter_of({"RandomColorJitter": {"brightness_factor": 0.3, "hue_factor": 0.4}}), batch_of())
    finally:
        keras.config.set_dtype_policy(before)
    full = run(augmenter_of({"RandomColorJitter": {"brightness_factor": 0.3, "hue_factor": 0.4}}), batch_of())
    np.testing.assert_array_equal(low["image"], full["image"])


@pytest.mark.parametrize("name", ["CutMix", "RandomErasing"])
def test_a_layer_that_needs_one_size_says_so(name: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        augmenter_of(value_of(name), image=Field("uint8", (None, None, 3)), label=LABEL)
    assert "images of one size" in str(caught.value.problems[0].hint)
