"""When memory runs out, smaller batches give the same updates."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from shapenet.config.learning import LimitBatchesConfig
from shapenet.errors import MachineError
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest
from shapenet.training.memory import halved

from .conftest import CONFIG, Recorder, experiment_in, train_in
from .stopped import crash, go_on, stop
from .weights import weights_at

PLUGIN = '''\
"""A layer that has memory for eight images."""

from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Greedy")
def greedy(*, name: str | None = None):
    """As if a device had no room for more than eight images."""
    import tensorflow as tf
    from keras import layers

    class Greedy(layers.Layer):
        def call(self, inputs):
            def check(values):
                if len(values) > 8:
                    raise MemoryError("OOM when allocating tensor")  # TensorFlow's ResourceExhaustedError
                return values

            checked = tf.numpy_function(lambda values: check(values), [inputs], inputs.dtype)
            return inputs + tf.stop_gradient(tf.reshape(checked, tf.shape(inputs)) - inputs)

        def compute_output_shape(self, input_shape):
            return input_shape

    return Greedy(name=name)
'''
SGD = "optimizer={SGD: {learning_rate: 0.1}}"
DATA = ("data.source.shapes.num_images=128", "data.split={val: 0.5, test: 0}", "training.batch_size=32")


@pytest.fixture(scope="module")
def greedy_config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tiny config with the layer in front; its plug-in is run once a process."""
    plugin = tmp_path_factory.mktemp("plugin") / "greedy_layer.py"
    plugin.write_text(PLUGIN)
    return f"plugins: [{plugin}]\n" + CONFIG.replace("  layers:\n", "  layers:\n    - Greedy\n")


def test_batches_are_halved_until_they_fit(tmp_path: Path, greedy_config: str) -> None:
    recorder = Recorder()
    result = train_in(
        tmp_path / "small", SGD, *DATA, "training.on_out_of_memory=halve", reporter=recorder, config=greedy_config
    )
    assert [text.split(":")[0] for text in recorder.warnings] == [
        "the memory does not suffice for a batch of 32",
        "the memory does not suffice for a batch of 16",
    ]
    assert result.manifest.epochs_done == 2
    assert len(result.run.metrics.read_text().splitlines()) == 2
    resolved = load_experiment(result.run.resolved_config).config
    assert resolved.training.batch_size == 8
    assert resolved.optimizer.arguments["gradient_accumulation_steps"] == 4
    assert "batches of 8" in result.run.train_log.read_text()
    whole = train_in(tmp_path / "large", SGD, *DATA)
    ours, theirs = weights_at(result.run.last_dir), weights_at(whole.run.last_dir)
    np.testing.assert_allclose(ours["layers/dense/vars/0"], theirs["layers/dense/vars/0"], atol=1e-5)


def test_a_run_that_was_killed_before_anything_was_saved_halves_them_too(tmp_path: Path, greedy_config: str) -> None:
    halve = "training.on_out_of_memory=halve"
    run = stop(tmp_path, (1, 2), crash, SGD, *DATA, halve, "training.batch_size=8", config=greedy_config)
    assert not run.checkpoints_dir.exists()
    recorder = Recorder()
    go_on(run, recorder, "training.batch_size=32", allow_changed=True)
    assert [text.split(":")[0] for text in recorder.warnings] == [
        "the memory does not suffice for a batch of 32",
        "the memory does not suffice for a batch of 16",
    ]
    manifest = read_manifest(run.run_json)
    assert (manifest.status, manifest.epochs_done, len(manifest.resumed)) == ("done", 2, 1)
    assert load_experiment(run.resolved_config).config.training.batch_size == 8


def test_without_it_the_run_stops(tmp_path: Path, greedy_config: str) -> None:
    with pytest.raises(MachineError, match="does not suffice for a batch of 32"):
        train_in(tmp_path, SGD, *DATA, config=greedy_config)


def test_schedules_and_averages_are_slowed_down(tmp_path: Path) -> None:
    steps = "{WarmupStableDecay: {peak_learning_rate: 0.1, warmup_steps: 5, decay_steps: {epochs: 1}}}"
    rate = f"{{Warmup: {{steps: 3, schedule: {steps}}}}}"
    optimizer = f"optimizer={{SGD: {{learning_rate: {rate}, use_ema: true, gradient_accumulation_steps: 3}}}}"
    arguments = halved(experiment_in(tmp_path, optimizer)).config.optimizer.arguments
    schedule = arguments["learning_rate"].arguments
    assert schedule["steps"] == 6
    assert schedule["schedule"].arguments["warmup_steps"] == 10
    assert schedule["schedule"].arguments["decay_steps"] == {"epochs": 1}
    assert arguments["gradient_accumulation_steps"] == 6
    assert arguments["ema_momentum"] == math.sqrt(0.99)
    piecewise = "{PiecewiseConstantDecay: {boundaries: [4, {epochs: 1}], values: [0.1, 0.2, 0.3]}}"
    changed = halved(experiment_in(tmp_path, f"optimizer={{SGD: {{learning_rate: {piecewise}}}}}"))
    assert changed.config.optimizer.arguments["learning_rate"].arguments["boundaries"] == [8, {"epochs": 1}]


def test_counts_of_batches_are_doubled(tmp_path: Path) -> None:
    counts = ("training.limit_batches={train: 3}", "training.checkpoint.every_steps=7")
    config = halved(experiment_in(tmp_path, *counts)).config
    assert config.training.limit_batches == LimitBatchesConfig(train=6)
    assert config.training.checkpoint.every_steps == 14
    assert halved(experiment_in(tmp_path)).config.training.limit_batches is None
