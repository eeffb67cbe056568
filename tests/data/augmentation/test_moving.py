"""Masks and points go where the image goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.data.augmentation.transforms import Moving
from shapenet.errors import ConfigError
from shapenet.fields import Field

from .conftest import HEIGHT, IMAGE, LABEL, WIDTH, augmenter_of, run

MASK = Field("uint8", (HEIGHT, WIDTH))
POINTS = Field("float32", (5, 2))
WITH_MASK = {"image": IMAGE, "mask": MASK}
NEAREST = {"interpolation": "nearest"}
GEOMETRIC: dict[str, dict[str, Any]] = {
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3, "width_factor": 0.2},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "RandomPerspective": {"scale": 0.4},
}
MOVING_MASKS = {
    **{name: {**given, **NEAREST} for name, given in GEOMETRIC.items() if given},
    "RandomFlip": {},
    "CutMix": {},
    "RandomElasticTransform": NEAREST,
}


def mask_batch() -> dict[str, np.ndarray]:
    """Masks of 5 classes, and images that show them."""
    mask = np.random.default_rng(1).integers(0, 5, (6, HEIGHT, WIDTH)).astype(np.uint8)
    return {"image": np.repeat(mask[..., None], 3, axis=-1), "mask": mask}


@pytest.mark.parametrize(("name", "given"), MOVING_MASKS.items())
def test_a_mask_moves_as_its_image(name: str, given: dict[str, Any]) -> None:
    augmenter = augmenter_of({name: given}, moving=Moving(masks=("mask",)), **WITH_MASK)
    masks = []
    for step in range(5):
        changed = run(augmenter, mask_batch(), 0, step)
        np.testing.assert_array_equal(changed["mask"], changed["image"][..., 0])
        masks.append(changed["mask"])
    assert masks[0].dtype == np.uint8
    assert not np.array_equal(masks, [mask_batch()["mask"]] * 5)


@pytest.mark.parametrize("name", ["RandAugment", "RandomErasing"])
def test_a_mask_holds_only_classes(name: str) -> None:
    augmenter = augmenter_of(name, moving=Moving(masks=("mask",)), **WITH_MASK)
    values = [np.unique(run(augmenter, mask_batch(), 0, step)["mask"]) for step in range(8)]
    assert set(np.concatenate(values)) <= set(range(5))


def test_a_mask_of_large_numbers_is_not_cut_to_the_range_of_the_image() -> None:
    fields = {"image": Field("float32", IMAGE.shape), "mask": Field("int64", (HEIGHT, WIDTH, 1))}
    mask = np.arange(6 * HEIGHT * WIDTH).reshape(6, HEIGHT, WIDTH, 1)
    batch = {"image": np.zeros((6, *IMAGE.shape), np.float32), "mask": mask}
    augmenter = augmenter_of("RandomElasticTransform", moving=Moving(masks=("mask",)), **fields)
    changed = run(augmenter, batch)["mask"]
    assert (changed.dtype, changed.shape) == (np.int64, mask.shape)
    assert np.isin(changed, mask).all()
    assert changed.max() > 1000


def test_what_comes_in_from_outside_is_background() -> None:
    given = {"height_factor": [0.5, 0.5], "width_factor": 0, "fill_mode": "constant", "fill_value": 200}
    augmenter = augmenter_of({"RandomTranslation": given}, moving=Moving(masks=("mask",)), **WITH_MASK)
    batch = {"image": np.full((6, *IMAGE.shape), 9, np.uint8), "mask": np.full((6, HEIGHT, WIDTH), 3, np.uint8)}
    changed = run(augmenter, batch)
    assert set(np.unique(changed["image"])) == {9, 200}
    assert set(np.unique(changed["mask"])) == {0, 3}


@pytest.mark.parametrize(("name", "given"), GEOMETRIC.items())
def test_points_move_exactly_as_the_image(name: str, given: dict[str, Any]) -> None:
    # Each pixel tells where it is, so that the result tells where each of its pixels came from.
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    image = np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32)
    outside = {} if name == "RandomFlip" else {"fill_value": 0.0}
    if outside and name != "RandomPerspective":
        outside["fill_mode"] = "constant"
    fields = {"image": Field("float32", IMAGE.shape), "centre": POINTS}
    augmenter = augmenter_of({name: {**given, **outside}}, moving=Moving(points=("centre",)), **fields)
    batch = {"image": np.repeat(image[None], 6, axis=0), "centre": np.zeros((6, 5, 2), np.float32)}
    shown = run(augmenter, batch)["image"]
    assert not np.allclose(shown, batch["image"])
    places = [np.argwhere(one[..., 2] > 0.9999)[:: max(1, len(one) // 5)][:5] for one in shown]
    batch["centre"] = np.stack([one[tuple(place.T)][:, :2] for one, place in zip(shown, places, strict=True)])
    moved = run(augmenter, batch)["centre"]
    np.testing.assert_allclose(moved, np.stack(places)[..., ::-1] + 0.5, atol=2e-3)


def test_points_follow_what_rand_augment_picks() -> None:
    fields = {"image": IMAGE, "mask": MASK, "centre": Field("float32", (2,))}
    moving = Moving(masks=("mask",), points=("centre",))
    mask = np.zeros((6, HEIGHT, WIDTH), np.uint8)
    mask[:, 6:11, 8:13] = 1
    batch = {"image": np.zeros((6, *IMAGE.shape), np.uint8), "mask": mask}
    batch["centre"] = np.tile(np.float32([10.5, 8.5]), (6, 1))
    augmenter = augmenter_of({"RandAugment": {"num_ops": 1, "factor": 0.2}}, moving=moving, **fields)
    moved = 0
    for step in range(30):
        changed = run(augmenter, batch, 0, step)
        for one, centre in zip(changed["mask"], changed["centre"], strict=True):
            y, x = np.nonzero(one)
            np.testing.assert_allclose(centre, [x.mean() + 0.5, y.mean() + 0.5], atol=0.8)
            moved += not np.allclose(centre, [10.5, 8.5])
    assert moved > 6


def test_one_point_an_image_and_colours_leave_points() -> None:
    fields = {"image": IMAGE, "centre": Field("float32", (2,))}
    batch = {"image": mask_batch()["image"], "centre": np.full((6, 2), 3.5, np.float32)}
    values = [{"RandomBrightness": {"factor": 0.5}}, "RandomErasing"]
    changed = run(augmenter_of(*values, moving=Moving(points=("centre",)), **fields), batch)
    np.testing.assert_array_equal(changed["centre"], batch["centre"])


@pytest.mark.parametrize("name", ["MixUp", "AugMix"])
def test_a_mask_can_not_follow_a_mixture(name: str) -> None:
    with pytest.raises(ConfigError, match=f"the mask 'mask' can't follow {name}"):
        augmenter_of(name, moving=Moving(masks=("mask",)), image=IMAGE, label=LABEL, mask=MASK)


@pytest.mark.parametrize("name", ["MixUp", "AugMix", "CutMix", "RandomElasticTransform"])
def test_layers_that_can_not_move_points_are_refused_with_those_that_can(name: str) -> None:
    with pytest.raises(ConfigError, match=f"the points 'centre' can't follow {name}") as caught:
        augmenter_of("RandomFlip", name, moving=Moving(points=("centre",)), image=IMAGE, label=LABEL, centre=POINTS)
    assert caught.value.problems[0].key == ("data", "augment", 1)
    assert all(known in str(caught.value.problems[0].hint) for known in GEOMETRIC)


def test_other_targets_can_not_be_mixed() -> None:
    with pytest.raises(ConfigError, match="the target 'angle' can't follow CutMix"):
        augmenter_of("CutMix", image=IMAGE, label=LABEL, angle=Field("float32", ()))
    with pytest.raises(ConfigError, match="a target without labels can't follow MixUp"):
        augmenter_of("MixUp", image=IMAGE)


@pytest.mark.parametrize("name", ["RandomFlip", "RandomTranslation", "RandAugment"])
def test_a_picture_of_another_size_can_not_move_with_the_image(name: str) -> None:
    large = Field("uint8", (2 * HEIGHT, 2 * WIDTH, 3))
    with pytest.raises(ConfigError, match="the image 'large', which is of another size, can't follow"):
        augmenter_of({name: GEOMETRIC.get(name, {})}, moving=Moving(images=("large",)), image=IMAGE, large=large)


def test_a_picture_of_another_size_bears_changes_of_colour() -> None:
    large = Field("uint8", (2 * HEIGHT, 2 * WIDTH, 3))
    brightness = {"RandomBrightness": {"factor": 0.1}}
    assert augmenter_of(brightness, moving=Moving(images=("large",)), image=IMAGE, large=large).fields["large"] == large
