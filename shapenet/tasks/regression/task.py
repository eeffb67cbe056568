"""Registers the task ``regression``: numbers that are read off an image."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from shapenet.errors import ConfigError, did_you_mean
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.allowed import check_allowed, check_metrics_allowed
from shapenet.tasks.base import Moves
from shapenet.values import Names, as_tuple

if TYPE_CHECKING:
    from shapenet.tasks.base import BoundTask, DataSpec, Task

Pair = Annotated[tuple[str, str], BeforeValidator(as_tuple)]
Points = Annotated[tuple[str | Pair, ...], BeforeValidator(as_tuple)]
Periods = dict[str, Annotated[float, Field(gt=0)]]

LOSSES = ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh")
METRICS = (
    "MeanAbsoluteError", "RootMeanSquaredError", "R2", "MeanSquaredError", "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError", "LogCoshError", "R2Score", "ConcordanceCorrelation", "PearsonCorrelation",
)  # fmt: skip


@REGISTRIES["task"].register("regression")
def regression(
    *, fields: Annotated[Names, Field(min_length=1)], points: Points | None = None, angles: Periods | None = None
) -> Task:
    """Numbers are read off each image: lengths, angles, the coordinates of points, or any other.

    The model gives values in the units of the data, and metrics are in these units; the loss compares
    standardised values (less the mean of the train split, divided by its standard deviation), so that
    every number counts alike and a ``delta`` of Huber's is in standard deviations.

    Args:
        fields: The fields to predict, each a number or a vector of numbers. Augmentation leaves them as they
            are: where it turns or zooms images, angles and sizes are no longer true.
        points: Those of the fields that are positions in the image, x and y in pixels from its top left
            corner, and so move with it under augmentation: a field of the shape ``(..., 2)``, or the names
            of two fields ``[x, y]`` that are numbers. ``[]`` says that there are none; unless something is
            said, a warning tells where augmentation moves images.
        angles: Those of the fields that are angles, each with the period after which it begins anew, in
            its own unit: 360 for directions in degrees, 90 for squares, which a quarter turn leaves as
            they are. The model learns sine and cosine, which follow all values in its output; errors go
            the shorter way round. For several kinds of things the period has to divide the symmetry of
            each: 90 for squares and rectangles.

    Raises:
        ConfigError: A field stands twice, or is not among `fields`, or is both a point and an angle.
    """
    periods = angles or {}
    _check_names(fields, {"points": Moves(points=points or ()).point_names, "angles": list(periods)})
    return Regression(fields, points, MappingProxyType(dict(periods)))


class Regression:
    """Numbers of an image; see `shapenet.tasks.base.Task`.

    Args:
        fields: The fields to predict.
        points: Those that are positions in the image; None where nothing says it of any.
        periods: The periods of those that are angles, by field.

    Attributes:
        moves: Which of them move with the image, and which do not.
    """

    monitor = "loss"

    def __init__(
        self, fields: tuple[str, ...], points: tuple[str | tuple[str, str], ...] | None, periods: Mapping[str, float]
    ) -> None:
        self.fields = fields
        self.points = points or ()
        self.periods = periods
        known = (*periods, *Moves(points=self.points).point_names)
        numbers = tuple(name for name in fields if name not in known)
        self.moves = Moves(
            points=self.points,
            angles=tuple(periods),
            others=() if points is None else numbers,
            unknown=numbers if points is None else (),
        )

    def loss(self, given: Component | None, *, logits: bool, mixer: str | None) -> Component:
        """Mean squared error, or another that compares amounts. See `Task.loss`."""
        if given is None:
            return Component("loss", "MeanSquaredError")
        check_allowed(given, LOSSES, "regression", ("loss",))
        return given

    def metrics(self, given: tuple[Component, ...] | None, *, logits: bool) -> tuple[Component, ...]:
        """Mean absolute error, root of the mean squared error and R2. See `Task.metrics`.

        Raises:
            ConfigError: A metric is for other targets.
        """
        if given is None:
            errors = {"mae": "MeanAbsoluteError", "rmse": "RootMeanSquaredError"}
            named = (Component("metric", kind, MappingProxyType({"name": name})) for name, kind in errors.items())
            return (*named, Component("metric", "R2"))
        check_metrics_allowed(given, METRICS, "regression")
        return given

    def bind(self, data: DataSpec) -> BoundTask:
        """See `Task.bind`."""
        from shapenet.tasks.regression.bound import BoundRegression

        return BoundRegression(self, data)


def _check_names(fields: tuple[str, ...], others: Mapping[str, list[str]]) -> None:
    """Refuse names that stand twice, or in other places than `fields` only.

    Args:
        fields: The fields to predict.
        others: The names in each other argument.

    Raises:
        ConfigError: The first that there is.
    """
    for argument, names in {"fields": list(fields), **others}.items():
        for name in names:
            if names.count(name) > 1:
                message = f"expected every field once, received {name!r} again"
                raise ConfigError("config/regression", message, key=(argument,))
            if name not in fields:
                hint = did_you_mean(name, fields) or f"add {name} to fields"
                message = f"expected some of the fields {', '.join(fields)}; received {name!r}"
                raise ConfigError("config/regression", message, key=(argument,), hint=hint)
    for name in set(others["points"]) & set(others["angles"]):
        message = f"the field {name!r} can't be both a point and an angle"
        raise ConfigError("config/regression", message, key=("angles", name))
