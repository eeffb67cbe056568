"""The rates that our schedules give."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shapenet.optim.schedules import one_cycle, warmup, warmup_stable_decay


def rates(schedule: Any, steps: list[int]) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_warm_up_leads_to_a_rate_that_stays() -> None:
    schedule = warmup(schedule=0.4, steps=4)
    assert rates(schedule, [0, 1, 2, 4, 100]) == pytest.approx([0.0, 0.1, 0.2, 0.4, 0.4])
    assert rates(warmup(schedule=0.4, steps=4, initial_learning_rate=0.2), [0, 2]) == pytest.approx([0.2, 0.3])


def test_a_schedule_begins_when_warm_up_ends() -> None:
    import keras

    inner = keras.optimizers.schedules.PolynomialDecay(0.4, decay_steps=10, end_learning_rate=0.0)
    schedule = warmup(schedule=inner, steps=4)
    assert rates(schedule, [2, 4, 9, 14]) == pytest.approx([0.2, 0.4, 0.2, 0.0])


def test_one_cycle_rises_and_falls() -> None:
    schedule = one_cycle(max_learning_rate=1.0, total_steps=100, div_factor=10.0, final_div_factor=100.0)
    start, middle, top, end = rates(schedule, [0, 15, 30, 100])
    assert (start, top, end) == pytest.approx((0.1, 1.0, 0.001))
    assert middle == pytest.approx(0.55)
    fall = rates(schedule, [65])[0]
    assert fall == pytest.approx(0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi / 2)))


@pytest.mark.parametrize(("decay", "halfway"), [("linear", 0.55), ("sqrt", 0.1 + 0.9 * (1 - math.sqrt(0.5)))])
def test_warm_up_stable_decay(decay: Any, halfway: float) -> None:
    schedule = warmup_stable_decay(
        peak_learning_rate=1.0, decay_steps=20, warmup_steps=10, stable_steps=70, end_learning_rate=0.1, decay=decay
    )
    assert rates(schedule, [0, 5, 10, 50, 80, 90, 100, 200]) == pytest.approx(
        [0.0, 0.5, 1.0, 1.0, 1.0, halfway, 0.1, 0.1]
    )


def test_an_optimizer_follows_one_and_can_write_it_down() -> None:
    import keras

    optimizer = keras.optimizers.SGD(warmup(schedule=0.4, steps=4))
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([[1.0]])
    assert float(variable[0]) == pytest.approx(1.0 - 0.0 - 0.1 - 0.2)
    assert float(optimizer.learning_rate) == pytest.approx(0.3)
    assert optimizer.get_config()["learning_rate"]["config"]["steps"] == 4
