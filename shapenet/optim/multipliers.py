"""Learning rates of layers: an optimizer whose rate is multiplied by a number for each variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any


def multiply_learning_rates(optimizer: Any, multipliers: Mapping[int, float], variables: Sequence[Any]) -> None:
    """Let an optimizer train each variable as if its learning rate were so many times as high.

    The rate itself is multiplied, in the update and in the weight decay, since gradients that are
    multiplied make no difference to Adam and its kin. Where the multiplier is 0 the variable stays as
    it is, and so does what the optimizer remembers of it.

    Args:
        optimizer: A Keras optimizer; changed in place, what it saves stays the same.
        multipliers: By position in `variables`; 1 for the others.
        variables: The variables of the model.
    """
    by_key = {optimizer._var_key(variables[index]): value for index, value in multipliers.items()}
    rates = _Rates(optimizer, by_key)
    optimizer.update_step = rates.update_step
    optimizer._apply_weight_decay = rates.decay
    optimizer._get_current_learning_rate = rates.current


class _Rates:
    """Stands in for three methods of an optimizer."""

    def __init__(self, optimizer: Any, multipliers: Mapping[Any, float]) -> None:
        self._optimizer = optimizer
        self._multipliers = multipliers
        self._update_step = optimizer.update_step
        self._decay = optimizer._apply_weight_decay
        self._current = optimizer._get_current_learning_rate
        self._now = 1.0

    def of(self, variable: Any) -> float:
        """The multiplier of a variable."""
        return self._multipliers.get(self._optimizer._var_key(variable), 1.0)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable at its own rate."""
        multiplier = self.of(variable)
        if multiplier:
            self._update_step(gradient, variable, learning_rate * multiplier if multiplier != 1 else learning_rate)

    def decay(self, variables: Sequence[Any]) -> None:
        """Let variables decay, each at its own rate."""
        for multiplier, alike in groupby(sorted(variables, key=self.of), key=self.of):
            if multiplier:
                self._now = multiplier
                self._decay([*alike])
        self._now = 1.0

    def current(self) -> Any:
        """The learning rate at this step; multiplied while weights decay."""
        rate = self._current()
        return rate if self._now == 1 else rate * self._now
