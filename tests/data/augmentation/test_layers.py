"""Layers of Keras, and of plug-ins, made to draw as a function of the batch."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from shapenet.data.augmentation.layers import make_layer, value_range
from shapenet.data.augmentation.transforms import Moving
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.registry import REGISTRIES, Component, Registry

from .conftest import IMAGE, LABEL, augmenter_of, batch_of, run


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of augmentations with two of a plug-in's."""
    registry = Registry("augmentation")
    monkeypatch.setattr("shapenet.registry.REGISTRIES", MappingProxyType({**REGISTRIES, "augmentation": registry}))
    monkeypatch.setattr(
        "shapenet.config.components.REGISTRIES", MappingProxyType({**REGISTRIES, "augmentation": registry})
    )

    @registry.register("Negative")
    def negative(*, factor: float = 0.5) -> Any:
        """Some images inverted."""
        import keras

        class Negative(keras.layers.RandomInvert):  # type: ignore[misc]
            pass

        return Negative(factor)

    @registry.register("Dense")
    def dense() -> Any:
        """No augmentation at all."""
        import keras

        return keras.layers.Dense(3)

    return registry


def test_a_plug_in_may_derive_from_a_layer_of_keras(plug_ins: Registry) -> None:
    augmenter = augmenter_of({"Negative": {"factor": 1.0}}, "Negative")
    first, again, other = (run(augmenter, batch_of(), 0, step)["image"] for step in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_layer_without_draws_is_refused(plug_ins: Registry) -> None:
    with pytest.raises(ConfigError, match="received Dense"):
        augmenter_of("Dense")


def test_masks_do_not_follow_a_plug_in(plug_ins: Registry) -> None:
    fields = {"image": IMAGE, "label": LABEL, "mask": Field("uint8", IMAGE.shape[:2])}
    with pytest.raises(ConfigError, match="the mask 'mask' can't follow Negative"):
        augmenter_of("Negative", moving=Moving(masks=("mask",)), **fields)


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_the_type_tells_the_range(dtype: str, top: float) -> None:
    assert value_range(dtype) == (0, top)
    layer = make_layer(Component("augmentation", "RandAugment"), dtype, 0, 0)
    assert tuple(layer.value_range) == tuple(layer.random_brightness.value_range) == (0, top)


def test_a_range_of_null_is_that_of_the_type() -> None:
    given = MappingProxyType({"value_range": None})
    assert tuple(make_layer(Component("augmentation", "RandomInvert", given), "uint16", 0, 0).value_range) == (0, 65535)
