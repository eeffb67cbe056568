"""Small experiments that train for seconds, save often, and between them use all that a resumed run must remember."""

from __future__ import annotations

_DATA = """\
seed: 5
data:
  source: {shapes: {classes: [square, triangle], num_images: 75, size: 12}}
  split: {val: 0.2, test: 0.1}
"""
_SAVING = "checkpoint: {every_steps: 2, every_seconds: null, keep: 2}"
_CNN = """\
  augment: [RandomFlip, RandomTranslation: {height_factor: 0.1, width_factor: 0.1}]
model:
  layers: [Conv2D: {filters: 3, kernel_size: 3}, BatchNormalization, Dropout: {rate: 0.3}, Flatten]
"""
_MLP = "model: {layers: [Flatten, Dense: {units: 6, activation: relu}, Dropout: {rate: 0.4}]}\n"

VARIANTS = {
    "mlp": f"""\
name: mlp
{_DATA}{_MLP}optimizer: {{Adam: {{learning_rate: 3e-2}}}}
training: {{batch_size: 8, epochs: 3, steps_per_execution: 1, {_SAVING}}}
""",
    "cnn": f"""\
name: cnn
{_DATA}{_CNN}optimizer: {{SGD: {{learning_rate: 5e-2, momentum: 0.9}}}}
training: {{batch_size: 8, epochs: 3, steps_per_execution: 2, monitor: val_accuracy, {_SAVING}}}
""",
    "ema": f"""\
name: ema
{_DATA}{_MLP}optimizer: {{Adam: {{learning_rate: 3e-2, use_ema: true, ema_momentum: 0.8}}}}
training:
  {{batch_size: 8, epochs: 3, steps_per_execution: 2, callbacks: [SwapEMAWeights], {_SAVING}}}
""",
    "bfloat16": f"""\
name: bfloat16
{_DATA}{_CNN}optimizer: {{Adam: {{learning_rate: 1e-2}}}}
training: {{batch_size: 8, epochs: 2, steps_per_execution: 2, precision: mixed_bfloat16, {_SAVING}}}
""",
    "plateau": f"""\
name: plateau
{_DATA}{_MLP}optimizer: {{SGD: {{learning_rate: 1e-1, momentum: 0.9}}}}
training:
  batch_size: 8
  epochs: 9
  steps_per_execution: 3
  early_stopping: {{patience: 3, min_delta: 0.01}}
  callbacks: [ReduceLROnPlateau: {{patience: 2, factor: 0.5, min_delta: 0.01}}]
  checkpoint: {{every_steps: 5, every_seconds: null, keep: 3}}
""",
    "schedule": f"""\
name: schedule
{_DATA}{_CNN}optimizer:
  AdamW:
    learning_rate: {{CosineDecay: {{initial_learning_rate: 2e-2, decay_steps: 14}}}}
    clipnorm: 1.0
    gradient_accumulation_steps: 2
training: {{batch_size: 8, epochs: 2, class_weight: {{square: 2.0}}, steps_per_execution: 1, {_SAVING}}}
""",
    "freeze": f"""\
name: freeze
{_DATA}model:
  layers:
    - Conv2D: {{filters: 3, kernel_size: 3, name: stem}}
    - BatchNormalization: {{name: norm}}
    - Flatten
    - Dense: {{units: 6, activation: relu, name: neck}}
optimizer: {{Adam: {{learning_rate: {{OneCycle: {{max_learning_rate: 3e-2}}}}}}}}
training:
  batch_size: 8
  epochs: 3
  steps_per_execution: 2
  freeze: [stem, norm]
  unfreeze: [{{at_epoch: 2, layers: norm}}, {{at_epoch: 3}}]
  learning_rate_multipliers: {{neck: 0.5}}
  {_SAVING}
""",
    "plug-in": f"""\
name: plug-in
plugins: [jitter.py]
{_DATA}{_MLP}optimizer: {{Adam: {{learning_rate: 1e-2}}}}
training: {{batch_size: 8, epochs: 3, steps_per_execution: 2, callbacks: [Jitter: {{most: 0.5}}], {_SAVING}}}
""",
    "stream": f"""\
name: stream
{_DATA}  stream: true
  stream_window: 24
{_MLP}optimizer: {{RMSprop: {{learning_rate: 1e-2}}}}
training: {{batch_size: 8, epochs: 3, steps_per_execution: 2, {_SAVING}}}
""",
}
"""Configs by name."""

PLUG_INS = {
    "jitter.py": '''\
"""A callback that remembers something, and draws random numbers of Python's and of NumPy's."""
from shapenet.registry import REGISTRIES


@REGISTRIES["callback"].register("Jitter")
def jitter(*, most: float = 0.1):
    """Scale the learning rate at random as each epoch ends.

    Args:
        most: How far from 1 the factor may be.
    """
    import random

    import keras
    import numpy as np

    class Jitter(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.factors = []

        def on_epoch_end(self, epoch, logs=None) -> None:
            self.factors.append(1 + most * (random.random() - np.random.rand()))
            self.model.optimizer.learning_rate = 1e-2 * sum(self.factors) / len(self.factors)

    return Jitter()
'''
}
"""Files beside the configs, by name."""
