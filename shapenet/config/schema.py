"""The experiment config: every section, its fields, their types and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shapenet.config.components import ComponentOf, parse_component
from shapenet.config.learning import InitConfig, LimitBatchesConfig, Patterns, UnfreezeConfig, for_both
from shapenet.config.model_input import ModelInputConfig
from shapenet.config.problems import raise_in_pydantic
from shapenet.config.runtime import RuntimeConfig
from shapenet.config.section import Section
from shapenet.config.split import Fold, PinnedPath, parse_fold, split_conflicts, with_default_fractions
from shapenet.config.tasks import ForEachTask, Tasks, unknown_task
from shapenet.errors import ConfigError, Key, Problem
from shapenet.registry import Component
from shapenet.values import ConfigPath, as_tuple, one_or_more

Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(gt=0)]
_AsTuple = BeforeValidator(as_tuple)

Task = Annotated[Component | Mapping[str, Component], Tasks()]
Source = Annotated[Component, ComponentOf("source")]
Augmentation = Annotated[Component, ComponentOf("augmentation")]
Layer = Annotated[Component, ComponentOf("layer")]
Optimizer = Annotated[Component, ComponentOf("optimizer")]
Loss = Annotated[Component | Mapping[str, Component] | None, ForEachTask("loss")]
Metrics = Annotated[
    tuple[Component, ...] | Mapping[str, tuple[Component, ...]] | None, ForEachTask("metric", "list for each task")
]
Callback = Annotated[Component, ComponentOf("callback")]


class SplitConfig(Section):
    """Which records are held out: fractions, whole groups, a fold, or what a column or a file says."""

    val: Fraction | None = None
    """Fraction for validation, 0.1 where nothing else decides; not used when ``data.val`` names a source."""
    test: Fraction | None = None
    """Fraction for the test, 0.1 where nothing else decides; not used when ``data.test`` names a source."""
    column: Annotated[str, Field(min_length=1)] | None = None
    """A column of the source that says ``train``, ``val`` (or ``validation``) or ``test`` of each record."""
    file: PinnedPath | None = None
    """A CSV with the columns ``split`` and ``name``, such as a run's ``data/split.csv``."""
    group: Annotated[str, Field(min_length=1)] | None = None
    """A column of the source: records with the same value stand on one side."""
    fold: Fold | None = None
    """``2/5``: the second of five parts is the val split; with one seed, the five don't overlap."""
    stratify: bool = True
    """Give each side the same shares of the classes."""

    @model_validator(mode="before")
    @classmethod
    def _default_fractions(cls, value: object) -> object:
        return with_default_fractions(value)

    @property
    def fractions(self) -> dict[str, float]:
        """Fraction of each held-out split."""
        return {"val": self.val or 0.0, "test": self.test or 0.0}

    @property
    def fold_number(self) -> tuple[int, int] | None:
        """Number of the fold, from 1, and how many there are."""
        return None if self.fold is None else parse_fold(self.fold)


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
    """Go on although the same image stands in two splits, of different sources or by a column or a file."""
    oversample: bool = False
    """Show every class as often as the largest: an epoch repeats the images of the others."""
    stream: bool = False
    """Read images from their source in every epoch instead of packing them once: for data that does not fit
    the disk a second time. They are shuffled within a bounded window; equal images can't be told."""
    stream_window: Count | None = None
    """With ``stream: true``, images that are shuffled at a time; as many as make 64 MB unless given."""
    on_bad: Literal["error", "skip"] = "error"
    """What to do about images that are missing or can't be read: stop, or leave them out."""
    max_bad_fraction: Fraction = 0.05
    """With ``on_bad: skip``, stop all the same if a larger part of a source can't be read."""
    augment: Annotated[tuple[Augmentation, ...], _AsTuple] = ()
    """Random changes of the training images, one after another; no other split is changed. What is drawn
    follows from `seed`, epoch and step, for the batch of all devices."""

    @model_validator(mode="after")
    def _can_stream(self) -> DataConfig:
        others = {"oversample": self.oversample, "on_bad": self.on_bad == "skip"}
        for name, used in others.items():
            if self.stream and used:
                message = f"data.{name} does not go with data.stream: true"
                hint = "what needs to know all images first needs them packed"
                raise raise_in_pydantic(ConfigError("config/conflict", message, key=(name,), hint=hint))
        if self.stream_window is not None and not self.stream:
            message = "data.stream_window does nothing without data.stream: true"
            raise raise_in_pydantic(ConfigError("config/conflict", message, key=("stream_window",)))
        return self

    @model_validator(mode="after")
    def _split_agrees(self) -> DataConfig:
        own_sources = {"val": self.val is not None, "test": self.test is not None}
        problems = list(split_conflicts(dict(self.split), own_sources))
        if problems:
            raise raise_in_pydantic(ConfigError(problems))
        return self


