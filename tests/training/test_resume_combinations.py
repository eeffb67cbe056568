"""Whatever a config combines, a training that is stopped in an epoch and at the end of one goes on to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.rundir.manifest import read_manifest
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from shapenet.training.resume import newest_like

from .conftest import experiment_in
from .stopped import MLP, At, go_on, interrupt, outcome, stop, stop_again, undisturbed

CNN = (
    "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, name: conv}}, {BatchNormalization: {name: norm}}, "
    "Flatten, {Dense: {units: 6, name: dense}}, Dropout: {rate: 0.3}]"
)
THAW = (
    CNN,
    "training.freeze=[conv, norm, dense]",
    "training.unfreeze=[{at_epoch: 2, layers: dense}, {at_epoch: 3, layers: [conv, norm]}]",
    "training.learning_rate_multipliers={conv: 0.1, norm: 0.5}",
    "optimizer={AdamW: {learning_rate: 1e-2, weight_decay: 0.01}}",
)
WARMUP = (
    "optimizer={SGD: {momentum: 0.9, gradient_accumulation_steps: 4, "
    "learning_rate: {Warmup: {steps: {epochs: 1.5}, schedule: {CosineDecay: {initial_learning_rate: 0.1}}}}}}",
    "training.steps_per_execution=1",
)
LIMIT = ("training.limit_batches={train: 10, val: 2}",)
ONE_STEP = ("training.steps_per_execution=1",)
LARGE_STEPS = ("training.steps_per_execution=5",)
STREAM = ("data.stream=true", "data.stream_window=24", "training.limit_batches=10")
PLATEAU = (
    "training.callbacks=[ReduceLROnPlateau: {patience: 1, min_delta: 10.0, factor: 0.5, cooldown: 1}]",
    "training.epochs=6",
)
DEPTH = (
    "model.layers=[{Flatten: {}}, {Dense: {units: 8, name: a}}, {Dense: {units: 8, name: b}}, "
    "{StochasticDepth: {rate: 0.4, name: d}}, {Add: {inputs: [a, d]}}]",
)
MIX = (CNN, "data.augment=[{MixUp: {alpha: 0.4}}, CutMix, RandomZoom: {height_factor: 0.2}]")
TWO_TASKS = (
    "task={kind: classification, where: {regression: {fields: [centre], points: [centre]}}}",
    "data.augment=[{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}}]",
    "training.class_weight={kind: {square: 2.0}}",
    "loss_weights={where: 0.3}",
)
REGRESSION = (
    "task={regression: {fields: [centre, size, angle], points: [centre], angles: {angle: 90}}}",
    "data.augment=[{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}}]",
    "training.precision=mixed_bfloat16",
)
MASKS = (
    "task=segmentation",
    "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, padding: same}}, BatchNormalization, "
    "SpatialDropout2D: {rate: 0.3}]",
    "data.augment=[RandomFlip, {RandomRotation: {factor: 0.2}}, {RandomElasticTransform: {scale: 0.5}}]",
    "metrics=[mean_iou, dice]",
)
CASES: dict[str, tuple[tuple[str, ...], At, At]] = {
    "unfreeze-in-epoch": (THAW, (1, 9), (3, 3)),
    "unfreeze-at-end": (THAW, (1, "end"), (2, "end")),
    "in-accumulation": (WARMUP, (1, 5), (2, 7)),
    "accumulation-end": (WARMUP, (1, "end"), (2, 2)),
    "limited": (LIMIT, (1, "end"), (3, 6)),
    "steps-do-not-divide": (LARGE_STEPS, (1, 10), (2, 14)),
    "every-step": (ONE_STEP, (1, 1), (2, 13)),
    "streamed-and-limited": (STREAM, (1, 3), (2, "end")),
    "plateau": (PLATEAU, (3, "end"), (5, 3)),
    "stochastic-depth": (DEPTH, (1, 9), (2, "end")),
    "mix": (MIX, (1, 9), (2, "end")),
    "two-tasks": (TWO_TASKS, (1, 9), (2, "end")),
    "regression": (REGRESSION, (1, 9), (2, "end")),
    "segmentation": (MASKS, (1, 9), (2, "end")),
}


@pytest.mark.parametrize("case", CASES)
def test_stopped_twice(tmp_path: Path, case: str) -> None:
    overrides, first, second = CASES[case]
    whole = undisturbed(tmp_path, *overrides)
    run = stop(tmp_path / "stopped", first, interrupt, *overrides)
    stop_again(run, second)
    assert outcome(go_on(run)) == whole


def test_initial_weights_of_a_run_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    source = train(experiment_in(tmp_path / "source", config=MLP), tmp_path / "source", (), Reporter()).run
    overrides = (f"init={{run: {source.root}, layers: dense}}", "seed=5", "training.freeze=dense")
    whole = undisturbed(tmp_path, *overrides)
    run = stop(tmp_path / "stopped", (1, 9), interrupt, *overrides)
    source.remove()
    stop_again(run, (2, "end"))
    assert outcome(go_on(run)) == whole


def test_a_backbone_whose_file_of_weights_is_gone(tmp_path: Path) -> None:
    import keras

    file = tmp_path / "net.weights.h5"
    keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(file)
    overrides = (
        f"model.layers=[{{Backbone: {{application: MobileNet, weights: {file}, output: average, trainable: false}}}}]",
        "data.source.shapes.size=32",
        "training.epochs=1",
        "training.limit_batches={train: 6, val: 1}",
    )
    whole = undisturbed(tmp_path, *overrides)
    run = stop(tmp_path / "stopped", (1, 3), interrupt, *overrides)
    file.unlink()
    assert outcome(go_on(run)) == whole


PLUGIN = '''\
"""A layer that draws random numbers, a callback that remembers, and a layer that has room for few images."""

import numpy as np

from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("Noisy")
def noisy(*, name: str | None = None):
    """Adds noise while training."""
    import keras

    class Noisy(keras.layers.Layer):
        def __init__(self, **more):
            super().__init__(**more)
            self.seed_generator = keras.random.SeedGenerator(11)

        def call(self, inputs, training=False):
            noise = keras.random.normal(keras.ops.shape(inputs), seed=self.seed_generator)
            more = keras.random.uniform(keras.ops.shape(inputs))  # Keras's own generator
            return inputs + 0.1 * noise + 0.1 * more if training else inputs

    return Noisy(name=name)


@REGISTRIES["callback"].register("Wavering")
def wavering():
    """Changes the learning rate as all the losses before, and random numbers, say."""
    import keras

    class Wavering(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.losses, self.sums, self.by_epoch, self.pair = [], np.zeros(2), {}, (1, 0.5)

        def on_train_batch_end(self, batch, logs=None):
            self.losses.append(np.float32(logs["loss"]))
            self.sums[batch % 2] += self.losses[-1]
            self.pair = (self.pair[0] + 1, float(np.random.uniform()))

        def on_epoch_end(self, epoch, logs=None):
            self.by_epoch[str(epoch)] = float(np.mean(self.losses))
            factor = 0.8 + 0.2 * np.tanh(sum(self.by_epoch.values()) + self.sums[0] - self.sums[1] + self.pair[1])
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) * factor

    return Wavering()


@REGISTRIES["layer"].register("Cramped")
def cramped(*, name: str | None = None):
    """As if a device had no room for more than four images."""
    import tensorflow as tf
    from keras import layers

    class Cramped(layers.Layer):
        def call(self, inputs):
            def check(values):
                if len(values) > 4:
                    raise MemoryError("OOM when allocating tensor")
                return values

            checked = tf.numpy_function(check, [inputs], inputs.dtype)
            return inputs + tf.stop_gradient(tf.reshape(checked, tf.shape(inputs)) - inputs)

        def compute_output_shape(self, input_shape):
            return input_shape

    return Cramped(name=name)
'''


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The config that begins with the plug-in, which is run once a process."""
    path = tmp_path_factory.mktemp("plugin") / "parts_that_draw.py"
    path.write_text(PLUGIN)
    return f"plugins: [{path}]\n{MLP}"


