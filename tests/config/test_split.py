"""The rules of data.split, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.schema import SplitConfig
from shapenet.config.split import parse_fold
from shapenet.errors import ConfigError
from shapenet.experiment import Experiment, load_experiment

CONFIG = """\
name: quick
data:
  source: {shapes: {classes: [square, star], num_images: 40, size: 16}}
  split: SPLIT
model:
  layers: [Flatten]
"""


def load(folder: Path, split: str, *overrides: str) -> Experiment:
    path = folder / "f.yaml"
    path.write_text(CONFIG.replace("SPLIT", split), encoding="utf-8")
    return load_experiment(path, overrides)


@given(st.integers(1, 99_999), st.integers(2, 99_999))
def test_folds_are_read_as_they_are_written(number: int, total: int) -> None:
    if number <= total:
        assert parse_fold(f"{number}/{total}") == (number, total)
    else:
        with pytest.raises(ValueError, match="1 <= i <= k"):
            parse_fold(f"{number}/{total}")


@pytest.mark.parametrize("text", ["", "2", "0/5", "1/1", "2/", "/5", "2/5/7", "-1/5", "1.0/5", " 1/5", "²/5"])
def test_other_texts_are_no_folds(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2/5"):
        parse_fold(text)


@pytest.mark.parametrize("written", ["{fold: 2/5}", "{fold: '2/5'}", '{"fold": "2/5", val: null}'])
def test_a_fold_is_text_in_yaml(tmp_path: Path, written: str) -> None:
    split = load(tmp_path, written).config.data.split
    assert (split.fold, split.fold_number, split.fractions) == ("2/5", (2, 5), {"val": 0.0, "test": 0.0})


@pytest.mark.parametrize(
    ("written", "fractions"),
    [
        ("{}", {"val": 0.1, "test": 0.1}),
        ("{val: 0.3}", {"val": 0.3, "test": 0.1}),
        ("{val: null}", {"val": 0.0, "test": 0.1}),
        ("{group: patient}", {"val": 0.1, "test": 0.1}),
        ("{fold: 1/2, test: 0.3}", {"val": 0.0, "test": 0.3}),
        ("{column: side}", {"val": 0.0, "test": 0.0}),
    ],
)
def test_fractions_hold_where_nothing_else_decides(tmp_path: Path, written: str, fractions: dict[str, float]) -> None:
    experiment = load(tmp_path, written)
    assert experiment.config.data.split.fractions == fractions
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(experiment.resolved(), encoding="utf-8")
    assert load_experiment(resolved).config == experiment.config


def test_nothing_given_is_the_default() -> None:
    assert SplitConfig() == SplitConfig(val=0.1, test=0.1)


def test_a_file_is_found_from_the_config_and_its_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    (tmp_path / "latest").symlink_to("run-1")
    assert load(tmp_path, "{file: latest/split.csv}").config.data.split.file == tmp_path.resolve() / "run-1/split.csv"


def test_a_loop_of_links_is_left_to_whoever_reads_it(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert load(tmp_path, "{file: loop}").config.data.split.file is not None


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("{fold: 6/5}", 17, "data.split.fold: expected a fold i/k with 1 <= i <= k and k at least 2, such as 2/5"),
        ("{fold: 2}", 17, "such as 2/5, received 2"),
        ("{fold: 1/5, val: 0.1}", 27, "data.split.val does not go with fold: the fold is the val split"),
        ("{fold: 1/5, column: a}", 17, "expected one of column, file, fold; received column and fold"),
        ("{column: a, file: b}", 28, "received column and file"),
        ("{column: a, test: 0.0}", 28, "data.split.test does not go with column"),
        ("{column: a, group: b}", 29, "data.split.group does not go with column"),
        ("{file: a, stratify: false}", 30, "data.split.stratify does not go with file"),
        ("{fold: 1/5, test: 1.0}", 28, "data.split.test: expected less than 1"),
        ("{val: 0.5, test: 0.5}", 10, "expected val + test below 1, received 0.5 + 0.5"),
        ("{column: ''}", 19, "data.split.column"),
        ("{stratify: 1}", 21, "data.split.stratify: expected true or false"),
        ("{colum: a}", 11, "data.split.colum is not a field"),
    ],
)
def test_what_does_not_go_together_is_told_with_its_place(
    tmp_path: Path, written: str, column: int, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, written)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (4, column)


def test_a_fold_does_not_go_with_a_source_for_validation(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data.split.fold does not go with data.val"):
        load(tmp_path, "{fold: 1/5}", "data.val={shapes: {classes: [square, star], num_images: 10, size: 16}}")


def test_balancing_twice_is_refused(tmp_path: Path) -> None:
    assert load(tmp_path, "{}", "data.oversample=true", "training.class_weight={star: 2}")
    with pytest.raises(ConfigError, match=r"balanced does not go with data.oversample"):
        load(tmp_path, "{}", "data.oversample=true", "training.class_weight=balanced")


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_weights_are_positive_numbers(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "{}", f"training.class_weight={{star: {value}}}")
    (problem,) = caught.value.problems
    assert problem.message.startswith("training.class_weight.star: expected ")
