"""Schedules of the learning rate that Keras lacks: warm-up before any schedule, one cycle, warm-up-stable-decay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from shapenet.registry import REGISTRIES, Part
from shapenet.values import RestOfTraining, StepCount, StepCountOrZero

_Rate = Annotated[float, Field(gt=0)]
_RateOrZero = Annotated[float, Field(ge=0)]


@REGISTRIES["schedule"].register("Warmup")
def warmup(
    *, schedule: Annotated[_Rate, Part("schedule")], steps: StepCount, initial_learning_rate: _RateOrZero = 0.0
) -> Any:
    """Linear warm-up (Goyal et al., 2017), then a number or any schedule, which begins when the warm-up ends.

    Args:
        schedule: What follows: a learning rate that stays, or a schedule. Its first value is where warm-up leads.
        steps: Steps of the warm-up, or ``{epochs: NUMBER}``.
        initial_learning_rate: The rate of the first step.
    """

    def rate_at(step: Any) -> Any:
        from keras import ops

        after = ops.maximum(step - steps, 0.0)
        target = schedule(after) if callable(schedule) else schedule
        part = ops.minimum(step / steps, 1.0)
        return initial_learning_rate + (target - initial_learning_rate) * part

    values = {"schedule": schedule, "steps": steps, "initial_learning_rate": initial_learning_rate}
    return _schedule("Warmup", rate_at, values)


@REGISTRIES["schedule"].register("OneCycle")
def one_cycle(
    *,
    max_learning_rate: _Rate,
    total_steps: RestOfTraining = None,
    warmup_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.3,
    div_factor: Annotated[float, Field(ge=1)] = 25.0,
    final_div_factor: Annotated[float, Field(ge=1)] = 1e4,
) -> Any:
    """One cycle: up to a high rate, then down far below the first one (Smith and Topin, 2018).

    Both ways along half a cosine, as fastai and PyTorch have it. The momentum stays as it is.

    Args:
        max_learning_rate: The highest rate.
        total_steps: Steps of the cycle, or ``{epochs: NUMBER}``; the whole training unless given.
        warmup_fraction: The part of the steps that goes up.
        div_factor: The first rate is the highest one divided by it.
        final_div_factor: The last rate is the first one divided by it.
    """
    first = max_learning_rate / div_factor
    last = first / final_div_factor
    total = _known(total_steps)

    def rate_at(step: Any) -> Any:
        from keras import ops

        rise = max(1.0, total * warmup_fraction)
        fall = max(1.0, total - rise)
        up = _cosine(first, max_learning_rate, ops.minimum(step / rise, 1.0))
        down = _cosine(max_learning_rate, last, ops.clip((step - rise) / fall, 0.0, 1.0))
        return ops.where(step < rise, up, down)

    values = {
        "max_learning_rate": max_learning_rate, "total_steps": total, "warmup_fraction": warmup_fraction,
        "div_factor": div_factor, "final_div_factor": final_div_factor,
    }  # fmt: skip
    return _schedule("OneCycle", rate_at, values)


@REGISTRIES["schedule"].register("WarmupStableDecay")
def warmup_stable_decay(
    *,
    peak_learning_rate: _Rate,
    decay_steps: StepCount,
    warmup_steps: StepCountOrZero = 0,
    stable_steps: RestOfTraining = None,
    end_learning_rate: _RateOrZero = 0.0,
    decay: Literal["linear", "sqrt"] = "linear",
) -> Any:
    """A linear rise, a long stay, and a short decay at the end (Hu et al., MiniCPM, 2024).

    Args:
        peak_learning_rate: The rate that stays.
        decay_steps: Steps of the decay, or ``{epochs: NUMBER}``.
        warmup_steps: Steps of the rise from 0, or ``{epochs: NUMBER}``.
        stable_steps: Steps between the two; the rest of the training unless given.
        end_learning_rate: Where the decay ends.
        decay: ``linear``, or ``sqrt``: along 1 - sqrt(progress) (Hägele et al., 2024).
    """
    stable = _known(stable_steps)
    rise, down = _known(warmup_steps), _known(decay_steps)

    def rate_at(step: Any) -> Any:
        from keras import ops

        progress = ops.clip((step - rise - stable) / down, 0.0, 1.0)
        left = 1.0 - (ops.sqrt(progress) if decay == "sqrt" else progress)
        part = ops.minimum(step / max(rise, 1), 1.0) if rise else 1.0
        return part * (end_learning_rate + (peak_learning_rate - end_learning_rate) * left)

    values = {
        "peak_learning_rate": peak_learning_rate, "decay_steps": down, "warmup_steps": rise, "stable_steps": stable,
        "end_learning_rate": end_learning_rate, "decay": decay,
    }  # fmt: skip
    return _schedule("WarmupStableDecay", rate_at, values)


def _cosine(start: float, end: float, progress: Any) -> Any:
    """From `start` to `end` along half a cosine, as `progress` goes from 0 to 1."""
    import math

    from keras import ops

    return end + (start - end) * 0.5 * (1.0 + ops.cos(math.pi * progress))


def _known(steps: Any) -> int:
    """A number of steps that has been settled before the schedule is made."""
    if not isinstance(steps, int):
        raise TypeError(f"Expected a number of steps. Received: {steps!r}")
    return steps


def _schedule(name: str, rate_at: Callable[[Any], Any], values: Mapping[str, Any]) -> Any:
    """A ``LearningRateSchedule`` whose rate at a step, a float32 scalar, is what `rate_at` says."""
    return _class()(name, rate_at, values)


@cache
def _class() -> type:
    import keras

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        """One of ours."""

        def __init__(self, name: str, rate_at: Callable[[Any], Any], values: Mapping[str, Any]) -> None:
            self.name, self._rate_at, self._values = name, rate_at, values

        def __call__(self, step: Any) -> Any:
            return self._rate_at(keras.ops.cast(step, "float32"))

        def get_config(self) -> dict[str, Any]:
            return {**self._values, "name": self.name}

    return Schedule
