"""Pictures beside the image, and points of two fields, go where the image goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shapenet.data.augmentation.transforms import Moving
from shapenet.errors import ConfigError
from shapenet.fields import Field

from .conftest import HEIGHT, IMAGE, LABEL, WIDTH, augmenter_of, batch_of, run
from .test_moving import GEOMETRIC

CLEAN = {"image": IMAGE, "clean": IMAGE}
PAIR = {"image": IMAGE, "x": Field("float32", ()), "y": Field("float32", ())}
MOVING_IMAGES: dict[str, dict[str, Any]] = {**GEOMETRIC, "RandomElasticTransform": {}, "CutMix": {}}


def clean_batch() -> dict[str, np.ndarray]:
    """The same random pictures twice."""
    image = batch_of()["image"]
    return {"image": image, "clean": image.copy()}


@pytest.mark.parametrize(("name", "given"), MOVING_IMAGES.items())
def test_a_picture_moves_as_the_image(name: str, given: dict[str, Any]) -> None:
    augmenter = augmenter_of({name: given}, moving=Moving(images=("clean",)), **CLEAN)
    moved = [run(augmenter, clean_batch(), 0, step) for step in range(4)]
    for changed in moved:
        assert changed["clean"].dtype == np.uint8
        np.testing.assert_array_equal(changed["clean"], changed["image"])
    assert any(not np.array_equal(changed["clean"], clean_batch()["clean"]) for changed in moved)


@pytest.mark.parametrize("name", ["RandomBrightness", "RandomContrast", "RandomErasing", "RandomInvert"])
def test_a_picture_keeps_its_colours(name: str) -> None:
    given = {"factor": 0.9} if name in ("RandomBrightness", "RandomContrast") else {}
    augmenter = augmenter_of({name: given}, moving=Moving(images=("clean",)), **CLEAN)
    changed = run(augmenter, clean_batch())
    np.testing.assert_array_equal(changed["clean"], clean_batch()["clean"])
    assert not np.array_equal(changed["image"], clean_batch()["image"])


def test_a_picture_of_another_type_keeps_its_values() -> None:
    fields = {"image": IMAGE, "depth": Field("float32", (HEIGHT, WIDTH, 1))}
    depth = np.random.default_rng(2).normal(0, 100, (6, HEIGHT, WIDTH, 1)).astype(np.float32)
    given = {"RandomFlip": {"mode": "horizontal"}}
    changed = run(augmenter_of(given, moving=Moving(images=("depth",)), **fields), {**batch_of(), "depth": depth})
    assert changed["depth"].min() < -100
    for one, before in zip(changed["depth"], depth, strict=True):
        assert np.array_equal(one, before) or np.array_equal(one, before[:, ::-1])


def test_an_elastic_move_does_not_cut_a_picture_to_the_range_of_the_image() -> None:
    fields = {"image": IMAGE, "depth": Field("float32", (HEIGHT, WIDTH, 1))}
    batch = {**batch_of(), "depth": np.full((6, HEIGHT, WIDTH, 1), 1000, np.float32)}
    changed = run(augmenter_of("RandomElasticTransform", moving=Moving(images=("depth",)), **fields), batch)
    assert changed["depth"].max() == pytest.approx(1000)


def test_masks_pictures_and_points_move_together() -> None:
    """A bright square on black: its mask is it, and its centre the pair of numbers."""
    moving = Moving(masks=("mask",), images=("clean",), pairs=(("x", "y"),))
    fields = {**PAIR, "clean": IMAGE, "mask": Field("uint8", (HEIGHT, WIDTH, 1))}
    mask = np.zeros((6, HEIGHT, WIDTH, 1), np.uint8)
    mask[:, 5:10, 9:14] = 1
    image = mask.repeat(3, axis=-1) * 200
    centre = {"x": np.full(6, 11.5, np.float32), "y": np.full(6, 7.5, np.float32)}
    augmenter = augmenter_of(
        {"RandomFlip": {}},
        {"RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2, "fill_mode": "constant"}},
        moving=moving,
        **fields,
    )
    changed = run(augmenter, {"image": image, "clean": image, "mask": mask, **centre})
    assert (changed["x"].dtype, changed["x"].shape) == (np.float32, (6,))
    for index in range(6):
        rows, columns = np.nonzero(changed["clean"][index, ..., 0] > 100)
        np.testing.assert_allclose(changed["x"][index], columns.mean() + 0.5, atol=0.6)
        np.testing.assert_allclose(changed["y"][index], rows.mean() + 0.5, atol=0.6)
        shown = changed["mask"][index, ..., 0] == 1
        assert abs(int(shown.sum()) - 25) <= 11
        assert abs(np.argwhere(shown).mean(axis=0) + 0.5 - [changed["y"][index], changed["x"][index]]).max() < 0.8
    assert len(np.unique(np.round(changed["x"]))) > 1


def test_a_pair_is_turned_about_the_centre_as_one_point() -> None:
    batch = {"image": batch_of()["image"], "x": np.full(6, 2.5, np.float32), "y": np.full(6, 1.0, np.float32)}
    changed = run(augmenter_of({"RandomFlip": {}}, moving=Moving(pairs=(("x", "y"),)), **PAIR), batch)
    assert set(changed) == {"image", "x", "y"}
    assert set(changed["x"].tolist()) == {2.5, WIDTH - 2.5}
    assert set(changed["y"].tolist()) == {1.0, HEIGHT - 1.0}


def test_what_can_not_follow_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigError, match="the image 'clean' can't follow MixUp"):
        augmenter_of("MixUp", moving=Moving(images=("clean",)), label=LABEL, **CLEAN)
    with pytest.raises(ConfigError, match="the points 'x,y' can't follow CutMix") as caught:
        augmenter_of("CutMix", moving=Moving(pairs=(("x", "y"),)), label=LABEL, **PAIR)
    assert caught.value.problems[0].key == ("data", "augment", 0)