def test_parts_of_a_plug_in(tmp_path: Path, plugin: str) -> None:
    overrides = (
        "model.layers=[Flatten, Noisy, Dense: {units: 6}]",
        "training.callbacks=[Wavering]",
    )
    whole = undisturbed(tmp_path, *overrides, config=plugin)
    run = stop(tmp_path / "stopped", (1, 9), interrupt, *overrides, config=plugin)
    stop_again(run, (2, "end"))
    assert outcome(go_on(run)) == whole


def test_batches_that_were_halved(tmp_path: Path, plugin: str) -> None:
    overrides = (
        "model.layers=[Cramped, Flatten, Dense: {units: 6}, Dropout: {rate: 0.3}]",
        "optimizer={SGD: {learning_rate: 0.1, momentum: 0.9}}",
        "training.on_out_of_memory=halve",
        "training.steps_per_execution=1",
    )
    whole = undisturbed(tmp_path, *overrides, config=plugin)
    run = stop(tmp_path / "stopped", (1, 3), interrupt, *overrides, config=plugin)
    assert read_manifest(run.run_json).status == "interrupted"
    same = experiment_in(tmp_path / "stopped", *overrides, config=plugin)
    assert newest_like(same, run.root.parents[1]) == run  # although its config has smaller batches
    stop_again(run, (2, "end"))
    assert outcome(go_on(run)) == whole


def test_batches_of_many_sizes_augmented(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = ["path,label"]
    for index in range(120):
        shape = (8 + 2 * (index % 3), 8 + 3 * (index % 2))
        Image.fromarray(rng.integers(0, 255, shape, np.uint8)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    config = f"""\
name: ragged
data:
  source: {{csv: {{path: {tmp_path / "data.csv"}, size: any}}}}
  split: {{val: 0.2, test: 0.0}}
  augment: [RandomFlip, RandomRotation: {{factor: 0.2}}]
model: {{layers: [Conv2D: {{filters: 4, kernel_size: 3}}, GlobalAveragePooling2D, Dropout: {{rate: 0.2}}]}}
optimizer: Adam
training: {{batch_size: 8, epochs: 3, steps_per_execution: 2}}
"""
    whole = undisturbed(tmp_path, config=config)
    run = stop(tmp_path / "stopped", (1, 4), interrupt, config=config)
    stop_again(run, (2, "end"))
    assert outcome(go_on(run)) == whole
