"""Which trials a sweep has, and what is told before the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Place
from shapenet.sweeps.config import load_sweep
from shapenet.sweeps.space import grid
from tests.sweeps.written import BASE, SWEEP, write_sweep


def test_a_grid_is_every_combination_the_last_key_fastest() -> None:
    space = parse_yaml("a: [1, 2]\nb.c: [x, {y: 3}]", "f.yaml", Path())
    trials = [(trial.number, trial.values) for trial in grid(space)]
    assert trials == [
        (1, {"a": 1, "b.c": "x"}),
        (2, {"a": 1, "b.c": {"y": 3}}),
        (3, {"a": 2, "b.c": "x"}),
        (4, {"a": 2, "b.c": {"y": 3}}),
    ]


def test_trials_are_the_base_with_overrides_and_values(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path))
    config = sweep.experiment(sweep.trials[3]).config
    assert (config.name, config.project) == ("base-t004", "try")
    assert (config.training.epochs, config.training.batch_size) == (2, 16)
    assert config.optimizer.to_config() == {"SGD": {"learning_rate": 0.01}}


@pytest.mark.parametrize(
    "text", ["grid: {data.source.csv.path: [x.csv]}", "overrides: {data.source.csv.path: x.csv}\ngrid: {seed: [1]}"]
)
def test_paths_start_from_the_sweep_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    path = tmp_path / "sweeps" / "sweep.yaml"
    path.write_text(f"name: a\nbase: ../base.yaml\n{text}\n", encoding="utf-8")
    sweep = load_sweep(path)
    source = sweep.experiment(sweep.trials[0]).config.data.source
    assert source.arguments["path"] == tmp_path / "sweeps" / "x.csv"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("grid:", "gird:", "sweep.yaml:4:1: gird is not a field\n  help: did you mean grid?"),
        ("[8, 16]", "[8, no]", "sweep.yaml:6:28: training.batch_size: expected an integer, received 'no'"),
        ("[8, 16]", "8", "sweep.yaml:6:24: grid.training.batch_size: expected a list, received 8"),
        ("[8, 16]", "[]", "sweep.yaml:6:24: grid.training.batch_size"),
        ("batch_size", "batchsize", "sweep.yaml:6:3: training.batchsize is not a field"),
        ("SGD.learning_rate", "SGD.rate", "SGD has no argument 'rate'"),
        ("epochs: 2", "epochs: two", "sweep.yaml:3:30: training.epochs: expected an integer, received 'two'"),
        ("training.epochs", "training..epochs", "sweep.yaml:3:13: expected a dotted key"),
        ("{training.epochs: 2}", "[training.epochs=2]", "sweep.yaml:3:12: overrides: expected a mapping"),
        ("optimizer.SGD.learning_rate", "name", "sweep.yaml:5:3: grid.name can't be given: every run is named"),
        ("training.batch_size", "project", "sweep.yaml:6:3: grid.project can't be given: every run's project is"),
        ("training.epochs: 2", "project: x", "sweep.yaml:3:13: overrides.project can't be given"),
    ],
)
def test_every_trial_is_checked_before_the_first(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sweep(write_sweep(tmp_path, SWEEP.replace(old, new)))
    assert expected in str(caught.value)


def test_a_missing_base_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_sweep(write_sweep(tmp_path, SWEEP.replace("base.yaml", "bass.yaml")))
    (problem,) = caught.value.problems
    assert (problem.place, problem.code) == (Place(str(tmp_path / "sweep.yaml"), 2, 7), "config/missing-file")
    assert problem.message.endswith(str(tmp_path / "bass.yaml"))
    assert "base.yaml" in str(problem.hint)


def test_a_base_need_not_be_whole(tmp_path: Path) -> None:
    source = "{shapes: {classes: [square, ring], num_images: 60, size: 8}}"
    path = write_sweep(tmp_path, f"{SWEEP}  data.source: [{source}]\n")
    (tmp_path / "base.yaml").write_text(BASE.replace(source, "null"))
    assert len(load_sweep(path).trials) == 4


def test_references_in_the_base_name_are_each_trials_own(tmp_path: Path) -> None:
    path = write_sweep(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE.replace("name: base", "name: b${training.batch_size}"))
    sweep = load_sweep(path)
    assert [sweep.experiment(trial).config.name for trial in sweep.trials[:2]] == ["b8-t001", "b16-t002"]


@pytest.mark.parametrize(
    ("metrics", "objective", "hint"),
    [
        ("", "val_acuracy", "did you mean val_accuracy or accuracy?"),
        ("metrics: [AUC]", "accuracy", None),
        ("metrics: [AUC: {name: area}]", "auc", None),
        ("", "seconds", None),
    ],
)
def test_an_objective_is_checked_before_the_first_trial(
    tmp_path: Path, metrics: str, objective: str, hint: str | None
) -> None:
    path = write_sweep(tmp_path, f"{SWEEP}objective: {objective}\n")
    (tmp_path / "base.yaml").write_text(BASE + metrics)
    with pytest.raises(ConfigError) as caught:
        load_sweep(path)
    (problem,) = caught.value.problems
    assert (problem.place, problem.hint) == (Place(str(path), 7, 12), hint)
    assert f"received {objective!r}" in problem.message


def test_an_objective_on_a_val_split_that_there_is_not(tmp_path: Path) -> None:
    text = SWEEP.replace("{training.epochs: 2}", "{data.split.val: 0.0}") + "objective: val_loss\n"
    with pytest.raises(ConfigError, match="there is no val split"):
        load_sweep(write_sweep(tmp_path, text))


@pytest.mark.parametrize("objective", ["loss", "val_loss", "accuracy", "val_accuracy"])
def test_objectives_that_runs_have(tmp_path: Path, objective: str) -> None:
    sweep = load_sweep(write_sweep(tmp_path, f"{SWEEP}objective: {objective}\n"))
    assert sweep.config.objective == objective


FOLDS = """\
name: folds
base: base.yaml
overrides: {data.split: {test: 0.2}}
grid: {data.split.fold: [1/3, 2/3, 3/3]}
"""


def test_folds_are_a_grid(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path, FOLDS))
    splits = [sweep.experiment(trial).config.data.split for trial in sweep.trials]
    assert [split.fold_number for split in splits] == [(1, 3), (2, 3), (3, 3)]
    assert {split.test for split in splits} == {0.2}


def test_a_fold_that_is_none_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sweep.yaml:4:\d+: data.split.fold: expected a fold i/k") as caught:
        load_sweep(write_sweep(tmp_path, FOLDS.replace("3/3", "4/3")))
    assert len(caught.value.problems) == 1
