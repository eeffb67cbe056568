"""What every task brings: as the config gives it, and bound to data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shapenet.fields import Field
from shapenet.registry import Component
from shapenet.tasks.report import Evaluator

if TYPE_CHECKING:
    import numpy.typing as npt

Tensors = Mapping[str, Any]
"""TensorFlow tensors of a batch by field, ``(batch, *shape)`` each."""


class Statistics(Protocol):
    """What is known of the fields of the train split; computed when it is asked for, and recorded with the run.

    Attributes:
        num_records: How many records the train split has.
        known: Whether they are of data; False for stand-ins.
    """

    num_records: int
    known: bool

    def moments(self, field: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Mean and standard deviation over the records, float64 of the field's shape each.

        Raises:
            ConfigError: The field's shape varies.
        """
        ...

    def counts(self, field: str) -> npt.NDArray[Any]:
        """How often each value from 0 on occurs in an integer field, int64 ``(highest + 1,)``.

        Raises:
            DataError: There are values below 0.
        """
        ...

    def stray(self, field: str, values: Collection[int]) -> tuple[int, str] | None:
        """Another value than those expected of an integer field, and the name of a record that holds it.

        Every split is looked at, but of streamed data the train split alone.

        Args:
            field: The field.
            values: What is expected.

        Returns:
            None where there is none, and where the data was looked at before.
        """
        ...


@dataclass(frozen=True)
class DataSpec:
    """What a task is bound to.

    Attributes:
        fields: Type and shape of every field of a record: ``image`` always, ``label`` only where the data
            has classes, others as the source gives them. None in a shape where a side varies.
        classes: Class names in label order; empty where the data has no labels.
        statistics: Of the train split. Where a model is built without reading any data, stand-ins:
            one record, means 0, deviations 1, and each class once.
        inputs: Names of the fields that the model is given.
    """

    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    statistics: Statistics
    inputs: tuple[str, ...] = ("image",)


@dataclass(frozen=True)
class Moves:
    """Names of the fields that lie in the image, and so move with it under augmentation, and of numbers that don't.

    Attributes:
        masks: Class numbers a pixel, integers ``(height, width)`` or ``(height, width, 1)``; 0 comes in from outside.
        images: Pictures of the size of the image: they are moved as it is, but keep their colours.
        points: x and y in pixels from the top left corner: a field of the shape ``(..., 2)``, or the names of
            two fields that are numbers.
        angles: Numbers that are angles; nothing turns them.
        others: Numbers that are neither points nor angles, as the config says.
        unknown: Numbers of which the config does not say whether they are points.
    """

    masks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    points: tuple[str | tuple[str, str], ...] = ()
    angles: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def point_names(self) -> list[str]:
        """The fields that points are made of."""
        return [name for point in self.points for name in ([point] if isinstance(point, str) else point)]


class Task(Protocol):
    """What is learnt, as the config gives it. Nothing outside a task's files asks which task it is.

    It is made by ``config.task.create()``, without Keras and without data.

    Attributes:
        fields: Names of the fields of a record that its targets are made of.
        monitor: The value that names the best epoch, without ``val_``: ``loss``, or a metric's name.
    """

    fields: tuple[str, ...]
    monitor: str

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """The loss, the task's own unless one is `given`.

        Args:
            given: The config's loss.
            logits: Whether the model gives logits rather than probabilities.
            mixer: Name of an augmentation that mixes labels, which become vectors over the classes; None if
                none does. Tasks without labels need not look at it: augmentation refuses their targets.

        Raises:
            ConfigError: The loss is not one for the task's targets, with the key ``("loss",)``.
        """
        ...

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """The metrics, the task's own unless some are `given`. What only the data tells, `BoundTask.make` adds.

        Args:
            given: The config's metrics.
            logits: Whether the model gives logits rather than probabilities.
        """
        ...

    def bind(self, data: DataSpec) -> BoundTask:
        """The task on data. The fields it names are there: that is checked before.

        Raises:
            ConfigError: The data is not for this task.
        """
        ...


class BoundTask(Protocol):
    """A task whose data is known.

    Attributes:
        moves: Which of its fields move with the image under augmentation.
    """

    moves: Moves

    def head(self, features: Any, *, prefix: str) -> Any:
        """The output that follows the layer that feeds the task, in float32.

        Args:
            features: That layer's output, a symbolic Keras tensor.
            prefix: Stands before the names of the layers it adds: ``""``, or with several tasks ``kind_``.

        Raises:
            ConfigError: The head can't follow an output of this shape.
        """
        ...

    def check_output(self, shape: tuple[int | None, ...]) -> None:
        """Refuse the output of a model that ends with the user's own layer, if it has the wrong shape.

        Args:
            shape: With the batch's side.

        Raises:
            ConfigError: With the shape that was expected.
        """
        ...

    def make(self, component: Component, *, logits: bool) -> Any:
        """A loss or metric as it is to be computed of the task's outputs: ``component.create()``, or what wraps it.

        What the data tells is given here: ``component.create(num_classes=...)`` stands in for arguments that
        the config left out. Whatever Keras raises is told as an error in the config.

        Args:
            component: What `Task.loss` or `Task.metrics` gave.
            logits: Whether the model gives logits rather than probabilities.

        Returns:
            A ``keras.losses.Loss``, a ``keras.metrics.Metric``, or the short name of one.
        """
        ...

    def metric_hint(self, loss: Component) -> str | None:
        """What to advise where a metric does not take the task's targets and outputs; None for nothing."""
        ...

    def encode(self, batch: Tensors, loss: Component) -> Any:
        """The targets of a batch as loss and metrics take them; runs in TensorFlow's input pipeline.

        Args:
            batch: The fields that the task names, after augmentation. ``label`` is int64 ``(batch,)``, or float32
                ``(batch, num_classes)`` where augmentations mix labels.
            loss: What `Task.loss` gave.
        """
        ...

    def class_counts(self) -> Mapping[str, int] | None:
        """How often each class occurs in the train split, by its name.

        Returns:
            None if the task has no classes to weigh; empty if only the data will tell what classes there are.
        """
        ...

    def weights(self, batch: Tensors, class_weights: npt.NDArray[Any], loss: Component) -> Any:
        """What each example, class or pixel of a training batch counts in the loss, float32.

        Called only where the config weighs classes and `class_counts` gives some.

        Args:
            batch: As in `encode`.
            class_weights: float32, one for each class in the order of `class_counts`.
            loss: What `Task.loss` gave.

        Returns:
            Of shape ``(batch,)``, or as the loss is before its mean: ``(batch, classes)``,
            ``(batch, height, width)``.
        """
        ...

    def uninformed(self, targets: npt.NDArray[Any], *, logits: bool) -> npt.NDArray[Any]:
        """Outputs that say nothing, whose loss an untrained model is expected to have.

        Args:
            targets: What `encode` gave.
            logits: Whether the model gives logits rather than probabilities.

        Returns:
            float32 ``(batch, ...)``: every class as likely as any other, every number at its mean.
        """
        ...

    def evaluator(self, num_examples: int, *, logits: bool) -> Evaluator:
        """What judges a model on a split.

        Args:
            num_examples: How many examples the split has.
            logits: Whether the model gives logits rather than probabilities.
        """
        ...
