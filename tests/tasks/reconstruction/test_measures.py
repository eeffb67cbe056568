"""PSNR and SSIM as Keras's metrics and losses: means over an epoch, and saved and read again."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.tasks.reconstruction.quality import psnr, ssim
from shapenet.training.monitors import rises
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
RANDOM = np.random.default_rng(5)
TRUE = RANDOM.random((7, 12, 13, 3), np.float32)
PREDICTED = np.clip(TRUE + RANDOM.normal(0, RANDOM.random((7, 1, 1, 1)), TRUE.shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize(("name", "measure"), [("PSNR", psnr), ("SSIM", ssim)])
def test_a_metric_is_the_mean_over_images_however_they_are_batched(name: str, measure: object) -> None:
    metric = parse_component("metric", name).create()
    metric.update_state(TRUE[:1], TRUE[:1])
    metric.reset_state()
    for batch in (slice(0, 4), slice(4, 7)):
        metric.update_state(TRUE[batch], PREDICTED[batch])
    assert metric.name == name.lower()
    assert float(metric.result()) == pytest.approx(float(np.mean(measure(TRUE, PREDICTED))), rel=1e-5)  # type: ignore[operator]
    assert rises(metric)


@pytest.mark.parametrize("name", ["PSNR", "SSIM"])
def test_a_metric_survives_serialisation(name: str) -> None:
    metric = parse_component("metric", {name: {"name": "mine"}}).create()
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.name == "mine"


def test_metrics_take_what_mixed_precision_gives() -> None:
    metric = parse_component("metric", "SSIM").create()
    metric.update_state(TRUE, keras.ops.cast(PREDICTED, "bfloat16"))
    assert float(metric.result()) == pytest.approx(float(np.mean(ssim(TRUE, PREDICTED))), abs=0.02)


def test_the_loss_is_one_minus_the_similarity_and_survives_serialisation() -> None:
    loss = parse_component("loss", "SSIM").create()
    expected = 1 - float(np.mean(ssim(TRUE, PREDICTED)))
    assert float(loss(TRUE, PREDICTED)) == pytest.approx(expected, rel=1e-5)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(again(TRUE, PREDICTED)) == pytest.approx(expected, rel=1e-5)
    assert float(loss(TRUE, keras.ops.cast(PREDICTED, "bfloat16"))) == pytest.approx(expected, abs=0.02)
