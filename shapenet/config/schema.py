"""The experiment config: every section, its fields, their types and defaults."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from shapenet.config.components import ComponentOf, parse_component
from shapenet.config.problems import raise_in_pydantic
from shapenet.errors import ConfigError
from shapenet.registry import Component
from shapenet.values import ConfigPath, as_tuple

Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
_AsTuple = BeforeValidator(as_tuple)

Task = Annotated[Component, ComponentOf("task")]
Source = Annotated[Component, ComponentOf("source")]
Layer = Annotated[Component, ComponentOf("layer")]
Optimizer = Annotated[Component, ComponentOf("optimizer")]
Loss = Annotated[Component, ComponentOf("loss")]
Metric = Annotated[Component, ComponentOf("metric")]
Callback = Annotated[Component, ComponentOf("callback")]


class Section(BaseModel):
    """A part of the config: strict, frozen, closed to unknown keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)


class SplitConfig(Section):
    """Which fractions of the source are held out."""

    val: Fraction = 0.1
    """Fraction for validation; not used when ``data.val`` names a source."""
    test: Fraction = 0.1
    """Fraction for the test; not used when ``data.test`` names a source."""


class DataConfig(Section):
    """Where the examples come from and how they are divided."""

    source: Source
    """The source of the training examples, and of the held-out ones unless `val` and `test` name their own."""
    val: Source | None = None
    """A source of its own for validation."""
    test: Source | None = None
    """A source of its own for the test."""
    limit: Count | None = None
    """Use so many examples of the source, balanced over the classes."""
    split: SplitConfig = SplitConfig()
    allow_overlap: bool = False
    """Go on although the same image stands in two splits that come from different sources."""

    on_bad: Literal["error", "skip"] = "error"
    """What to do about images that are missing or can't be read: stop, or leave them out."""
    max_bad_fraction: Fraction = 0.05
    """With ``on_bad: skip``, stop all the same if a larger part of a source can't be read."""

    @model_validator(mode="after")
    def _leaves_some_to_train(self) -> DataConfig:
        held_out = {"val": self.split.val * (self.val is None), "test": self.split.test * (self.test is None)}
        if sum(held_out.values()) >= 1:
            message = f"data.split: expected val + test below 1, received {held_out['val']:g} + {held_out['test']:g}"
            hint = "what they leave is trained on"
            raise raise_in_pydantic(ConfigError("config/value", message, key=("split",), hint=hint))
        return self


class ModelConfig(Section):
    """The layers, and what the task adds before and after them."""

    layers: Annotated[tuple[Layer, ...], _AsTuple, Field(min_length=1)]
    """A chain from the input on; ``name`` and ``inputs`` among a layer's arguments make branches and merges."""
    head: Literal["auto", "none"] = "auto"
    """``auto``: the task's output layer follows the last layer; ``none``: the last layer is the output."""
    input_scaling: Annotated[Literal["auto", "none"] | Layer, Field(union_mode="left_to_right")] = "auto"
    """``auto``: integer images are scaled to 0..1; ``none``; or a layer, such as ``Rescaling``."""


class EarlyStoppingConfig(Section):
    """Stop when the monitored value has not improved for a while."""

    patience: Annotated[int, Field(ge=0)] = 5
    """Epochs without improvement that are borne."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """The least change that counts as an improvement."""
    monitor: str | None = None
    """The value to watch; ``training.monitor`` unless given."""


class TrainingConfig(Section):
    """How the model is fitted."""

    batch_size: Count = 32
    epochs: Count = 10
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    """``auto``: float32 on a CPU, mixed_bfloat16 or mixed_float16 on a GPU, by its compute capability."""
    monitor: str | None = None
    """The value that names the best epoch, ``val_loss`` for example; the task's own unless given."""
    early_stopping: EarlyStoppingConfig | None = None
    callbacks: Annotated[tuple[Callback, ...], _AsTuple] = ()
    steps_per_execution: Literal["auto"] | Count = "auto"
    """Training steps between two looks at signals and callbacks; more are faster."""
    jit_compile: bool = False
    """Compile with XLA; not with ``deterministic: true``."""
    deterministic: bool | Literal["auto"] = "auto"
    """Same config, same numbers. ``auto``: on, but on a GPU and with `jit_compile` off."""

    @model_validator(mode="after")
    def _options_agree(self) -> TrainingConfig:
        if self.jit_compile and self.deterministic is True:
            message = "training.deterministic: expected false or auto beside jit_compile: true, received true"
            hint = "XLA does not promise the same numbers again"
            raise raise_in_pydantic(ConfigError("config/conflict", message, key=("deterministic",), hint=hint))
        return self


class ExperimentConfig(Section):
    """One experiment."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """Names the run directory."""
    project: Annotated[str, Field(min_length=1, max_length=100)] = "default"
    """The folder of runs that belong together."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Decides the split, the order, the initial weights and every random layer."""
    plugins: Annotated[tuple[ConfigPath, ...], _AsTuple] = ()
    """Python files that register layers, tasks, sources, ... of the user's own."""
    task: Task = Field(default_factory=lambda: parse_component("task", "classification"))
    data: DataConfig
    model: ModelConfig
    optimizer: Optimizer = Field(default_factory=lambda: parse_component("optimizer", "Adam"))
    loss: Loss | None = None
    """The task's own unless given."""
    metrics: Annotated[tuple[Metric, ...], _AsTuple] | None = None
    """The task's own unless given."""
    training: TrainingConfig = TrainingConfig()

    @field_validator("name", "project")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not re.search(r"\w", value) or not value.isprintable() or "/" in value:
            raise ValueError("expected printable text with a letter or digit and without '/'")
        return value
