"""Initial weights from another run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.errors import ConfigError, RunError
from shapenet.experiment import load_experiment
from shapenet.training.fit import TrainingResult

from .conftest import CONFIG, Recorder, train_in
from .stopped import crash, go_on, outcome, stop, undisturbed
from .weights import weights_at

STILL = ("training.epochs=1", "training.learning_rate_multipliers={'*': 0.0}")
CONV = "layers/conv2d/vars/0"
HEAD = "layers/dense_1/vars/0"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A run whose weights are moved on."""
    return train_in(tmp_path_factory.mktemp("source"), "name=source", "training.epochs=1")


def test_weights_of_a_run_are_the_first_ones(tmp_path: Path, source: TrainingResult) -> None:
    recorder = Recorder()
    result = train_in(tmp_path, f"init.run={source.run.root}", *STILL, reporter=recorder)
    theirs, ours = weights_at(source.run.best_dir), weights_at(result.run.last_dir)
    assert all(np.array_equal(theirs[name], ours[name]) for name in theirs if name.startswith("layers/"))
    assert recorder.start is not None
    assert recorder.start.initial is not None
    assert recorder.start.initial.num_loaded == 3
    assert "conv2d  loaded, 112 parameters" in result.run.train_log.read_text()


def test_a_run_that_was_killed_before_anything_was_saved_begins_with_them(
    tmp_path: Path, source: TrainingResult
) -> None:
    init = f"init.run={source.run.root}"
    whole = undisturbed(tmp_path, init, config=CONFIG)
    run = stop(tmp_path / "stopped", (1, 4), crash, init, config=CONFIG)
    assert not run.checkpoints_dir.exists()
    assert outcome(go_on(run)) == whole


def test_layers_that_are_not_named_or_do_not_fit_keep_their_own(tmp_path: Path, source: TrainingResult) -> None:
    recorder = Recorder()
    fewer = (
        "model.layers=[{Conv2D: {filters: 4, kernel_size: 3}}, MaxPooling2D, Flatten, {Dense: {units: 5, name: new}}]"
    )
    init = f"init={{run: {source.run.root}, layers: ['conv*', logits, new]}}"
    result = train_in(tmp_path, fewer, init, *STILL, reporter=recorder)
    assert recorder.start is not None
    assert recorder.start.initial is not None
    assert recorder.start.initial.lines()[1:] == [
        "conv2d  loaded, 112 parameters",
        "new     skipped: there is no layer of this name",
        "logits  skipped: expected shapes 5 x 2, 2, received 8 x 2, 2",
    ]
    theirs, ours = weights_at(source.run.best_dir), weights_at(result.run.last_dir)
    np.testing.assert_array_equal(theirs[CONV], ours[CONV])


def test_only_the_layers_that_are_named(tmp_path: Path, source: TrainingResult) -> None:
    result = train_in(tmp_path, f"init={{weights: {source.run.best_dir}/model.weights.h5, layers: conv2d}}", *STILL)
    theirs, ours = weights_at(source.run.best_dir), weights_at(result.run.last_dir)
    assert np.array_equal(theirs[CONV], ours[CONV])
    assert not np.array_equal(theirs[HEAD], ours[HEAD])
    assert "logits  skipped: init.layers does not name it" in result.run.train_log.read_text()


def test_the_run_is_pinned_in_the_resolved_config(tmp_path: Path) -> None:
    first = train_in(tmp_path, "training.epochs=1")
    second = train_in(tmp_path, "init.run=latest", *STILL)
    resolved = load_experiment(second.run.resolved_config).config.init
    assert resolved is not None
    assert resolved.run == str(first.run.root.resolve())


@pytest.mark.parametrize(
    ("init", "error", "message"),
    [
        ("init={run: nothing}", RunError, "nothing"),
        ("init={}", ConfigError, "expected either run or weights"),
        ("init={run: SOURCE, layers: conv}", ConfigError, "no layer that 'conv' means"),
        ("init={run: SOURCE, layers: none_of_these_conv2d}", ConfigError, "no layer that"),
        ("init={weights: SOURCE/run.json}", RunError, "expected a file of weights"),
    ],
)
def test_what_can_not_be_loaded_is_an_error(
    tmp_path: Path, source: TrainingResult, init: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        train_in(tmp_path, init.replace("SOURCE", str(source.run.root)))
    assert not [*(tmp_path / "runs").glob("*/*/run.json")]


def test_weights_of_which_none_fits_are_an_error(tmp_path: Path, source: TrainingResult) -> None:
    other = "model.layers=[Flatten, {Dense: {units: 3, name: convd}}]"
    with pytest.raises(RunError, match="received none that fit") as caught:
        train_in(tmp_path, other, f"init.run={source.run.root}")
    assert caught.value.problems[0].hint == "did you mean conv2d?"


NUMBERS = (
    "data.source.shapes.fields=[image, label, size, centre]",
    "model.input={fields: [size]}",
    "model.layers=[{Dense: {units: 4}}]",
    "task={regression: {fields: [centre]}}",
)
MEANS = ("layers/fields_to_vector/vars/0", "layers/units/vars/0")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A run from numbers to numbers, of larger images."""
    folder = tmp_path_factory.mktemp("numbers")
    return train_in(folder, *NUMBERS, "data.source.shapes.size=64", "training.epochs=1")


def test_what_standardises_keeps_the_statistics_of_its_own_data(tmp_path: Path, numbers: TrainingResult) -> None:
    recorder = Recorder()
    result = train_in(tmp_path, *NUMBERS, f"init.run={numbers.run.root}", *STILL, reporter=recorder)
    assert recorder.start is not None
    assert recorder.start.initial is not None
    kept = "skipped: it holds the statistics of this run's train split"
    lines = [line.split(maxsplit=1) for line in recorder.start.initial.lines()[1:] if "skipped" in line]
    assert lines == [["input_numbers", kept], ["values", kept]]
    theirs, ours = weights_at(numbers.run.best_dir), weights_at(result.run.last_dir)
    statistics = [result.manifest.statistics[name].mean for name in ("size", "centre")]
    for name, mean in zip(MEANS, statistics, strict=True):
        np.testing.assert_allclose(ours[name], np.ravel(mean), rtol=1e-6)
        assert not np.allclose(theirs[name], ours[name])


def test_statistics_that_are_named_in_full_are_taken(tmp_path: Path, numbers: TrainingResult) -> None:
    init = f"init={{run: {numbers.run.root}, layers: ['*', input_numbers]}}"
    result = train_in(tmp_path, *NUMBERS, init, *STILL)
    theirs, ours = weights_at(numbers.run.best_dir), weights_at(result.run.last_dir)
    assert [np.array_equal(theirs[name], ours[name]) for name in MEANS] == [True, False]


def test_statistics_alone_are_nothing_to_begin_with(tmp_path: Path, numbers: TrainingResult) -> None:
    with pytest.raises(RunError, match="values: it holds the statistics") as caught:
        train_in(tmp_path, *NUMBERS, f"init={{run: {numbers.run.root}, layers: 'val*'}}")
    assert "name it in full: init: {layers: values}" in str(caught.value.problems[0].hint)
