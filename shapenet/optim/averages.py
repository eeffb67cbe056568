"""Moving averages of weights that are exact for weights that stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def average_exactly(optimizer: Any) -> None:
    """Let an optimizer average variables so that one that stays as it is equals its average, bit for bit.

    Keras adds a part of the average and a part of the variable, which rounds even if the two are equal. And when a
    training ends it pairs the averages with the variables that learn by then, unchecked: where layers were to learn
    later, these are fewer than the optimizer was built for.

    Args:
        optimizer: A Keras optimizer with ``use_ema: true``; changed in place, what it saves stays the same.
    """
    averages = _Averages(optimizer)
    optimizer._update_model_variables_moving_average = averages.update
    optimizer.finalize_variable_values = averages.finalize


class _Averages:
    """Stands in for two methods of an optimizer."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer

    def update(self, variables: Sequence[Any]) -> None:
        """Move the averages towards the variables, the first time all the way."""
        from keras import ops

        optimizer = self._optimizer
        share = ops.where(ops.equal(optimizer.iterations, 0), 1.0, 1 - optimizer.ema_momentum)
        for variable, average in zip(variables, optimizer._model_variables_moving_average, strict=True):
            if average is not None:
                average.assign(average + (variable - average) * ops.cast(share, variable.dtype))

    def finalize(self, learning: Sequence[Any]) -> None:
        """Put the averages in the place of all variables that the optimizer was built for."""
        optimizer = self._optimizer
        optimizer._overwrite_model_variables_with_average_value(optimizer._trainable_variables)
