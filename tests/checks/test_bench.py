"""The handful of data that checks look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.checks.bench import Bench
from shapenet.checks.run import run_checks
from shapenet.data.inspect.finding import passes
from shapenet.errors import ConfigError

from .conftest import bench_in, write_data


def test_records_are_mixed_and_some_may_come_first(sound: Bench) -> None:
    chosen = sound.pick(sound.train, 50)
    assert len(set(chosen.tolist())) == 50
    assert (np.diff(chosen) < 0).any()
    np.testing.assert_array_equal(sound.pick(sound.train, 50), chosen)
    first = np.array([7, 99, 3])
    assert set(sound.pick(sound.train, 10, first)[:3]) == set(first)
    assert len(sound.pick(sound.train, 10_000)) == len(sound.train)


def test_examples_are_those_records(sound: Bench) -> None:
    positions = sound.pick(sound.train, len(sound.examples))
    np.testing.assert_array_equal(sound.examples.images, sound.train.images(positions))
    np.testing.assert_array_equal(sound.examples.targets[""], sound.train.labels[positions])


def test_learning_is_done_once_and_gone_back_to(sound: Bench) -> None:
    trained = sound.learn()
    known = sound.learner.outputs(sound.examples.inputs, training=False)[""]
    sound.learner.reset()
    assert sound.learn() is trained
    np.testing.assert_array_equal(known, sound.learner.outputs(sound.examples.inputs, training=False)[""])
    assert trained.last(5) < 0.3 * trained.losses[0]


def test_streamed_data_is_looked_at(tmp_path: Path) -> None:
    assert passes(run_checks(bench_in(tmp_path, "data.stream=true"), lambda what: None), strict=False)


def test_of_images_of_any_size_those_of_the_most_frequent_are(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for index in range(60):
        side = 8 if index % 3 else 10
        folder = tmp_path / "photos" / ("dark", "light")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image = random.integers(0, 120, (side, side, 3)) + 130 * (index % 2)
        Image.fromarray(image.astype(np.uint8)).save(folder / f"{index}.png")
    write_data(tmp_path)
    source = f"data.source={{folder: {{path: {tmp_path}/photos, size: any}}}}"
    layers = "model.layers=[{Conv2D: {filters: 8, kernel_size: 3}}, GlobalAveragePooling2D]"
    bench = bench_in(tmp_path, source, layers, "training.batch_size=8")
    assert bench.examples.images.shape[1:] == (8, 8, 3)
    assert len(bench.examples) > 15
    assert passes(run_checks(bench, lambda what: None), strict=False)


def test_a_model_that_can_not_take_a_step_is_told(sound: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise ValueError("shapes that don't fit")

    monkeypatch.setattr(sound.learner, "gradients", refuse)
    with pytest.raises(ConfigError, match="the model can't take its first step: shapes that don't fit"):
        run_checks(sound, lambda what: None)