class ModelConfig(Section):
    """The layers, and what the task adds before and after them."""

    parameters: dict[str, Any] = Field(default_factory=dict)
    """Values by names of the user's own, such as widths and depths, which ``${model.parameters.NAME}`` refers to."""
    define: dict[str, Any] = Field(default_factory=dict)
    """Blocks by names of the user's own, which `layers` use like layers: each has ``layers``, may have
    ``parameters`` (defaults by name; ``$NAME`` stands for the value) and ``inputs`` (names for what it gets).
    A resolved config has them put in."""
    input: ModelInputConfig | None = None
    """Fields that the model is given in place of the image."""
    layers: Annotated[tuple[Layer, ...], _AsTuple, Field(min_length=1)]
    """A chain from the input on; ``name`` and ``inputs`` among a layer's arguments make branches and merges."""
    head: Literal["auto", "none"] = "auto"
    """``auto``: the task's output layer follows the last layer; ``none``: the last is the output, in float32 too."""
    outputs: dict[str, str] | None = None
    """With several tasks, the name of the layer that feeds each, by the task's name; the last layer unless given."""
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


class CheckpointConfig(Section):
    """When the state is saved from which ``shapenet train --resume`` goes on; it is at the end in any case.

    Ends of epochs are saved too, unless they follow on each other so fast that it would take more
    than a hundredth of the time.
    """

    every_steps: Count | None = None
    """Save after so many steps; a step is looked at after each execution of `steps_per_execution`."""
    every_seconds: Annotated[float, Field(gt=0)] | None = 60.0
    """Save after so many seconds."""
    keep: Count = 2
    """So many of the newest are kept, beside the best: where one is damaged, the one before it serves."""


