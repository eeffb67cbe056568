"""What bound tasks share whose targets are numbers or pictures: no classes to count or to weigh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shapenet.registry import Component
from shapenet.tasks.base import Tensors

if TYPE_CHECKING:
    import numpy.typing as npt


class WithoutClasses:
    """A part of `shapenet.tasks.base.BoundTask`."""

    def metric_hint(self, loss: Component) -> str | None:
        """Nothing to advise. See `BoundTask.metric_hint`."""
        return None

    def class_counts(self) -> Mapping[str, int] | None:
        """No classes. See `BoundTask.class_counts`."""
        return None

    def weights(self, batch: Tensors, class_weights: npt.NDArray[Any], loss: Component) -> Any:
        """Never called, since there are no classes."""
        raise TypeError("the task has no classes to weigh")
