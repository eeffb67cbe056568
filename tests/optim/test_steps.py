"""Epochs become steps; what can't work is told before the data is read."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.optim.steps import Pace, check_schedule, in_steps, settled_for_ever
from shapenet.registry import Component
from shapenet.vocabulary import load_vocabulary

PACE = Pace(steps_per_epoch=100, epochs=10)


@pytest.fixture(autouse=True)
def _vocabulary() -> None:
    load_vocabulary()


def schedule(value: Any) -> Component:
    return parse_component("schedule", value)


def settled(value: Any) -> dict[str, Any]:
    return dict(in_steps(schedule(value), PACE).arguments)


def test_epochs_become_steps_and_steps_stay() -> None:
    restarts = {"CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": {"epochs": 2.5}}}
    assert settled(restarts)["first_decay_steps"] == 250
    assert (
        settled({"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}})[
            "decay_steps"
        ]
        == 7
    )
    values = {"boundaries": [{"epochs": 3}, {"epochs": 6}], "values": [0.1, 0.01, 0.001]}
    assert settled({"PiecewiseConstantDecay": values})["boundaries"] == [300, 600]
    tiny = {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": {"epochs": 0.0001}}}
    assert settled(tiny)["decay_steps"] == 1


def test_the_rest_of_the_training_is_what_other_phases_leave() -> None:
    assert settled({"CosineDecay": {"initial_learning_rate": 0.1}})["decay_steps"] == 1000
    warm = {"initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_steps": {"epochs": 1}}
    assert settled({"CosineDecay": warm})["decay_steps"] == 900
    inner = {"PolynomialDecay": {"initial_learning_rate": 0.1}}
    outer = settled({"Warmup": {"schedule": inner, "steps": {"epochs": 2}}})
    assert outer["steps"] == 200
    assert outer["schedule"].arguments["decay_steps"] == 800
    stable = {"peak_learning_rate": 0.1, "decay_steps": {"epochs": 2}, "warmup_steps": 50}
    assert settled({"WarmupStableDecay": stable})["stable_steps"] == 750
    assert settled({"OneCycle": {"max_learning_rate": 0.1}})["total_steps"] == 1000


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"CosineDecay": {"initial_learning_rate": 0.1, "warmup_steps": {"epochs": 10}, "warmup_target": 1.0}},
            "leave none",
        ),
        (
            {"CosineDecay": {"initial_learning_rate": 0.1, "warmup_steps": {"epochs": 1}}},
            "expected warmup_target beside",
        ),
        ({"CosineDecay": {"initial_learning_rate": 0.1, "warmup_target": 1.0}}, "expected warmup_steps beside"),
        ({"Warmup": {"schedule": 0.1, "steps": {"epochs": 20}}}, "leave none"),
        ({"Warmup": {"schedule": {"CosineDecay": {"initial_learning_rate": 0.1}}, "steps": {"epochs": 11}}}, "none"),
        (
            {"PiecewiseConstantDecay": {"boundaries": [{"epochs": 3}, {"epochs": 2}], "values": [1.0, 2.0, 3.0]}},
            "rising",
        ),
        ({"PiecewiseConstantDecay": {"boundaries": [3, 2], "values": [1.0, 2.0, 3.0]}}, "rising"),
        ({"PiecewiseConstantDecay": {"boundaries": [{"epochs": 3}], "values": [1.0, 2.0, 3.0]}}, "expected 2 values"),
    ],
)
def test_what_can_never_work_is_told_without_data(value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check_schedule(schedule(value), 10, ("optimizer", "Adam", "learning_rate"))
    assert caught.value.problems[0].key[:3] == ("optimizer", "Adam", "learning_rate")


def test_plain_steps_are_judged_once_the_data_is_known() -> None:
    warm = schedule({"CosineDecay": {"initial_learning_rate": 0.1, "warmup_steps": 1000, "warmup_target": 1.0}})
    check_schedule(warm, 10, ())
    assert in_steps(warm, Pace(101, 10)).arguments["decay_steps"] == 10
    with pytest.raises(ConfigError, match="all 1,000 steps"):
        in_steps(warm, PACE)
    mixed = schedule({"PiecewiseConstantDecay": {"boundaries": [500, {"epochs": 3}], "values": [1.0, 2.0, 3.0]}})
    check_schedule(mixed, 10, ())
    with pytest.raises(ConfigError, match="500, 300"):
        in_steps(mixed, PACE)


def test_warm_up_may_be_turned_off_by_name() -> None:
    no_steps = {"initial_learning_rate": 0.1, "warmup_target": 1.0, "warmup_steps": 0}
    no_target = {"initial_learning_rate": 0.1, "warmup_target": None, "warmup_steps": {"epochs": 2}}
    for arguments in (no_steps, no_target):
        check_schedule(schedule({"CosineDecay": arguments}), 10, ())
        assert settled({"CosineDecay": arguments})["decay_steps"] == 1000
    check_schedule(schedule({"Warmup": {"schedule": 0.1, "steps": {"epochs": 10}}}), 10, ())


def test_what_is_settled_once_fits_a_shorter_training() -> None:
    warm = schedule({"Warmup": {"schedule": 0.1, "steps": {"epochs": 2}}})
    assert in_steps(settled_for_ever(warm, 10), Pace(4, 1)).arguments["steps"] == 2 * 10**6


@pytest.mark.parametrize("steps", [0, -1, True, "many", {"epochs": 0}, {"epochs": "two"}, {"steps": 3}, None])
def test_steps_of_no_use_are_refused(steps: object) -> None:
    with pytest.raises(ConfigError, match=r"steps: expected a number of (steps|epochs)"):
        schedule({"Warmup": {"schedule": 0.1, "steps": steps}})
