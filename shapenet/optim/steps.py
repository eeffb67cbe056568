"""Epochs as steps: what a schedule of the learning rate is told once the data is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from shapenet.errors import ConfigError, Key, Problem
from shapenet.registry import Component, Parameter
from shapenet.values import REST, RestOfTraining, StepCount, StepCountOrZero
from shapenet.words import counted

_FINE = 10**6
"""Steps of an epoch that make no difference in rounding."""


@dataclass(frozen=True)
class Pace:
    """How long a training is.

    Attributes:
        steps_per_epoch: Training steps of an epoch, one for each batch. Keras's schedules count them, and not the
            updates of the weights, which `gradient_accumulation_steps` makes fewer.
        epochs: The most epochs there will be.
    """

    steps_per_epoch: int
    epochs: int

    @property
    def total(self) -> int:
        """All steps."""
        return self.steps_per_epoch * self.epochs


def in_steps(schedule: Component, pace: Pace, key: Key = ()) -> Component:
    """A schedule with its epochs turned into steps, and with what is left of the training where it says nothing.

    Args:
        schedule: A schedule as a config has it.
        pace: How long the training is.
        key: Where in the config the schedule's arguments stand.

    Raises:
        ConfigError: Its phases don't follow each other, or leave no step for the rest.
    """
    return _in_steps(schedule, pace, pace.total, key)


def _in_steps(schedule: Component, pace: Pace, total: int, key: Key) -> Component:
    parameters = schedule.entry.parameters
    given = {name: _converted(value, pace) for name, value in schedule.arguments.items()}
    if "warmup_target" in parameters and given.get("warmup_target") is None:
        given["warmup_steps"] = 0  # Keras passes over them
    phases = sum(given.get(name) or 0 for name in parameters if is_in_steps(parameters[name]))
    rest = total - phases
    for name, parameter in parameters.items():
        is_rest = REST in getattr(parameter.annotation, "__metadata__", ())
        if is_rest and given.get(name) is None:
            given[name] = _checked_rest(schedule, rest, total, key)
        elif parameter.part == "schedule":
            if rest < 0 and any(isinstance(value, Mapping) for value in schedule.arguments.values()):  # in epochs
                _checked_rest(schedule, rest, total, key)
            if isinstance(part := given.get(name), Component):
                given[name] = _in_steps(part, pace, rest, (*key, name, part.name))
    _check_boundaries(given, (*key, "boundaries"))
    return schedule.having(**given)


def is_in_steps(parameter: Parameter) -> bool:
    """Whether an argument of a schedule is a phase of the training, in steps or epochs."""
    return parameter.annotation in (StepCount, StepCountOrZero, RestOfTraining)


def _converted(value: Any, pace: Pace) -> Any:
    if isinstance(value, Mapping) and set(value) == {"epochs"}:
        return max(1, round(value["epochs"] * pace.steps_per_epoch))
    if isinstance(value, list | tuple):
        return [_converted(item, pace) for item in value]
    return value


def _checked_rest(schedule: Component, rest: int, total: int, key: Key) -> int:
    if rest >= 1:
        return rest
    whole = "the whole training" if total % _FINE == 0 else f"all {counted(total, 'step')} of the training"
    message = f"{schedule.name}: the other phases take {whole}, and leave none"
    hint = "make them shorter, or train for more epochs"
    raise ConfigError("config/schedule", message, key=key, hint=hint)


def _check_boundaries(given: Mapping[str, Any], key: Key) -> None:
    boundaries = given.get("boundaries")
    if isinstance(boundaries, list) and any(first >= second for first, second in pairwise(boundaries)):
        steps = ", ".join(f"{boundary:,}" for boundary in boundaries)
        raise ConfigError("config/schedule", f"boundaries: expected rising steps, received {steps}", key=key)


def settled_for_ever(schedule: Component, epochs: int) -> Component:
    """A schedule in plain steps of epochs that have so many that a short trial stays at its beginning.

    Args:
        schedule: A schedule as a config has it.
        epochs: The most epochs of the whole training.
    """
    return in_steps(schedule, Pace(_FINE, epochs))


def stretched(schedule: Component, factor: int) -> Component:
    """A schedule that takes `factor` times as many steps for what it is told in steps; epochs stay epochs.

    Args:
        schedule: A schedule as a config has it.
        factor: How many steps there are now in place of one.
    """
    parameters = schedule.entry.parameters

    def changed(name: str, value: Any) -> Any:
        if isinstance(value, Component) and value.kind == "schedule":
            return stretched(value, factor)
        if name == "boundaries":
            return [item * factor if isinstance(item, int) else item for item in value]
        in_plain_steps = isinstance(value, int) and is_in_steps(parameters[name])
        return value * factor if in_plain_steps else value

    return schedule.having(**{name: changed(name, value) for name, value in schedule.arguments.items()})


def check_schedule(schedule: Component, epochs: int, key: Key) -> None:
    """Refuse a schedule that can't work whatever the data is; needs neither Keras nor data.

    Args:
        schedule: A schedule as a config has it.
        epochs: The most epochs of the training.
        key: Where in the config its name stands.

    Raises:
        ConfigError: A phase is longer than the training, boundaries don't rise, their number does not fit
            that of the values, or a warm-up is told by half.
    """
    problems = [*_problems(schedule, (*key, schedule.name))]
    if problems:
        raise ConfigError(problems)
    if not any(_plain_steps(schedule)):
        in_steps(schedule, Pace(_FINE, epochs), (*key, schedule.name))


def _problems(schedule: Component, key: Key) -> Iterator[Problem]:
    boundaries, values = (schedule.arguments.get(name) for name in ("boundaries", "values"))
    if isinstance(boundaries, list) and isinstance(values, list) and len(values) != len(boundaries) + 1:
        expected = counted(len(boundaries) + 1, "value")
        message = f"{schedule.name}: expected {expected}, one more than boundaries; received {len(values)}"
        yield Problem("config/schedule", message, key=(*key, "values"))
    if "warmup_target" in schedule.entry.parameters:
        yield from _warmup_problems(schedule, key)
    for name, part in schedule.arguments.items():
        if isinstance(part, Component) and part.kind == "schedule":
            yield from _problems(part, (*key, name, part.name))


def _warmup_problems(schedule: Component, key: Key) -> Iterator[Problem]:
    """What is told by half; 0 steps, or null for the target, turn warm-up off by name, as in a sweep."""
    for given, missing in (("warmup_steps", "warmup_target"), ("warmup_target", "warmup_steps")):
        if schedule.arguments.get(given) and missing not in schedule.arguments:
            message = f"{schedule.name}: expected {missing} beside {given}"
            hint = "warm-up goes from initial_learning_rate to warmup_target in warmup_steps, {epochs: 1} for example"
            yield Problem("config/schedule", message, key=(*key, given), hint=hint)


def _plain_steps(schedule: Component) -> Iterator[bool]:
    """Whether each argument of a schedule is given in plain steps, which the data must be known to judge."""
    parameters = schedule.entry.parameters
    for name, value in schedule.arguments.items():
        if isinstance(value, Component) and value.kind == "schedule":
            yield from _plain_steps(value)
        elif name == "boundaries":
            yield len({isinstance(item, int) for item in value}) > 1
        else:
            yield is_in_steps(parameters[name]) and isinstance(value, int) and value > 0
