"""One task or several in a config, and what is given by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Problem
from shapenet.experiment import load_experiment
from shapenet.registry import Component
from shapenet.training.check import check_experiment

CONFIG = """\
name: tasks
task: {task}
data:
  source: {{shapes: {{classes: [square, star], num_images: 40, size: 16}}}}
model:
  layers: [Flatten, {{Dense: {{units: 4, name: shared}}}}]
{model}
{more}
"""
TWO = "{kind: classification, all: {classification: {multi_label: true}}}"


def load(folder: Path, task: str = TWO, more: str = "", model: str = "") -> ExperimentConfig:
    """The config with other lines at its end, and in its model."""
    path = folder / "tasks.yaml"
    path.write_text(CONFIG.format(task=task, more=more, model=model), encoding="utf-8")
    experiment = load_experiment(path)
    check_experiment(experiment)
    return experiment.config


def problems_of(folder: Path, **given: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, **given)
    return caught.value.problems


def test_one_task_has_the_empty_name(tmp_path: Path) -> None:
    config = load(tmp_path, "classification", "loss: CategoricalCrossentropy")
    assert [*config.tasks] == [""]
    assert config.loss_of("") == Component("loss", "CategoricalCrossentropy")
    assert config.metrics_of("") is None


def test_several_are_given_by_their_names(tmp_path: Path) -> None:
    more = "loss: {all: BinaryFocalCrossentropy}\nmetrics: {kind: [accuracy]}\nloss_weights: {all: 0.5}"
    config = load(tmp_path, more=more, model="  outputs: {all: shared}")
    assert [*config.tasks] == ["kind", "all"]
    assert config.loss_of("kind") is None
    assert config.loss_of("all") == Component("loss", "BinaryFocalCrossentropy")
    assert [metric.name for metric in config.metrics_of("kind") or ()] == ["accuracy"]
    assert (config.loss_weights, config.model.outputs) == ({"all": 0.5}, {"all": "shared"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"more": "loss_weights: {knd: 2.0}"}, ("config/unknown-task", "loss_weights.knd", "did you mean kind?")),
        ({"model": "  outputs: {knd: shared}"}, ("config/unknown-task", "model.outputs.knd", "did you mean kind?")),
        ({"more": "loss: {knd: Dice}"}, ("config/unknown-task", "loss.knd", "did you mean kind?")),
        ({"more": "metrics: {knd: [accuracy]}"}, ("config/unknown-task", "metrics.knd", "did you mean kind?")),
        (
            {"model": "  outputs: {kind: sharde}"},
            ("model/unknown-output", "model.outputs.kind", "did you mean shared?"),
        ),
        ({"more": "loss: Dice"}, ("config/value", "loss", "name the task first: {kind: ...}")),
        ({"more": "loss_weights: {kind: 0.0}"}, ("config/value", "loss_weights.kind", None)),
        (
            {"more": "loss_weights: {kind: 1.0}", "task": "classification"},
            ("config/conflict", "loss_weights", "leave it out"),
        ),
        (
            {"model": "  outputs: {kind: shared}", "task": "classification"},
            ("config/conflict", "model.outputs", "leave it out"),
        ),
        ({"more": "loss: {all: CategoricalCrossentropy}"}, ("config/loss", "loss.all", None)),
    ],
)
def test_what_is_given_to_no_task_is_told_with_its_place(
    tmp_path: Path, given: dict[str, str], expected: tuple[str, str, str | None]
) -> None:
    (problem,) = problems_of(tmp_path, **given)
    code, key, hint = expected
    assert (problem.code, ".".join(map(str, problem.key))) == (code, key)
    assert hint is None or problem.hint == hint
    assert problem.place is not None
    assert problem.place.file.endswith("tasks.yaml")


def test_all_of_it_is_told_at_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, more="loss_weights: {a: 1.0, b: 2.0}", model="  outputs: {c: shared}")
    assert [problem.key[-1] for problem in problems] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("{kind: classification}", "expected at least two tasks that have names of their own, received kind alone"),
        ("{classification: classification, b: classification}", "received 'classification', which is a task's"),
        ("{loss: classification, b: classification}", "none of loss, val, learning_rate"),
        ("{a-b: classification, b: classification}", "expected a name of letters, digits and _"),
        ("{a: clasification, b: classification}", "there is no task 'clasification'"),
    ],
)
def test_names_of_tasks(tmp_path: Path, task: str, message: str) -> None:
    assert message in problems_of(tmp_path, task=task)[0].message
