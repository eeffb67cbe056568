"""The smallest experiments that hold one entry: from YAML to a compiled model, one step, weights to a file and back."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from shapenet.callbacks.weights_file import save_weights
from shapenet.experiment import Experiment, load_experiment
from shapenet.fields import Field
from shapenet.tasks.base import DataSpec
from shapenet.training.backend import choose_backend
from shapenet.training.build import Compiled, compile_model
from shapenet.training.check import check_experiment
from shapenet.training.freeze import build_optimizer
from shapenet.training.session import start_session
from shapenet.training.statistics import StandIns
from tests.conformance import table

NUM = 4
"""Images of a batch."""
_SOURCE = {"shapes": {"classes": ["square", "triangle", "ring"], "num_images": 40, "size": 8}}
FIELDS = {
    "image": Field("uint8", (8, 8, 3)),
    "label": Field("int64", ()),
    "labels": Field("float32", (3,)),
    "x": Field("float32", ()),
    "y": Field("float32", ()),
    "target": Field("uint8", (8, 8, 3)),
    "mask": Field("uint8", (8, 8)),
}
SPEC = DataSpec(FIELDS, ("a", "b", "c"), StandIns(FIELDS, 3))


def experiment(folder: Path, layers: list[Any], **more: Any) -> Experiment:
    """An experiment that has been written and read, with further sections."""
    config: dict[str, Any] = {"name": "tiny", "data": {"source": _SOURCE}, "model": {"layers": layers}}
    config["runtime"] = {"backend": os.environ.get("KERAS_BACKEND", "tensorflow")}
    for key, value in more.items():
        config[key] = {**config[key], **value} if key in config else value
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return load_experiment(path)


def layer_config(name: str) -> dict[str, Any]:
    """Sections of the smallest model in which a layer stands."""
    known = table.described("layer", name)
    usual = "sequence" if "1D" in name else "volume" if "3D" in name else "image"
    context = table.read("entries")["contexts"][known.get("context", usual)]
    given = table.arguments("layer", name)
    if "inputs" in context:
        given["inputs"] = context["inputs"]
    layer = _placed(known["within"], {name: given}) if "within" in known else {name: given}
    return {"layers": [*context.get("before", []), layer, "Flatten"], "model": context.get("model", {})}


def part_config(kind: str, name: str) -> dict[str, Any]:
    """Sections of the smallest model in which an initializer, regularizer or constraint stands."""
    part = {f"kernel_{kind}": table.component(kind, name)}
    if table.described(kind, name).get("place") == "stft":
        convolution = {"filters": 5, "kernel_size": 8, "padding": "same", **part}
        return {"layers": [{"Reshape": {"target_shape": [192, 1]}}, {"Conv1D": convolution}, "Flatten"]}
    return {"layers": ["Flatten", {"Dense": {"units": 3, **part}}]}


def _placed(outer: Any, layer: Any) -> Any:
    if isinstance(outer, dict):
        return {key: _placed(value, layer) for key, value in outer.items()}
    return layer if outer == "THIS" else outer


def begin(trial: Experiment, seed: int = 1) -> None:
    """Check an experiment, and set what it computes with."""
    check_experiment(trial)
    choose_backend(trial.config.runtime)
    start_session(trial.config.training, seed)


def compiled(trial: Experiment, seed: int = 1) -> Compiled:
    """The compiled model of an experiment, that runs eagerly: one step takes less time than its tracing."""
    begin(trial, seed)
    made = compile_model(trial.config, SPEC, steps_per_execution=1, steps_per_epoch=2)
    build_optimizer(trial.config.training, made.model)
    made.model.run_eagerly = True
    return made


def batch() -> dict[str, np.ndarray]:
    """The fields of a few records, the same each time."""
    rng = np.random.default_rng(5)
    return {
        "image": rng.integers(0, 256, (NUM, 8, 8, 3)).astype(np.uint8),
        "label": np.arange(NUM) % 3,
        "labels": np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 1, 0]], np.float32),
        "x": rng.uniform(0.5, 2, NUM).astype(np.float32),
        "y": rng.uniform(10, 170, NUM).astype(np.float32),
        "target": rng.integers(0, 256, (NUM, 8, 8, 3)).astype(np.uint8),
        "mask": rng.integers(0, 3, (NUM, 8, 8)).astype(np.uint8),
    }


def targets(made: Compiled) -> np.ndarray:
    """What the records of `batch` are to give."""
    import tensorflow as tf

    return np.asarray(made.encode({name: tf.constant(value) for name, value in batch().items()}))


def train(made: Compiled) -> float:
    """One step; returns its loss."""
    logs = made.model.train_on_batch(batch()["image"], targets(made), return_dict=True)
    return float(logs["loss"])


def output(made: Compiled) -> np.ndarray:
    """What a model gives in use, float32."""
    from keras import ops

    return ops.convert_to_numpy(ops.cast(made.model(batch()["image"], training=False), "float32"))


def weights(made: Compiled) -> dict[str, np.ndarray]:
    """All weights that learn, by their paths."""
    from keras import ops

    return {variable.path: ops.convert_to_numpy(variable) for variable in made.model.trainable_variables}


def reloaded(trial: Experiment, made: Compiled, folder: Path) -> Compiled:
    """A new model of the same config, with the weights of another by way of a file."""
    path = folder / "tiny.weights.h5"
    save_weights(made.model, path)
    again = compiled(trial, seed=2)
    again.model.load_weights(path)
    return again


def settle(made: Compiled) -> None:
    """Give a model weights that depend on their paths alone, not on a backend's random numbers."""
    for variable in made.model.weights:
        if variable.dtype == "float32":
            rng = np.random.default_rng(zlib.crc32(variable.path.encode()))
            size = rng.uniform(0.05, 0.4, variable.shape)
            signed = size * rng.choice([-1, 1], variable.shape) if len(variable.shape) > 1 else size
            variable.assign(signed.astype(np.float32))
