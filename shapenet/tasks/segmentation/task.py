"""Registers the task ``segmentation``: each pixel belongs to one class."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Limits

from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.allowed import told
from shapenet.tasks.base import BoundTask, DataSpec
from shapenet.tasks.segmentation.components import check_loss, check_metrics
from shapenet.values import Names


@REGISTRIES["task"].register("segmentation")
def segmentation(
    *,
    mask: Annotated[str, Limits(min_length=1)] = "mask",
    classes: Names | None = None,
    ignore: Annotated[int, Limits(ge=0)] | None = None,
) -> Segmentation:
    """Each pixel belongs to one class: softmax over the classes, of two as of many.

    The mask holds the number of each pixel's class, from 0 on; class 0 is taken for the background. A mask
    of 0 and 255 only has two classes. How many there are is what `classes` says, or else the highest value in
    the masks of the train split, which are counted before the model is built; if it is the number of the data's
    own classes, as with shapes, these and a background are the names.

    Args:
        mask: The field that holds the mask.
        classes: Names of the classes, from 0 on.
        ignore: Value of pixels that count neither in the loss nor in metrics and reports.

    Raises:
        ConfigError: There are fewer than two names, or one stands there twice.
    """
    if classes is not None and (len(classes) < 2 or len(set(classes)) < len(classes)):
        message = f"classes: expected at least two names, each once; received {', '.join(classes) or 'none'}"
        raise ConfigError("config/classes", message, key=("classes",))
    return Segmentation(mask, classes, ignore)


class Segmentation:
    """Softmax over the classes of each pixel; the head is a 1 x 1 convolution that gives logits.

    Args:
        mask: The field that holds the mask.
        classes: Names of the classes; None for those that the data tells.
        ignore: Value of pixels that don't count; None if all do.
    """

    monitor = "loss"

    def __init__(self, mask: str, classes: tuple[str, ...] | None, ignore: int | None) -> None:
        self.fields = (mask,)
        self._classes = classes
        self._ignore = ignore

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Sparse categorical cross-entropy; losses that know ``from_logits`` are told. See `Task.loss`."""
        component = given or Component("loss", "SparseCategoricalCrossentropy")
        check_loss(component)
        return told(component, logits)

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """Mean IoU and pixel accuracy. See `Task.metrics`.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            return (Component("metric", "mean_iou"), Component("metric", "pixel_accuracy"))
        check_metrics(given)
        return given

    def bind(self, data: DataSpec) -> BoundTask:
        """The task on data. See `Task.bind`.

        Raises:
            ConfigError: The mask has not the height and width of the image, or holds no integers.
            DataError: It holds values that stand for no class.
        """
        from shapenet.tasks.segmentation.bound import BoundSegmentation
        from shapenet.tasks.segmentation.classes import classes_of_mask, unknown_value

        (name,) = self.fields
        _check_field(name, data.fields[name], data.fields["image"])
        counts = data.statistics.counts(name)
        classes = classes_of_mask(name, counts, given=self._classes, labels=data.classes, ignore=self._ignore)
        expected = classes.values if self._ignore is None else (*classes.values, self._ignore)
        if stray := data.statistics.stray(name, expected):
            raise unknown_value(name, stray[0], classes, stray[1])
        told = data.statistics.known or self._classes is not None
        return BoundSegmentation(name, data.fields[name].shape[:2], classes, counts if told else None)


def _check_field(name: str, mask: Field, image: Field) -> None:
    """Refuse what is no mask of the image."""
    integer = mask.dtype.startswith(("uint", "int", "bool"))
    if not integer or len(mask.shape) not in (2, 3) or mask.shape[2:] not in ((), (1,)):
        message = f"expected a mask of integers (height, width, 1), received {mask.shape} {mask.dtype} as {name!r}"
        raise ConfigError("config/mask", message, hint="sources of files read masks as such: masks: [...]")
    if mask.shape[:2] != image.shape[:2]:
        message = f"expected a mask of the size of the image, {image.shape[:2]}; {name!r} has {mask.shape[:2]}"
        hint = "sources of files bring both to one size: size: ..."
        raise ConfigError("config/mask", message, hint=hint)
