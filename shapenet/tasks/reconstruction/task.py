"""Registers the task ``reconstruction``: what goes in becomes an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.allowed import check_allowed, check_metrics_allowed

if TYPE_CHECKING:
    from shapenet.tasks.base import BoundTask, DataSpec, Task

LOSSES = ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "BinaryCrossentropy", "SSIM")
METRICS = (
    "PSNR", "SSIM", "MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "LogCoshError",
    "BinaryCrossentropy",
)  # fmt: skip


@REGISTRIES["task"].register("reconstruction")
def reconstruction(*, target: Annotated[str, Field(min_length=1)] = "image") -> Task:
    """Each image becomes another: itself, through a bottleneck; itself without noise; itself, larger.

    Or numbers that ``model.input`` names become the image that they describe.

    Targets and outputs are from 0 to 1: integers are divided by 255 or 65535, floating point has to be so.
    For super-resolution let `target` name a larger image; or let the first layer,
    ``AveragePooling2D: {pool_size: 2}``, shrink the image that is the target too, and later ones enlarge it again,
    such as ``UpSampling2D``.

    The task adds a 1 x 1 convolution to the target's channels with a sigmoid, so that the layers have to end with
    the target's height and width, or with a vector of as many numbers as the target has.

    Args:
        target: The field that holds the image to give: ``image``, or ``clean`` of the source shapes, or one
            of the ``images`` of a CSV.
    """
    return Reconstruction(target)


class Reconstruction:
    """An image from an image; see `shapenet.tasks.base.Task`.

    Args:
        target: The field that holds the image to give.
    """

    monitor = "loss"

    def __init__(self, target: str) -> None:
        self.target = target
        self.fields: tuple[str, ...] = (target,)

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Mean squared error, or another that compares images. See `Task.loss`."""
        if given is None:
            return Component("loss", "MeanSquaredError")
        check_allowed(given, LOSSES, "reconstruction", ("loss",))
        return given

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """PSNR and SSIM. See `Task.metrics`.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            return (Component("metric", "PSNR"), Component("metric", "SSIM"))
        check_metrics_allowed(given, METRICS, "reconstruction")
        return given

    def bind(self, data: DataSpec) -> BoundTask:
        """See `Task.bind`."""
        from shapenet.tasks.reconstruction.bound import BoundReconstruction

        return BoundReconstruction(self.target, data)