class TrainingConfig(Section):
    """How the model is fitted."""

    batch_size: Count = 32
    epochs: Count = 10
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    """``auto``: float32 on a CPU, mixed_bfloat16 or mixed_float16 on a GPU, by its compute capability."""
    monitor: str | None = None
    """The value that names the best epoch, ``val_loss`` for example; the task's own unless given."""
    early_stopping: EarlyStoppingConfig | None = None
    checkpoint: CheckpointConfig = CheckpointConfig()
    class_weight: Literal["balanced"] | dict[str, Weight | Literal["balanced"] | dict[str, Weight]] | None = None
    """What each class counts in the training loss, where an image shows it: ``balanced``, which is n / (number of
    classes * its count), or weights by class name, 1 for others; with several tasks, either by the task's name."""
    freeze: Patterns = ()
    """Layers that don't learn, by name: ``conv1``, ``stem_*``, ``block/*``. Batch normalisation
    keeps its statistics and goes by them; dropout stays random."""
    unfreeze: Annotated[tuple[UnfreezeConfig, ...], BeforeValidator(one_or_more)] = ()
    """When frozen layers begin to learn: ``{at_epoch: 3, layers: [conv2]}``, or a list of such."""
    learning_rate_multipliers: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Learning rates of layers, as multiples of the optimizer's, by pattern of their names: ``"block/*": 0.1``.
    Of patterns for the same layer the last one counts; 0 keeps weights, but not batch normalisation's statistics."""
    callbacks: Annotated[tuple[Callback, ...], _AsTuple] = ()
    limit_batches: Annotated[LimitBatchesConfig | None, BeforeValidator(for_both)] = None
    """Use only the first batches of each epoch: ``{train: 10, val: 5}``, or one number for both."""
    on_out_of_memory: Literal["stop", "halve"] = "stop"
    """What to do when memory does not suffice for a batch: stop, or begin anew with batches of half the size,
    whose gradients are added up, so that each update is that of the batch before."""
    steps_per_execution: Literal["auto"] | Count = "auto"
    """Training steps between two looks at signals and callbacks; more are faster."""
    jit_compile: bool = False
    """Compile with XLA; not with ``deterministic: true``."""
    deterministic: bool | Literal["auto"] = "auto"
    """Same config, same numbers. ``auto``: on, but on a GPU and with `jit_compile` off."""

    @model_validator(mode="after")
    def _unfreezes_in_time(self) -> TrainingConfig:
        for index, step in enumerate(self.unfreeze):
            message = None
            if not self.freeze:
                message = "training.unfreeze does nothing without training.freeze"
            elif step.at_epoch > self.epochs:
                message = f"training.unfreeze: expected an epoch up to {self.epochs}, received {step.at_epoch}"
            if message:
                key = ("unfreeze", index, "at_epoch")
                raise raise_in_pydantic(ConfigError("config/conflict", message, key=key))
        return self

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
    init: InitConfig | None = None
    """Initial weights from elsewhere; drawn at random unless given."""
    optimizer: Optimizer = Field(default_factory=lambda: parse_component("optimizer", "Adam"))
    loss: Loss = None
    """The task's own unless given; with several tasks, by the task's name."""
    loss_weights: dict[str, Weight] | None = None
    """With several tasks, what the loss of each counts in the sum, by the task's name; 1 unless given."""
    metrics: Metrics = None
    """The task's own unless given; with several tasks, by the task's name."""
    training: TrainingConfig = TrainingConfig()
    runtime: RuntimeConfig = RuntimeConfig()

    @model_validator(mode="after")
    def _balanced_once(self) -> ExperimentConfig:
        if self.data.oversample and self.training.class_weight == "balanced":
            message = "training.class_weight: balanced does not go with data.oversample: true"
            key = ("training", "class_weight")
            hint = "each makes up for rare classes; together they overdo it"
            raise raise_in_pydantic(ConfigError("config/conflict", message, key=key, hint=hint))
        return self

    @model_validator(mode="after")
    def _by_task(self) -> ExperimentConfig:
        given: dict[Key, Any] = {
            ("loss_weights",): self.loss_weights,
            ("model", "outputs"): self.model.outputs,
        }
        problems = [problem for key, names in given.items() for problem in self._of_tasks(key, names or {})]
        if problems:
            raise raise_in_pydantic(ConfigError(problems))
        return self

    def _of_tasks(self, key: Key, names: Mapping[str, Any]) -> Iterator[Problem]:
        if names and isinstance(self.task, Component):
            message = f"{'.'.join(map(str, key))} is for several tasks, and there is one"
            yield Problem("config/conflict", message, key=key, hint="leave it out")
            return
        yield from (problem for name in names if (problem := unknown_task(name, self.tasks, key)))

    @property
    def tasks(self) -> Mapping[str, Component]:
        """The tasks by name; where there is only one it has the name ``""``."""
        return {"": self.task} if isinstance(self.task, Component) else self.task

    def loss_of(self, task: str) -> Component | None:
        """The loss that is given for a task of `tasks`, by its name."""
        return self.loss.get(task) if isinstance(self.loss, Mapping) else self.loss

    def metrics_of(self, task: str) -> tuple[Component, ...] | None:
        """The metrics that are given for a task of `tasks`, by its name."""
        return self.metrics.get(task) if isinstance(self.metrics, Mapping) else self.metrics

    @field_validator("name", "project")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not re.search(r"\w", value) or not value.isprintable() or "/" in value:
            raise ValueError("expected printable text with a letter or digit and without '/'")
        return value
