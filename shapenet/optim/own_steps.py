"""Variables that begin to learn late: an optimizer that counts their steps from their own first one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_COUNTERS = {"_iterations": "zeros", "_u_product": "ones"}
"""Where Keras's optimizers keep what changes with each step for all variables alike, and how it begins: the number
of steps, and Nadam's product of momenta."""


def count_own_steps(optimizer: Any, late: Sequence[Sequence[Any]]) -> None:
    """Let an optimizer update variables that join late as it does at the start of a training.

    Adam and its kin make up for moments that begin at 0 by the number of steps. Counted from the start of the
    training it would be too high for moments that begin late: their first updates would be several times the
    learning rate (Kingma and Ba, "Adam", 2015, section 3). A schedule of the learning rate still follows all steps.

    Args:
        optimizer: A Keras optimizer that is built; changed in place. What it saves grows by the numbers of steps.
        late: The variables that join late, in groups of those that do so together.
    """
    if late:
        optimizer._backend_update_step = _OwnSteps(optimizer, late).update


class _OwnSteps:
    """Stands in for a method of an optimizer."""

    def __init__(self, optimizer: Any, late: Sequence[Sequence[Any]]) -> None:
        self._optimizer = optimizer
        self._update = optimizer._backend_update_step
        self._groups = {optimizer._var_key(variable): number for number, group in enumerate(late) for variable in group}
        self._counters = [self._new_counters(number) for number in range(len(late))]

    def _new_counters(self, number: int) -> dict[str, Any]:
        optimizer = self._optimizer
        own = {name: getattr(optimizer, name) for name in _COUNTERS if hasattr(optimizer, name)}
        return {
            name: optimizer.add_variable((), _COUNTERS[name], dtype=counter.dtype, name=f"late_{number}{name}")
            for name, counter in own.items()
        }

    def update(self, gradients: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> None:
        """Update variables, each group by its own steps."""
        groups: dict[int | None, list[tuple[Any, Any]]] = {}
        for gradient, variable in zip(gradients, variables, strict=True):
            group = self._groups.get(self._optimizer._var_key(variable))
            groups.setdefault(group, []).append((gradient, variable))
        for group, pairs in groups.items():
            with self._counting(group):
                self._update([pair[0] for pair in pairs], [pair[1] for pair in pairs], learning_rate)

    @contextmanager
    def _counting(self, group: int | None) -> Iterator[None]:
        """Let the optimizer find a group's counters where it keeps its own, and count a step."""
        if group is None:
            yield
            return
        counters, place = self._counters[group], vars(self._optimizer)
        kept = {name: place[name] for name in counters}
        place.update(counters)  # not by assignment, of which Keras would take note
        try:
            yield
        finally:
            place.update(kept)
        counters["_iterations"].assign_add(self._optimizer.gradient_accumulation_steps or 1)
