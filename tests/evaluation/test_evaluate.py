"""Evaluation of a trained run: figures, files, other data, and what can't be evaluated."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import DataError, RunError
from shapenet.evaluation.evaluate import Evaluation, evaluate
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from tests.evaluation.judged import COLOURS, copied, write_images


@pytest.fixture(scope="module")
def evaluation(run: RunDir) -> Evaluation:
    return evaluate(run, split="test", data=None, reporter=Reporter())


def test_figures_agree_with_the_predictions(evaluation: Evaluation) -> None:
    with evaluation.predictions[""].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    accuracy = sum(row["label"] == row["predicted"] for row in rows) / len(rows)
    losses = [-np.log(float(row[f"p_{row['label']}"])) for row in rows]
    assert evaluation.reports[""].figures.accuracy == pytest.approx(accuracy)
    assert evaluation.figures["accuracy"] == pytest.approx(accuracy)
    assert evaluation.figures["loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    for row in rows:
        assert sum(float(row[f"p_{name}"]) for name in COLOURS) == pytest.approx(1, abs=1e-5)


def test_the_test_split_is_the_one_that_was_held_out(run: RunDir, evaluation: Evaluation) -> None:
    with run.split_csv.open(newline="", encoding="utf-8") as file:
        held_out = [row["name"] for row in csv.DictReader(file) if row["split"] == "test"]
    with evaluation.predictions[""].open(newline="", encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)] == held_out


def test_metrics_json_has_everything(run: RunDir, evaluation: Evaluation) -> None:
    metrics = json.loads((evaluation.folder / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["run"], metrics["split"], metrics["num_examples"]) == (run.id, "test", 30)
    assert metrics["loss"] == evaluation.figures["loss"]
    assert metrics["accuracy"] == evaluation.reports[""].figures.accuracy
    assert [row["class"] for row in metrics["per_class"]] == sorted(COLOURS)
    assert np.sum(metrics["confusion"]) == 30
    assert metrics["epoch"] in (1, 2)


def test_the_epoch_is_that_of_the_weights_whatever_the_record_says(run: RunDir, tmp_path: Path) -> None:
    shutil.copytree(run.root, tmp_path / "copy", symlinks=True)
    copy = RunDir(tmp_path / "copy")
    manifest = read_manifest(copy.run_json)
    assert manifest.best is not None
    write_manifest(copy.run_json, manifest.changed(best=manifest.best.model_copy(update={"epoch": 77})))
    assert evaluate(copy, split="val", data=None, reporter=Reporter()).epoch == manifest.best.epoch


def test_confusion_csv_is_the_matrix(evaluation: Evaluation) -> None:
    with (evaluation.folder / "confusion.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[1:] == sorted(COLOURS)
    assert [[int(count) for count in row[1:]] for row in rows] == evaluation.reports[""].figures.confusion.tolist()


def test_pictures_are_drawn(evaluation: Evaluation) -> None:
    assert {"confusion.png", "curves.png"} <= {picture.name for picture in evaluation.pictures}
    for picture in evaluation.pictures:
        with Image.open(picture) as image:
            assert len(image.convert("RGB").getcolors(10**6) or []) > 20


def test_mistakes_come_and_go_with_the_picture(run: RunDir) -> None:
    wrong = evaluate(run, split="train", data=None, reporter=Reporter())
    has_mistakes = wrong.reports[""].figures.accuracy < 1
    assert (wrong.folder / "mistakes.png").exists() is has_mistakes
    (wrong.folder / "mistakes.png").write_bytes(b"old")
    again = evaluate(run, split="train", data=None, reporter=Reporter())
    assert again.figures == wrong.figures
    assert ("mistakes.png" in {picture.name for picture in again.pictures}) is has_mistakes
    assert (again.folder / "mistakes.png").exists() is has_mistakes


@pytest.mark.parametrize("content", [None, "", "not json\n"])
def test_without_metrics_there_are_no_curves(run: RunDir, tmp_path: Path, content: str | None) -> None:
    copy = copied(run, tmp_path)
    copy.metrics.unlink()
    if content is not None:
        copy.metrics.write_text(content)
    folder = copy.eval_dir("test")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "curves.png").write_bytes(b"old")
    result = evaluate(copy, split="test", data=None, reporter=Reporter())
    assert "curves.png" not in {path.name for path in result.pictures}
    assert not (folder / "curves.png").exists()
    assert (folder / "confusion.png").is_file()


def test_labels_that_the_run_does_not_know(run: RunDir, tmp_path: Path) -> None:
    other = write_images(tmp_path / "other", 4, names=("dark", "pink"))
    with pytest.raises(DataError, match="pink") as caught:
        evaluate(run, split="test", data=other, reporter=Reporter())
    assert "the classes there are dark, grün, light" in str(caught.value)


def test_a_split_that_there_is_not(run: RunDir) -> None:
    with pytest.raises(RunError, match="no split 'tests'"):
        evaluate(run, split="tests", data=None, reporter=Reporter())


def test_damaged_weights_are_refused(run: RunDir, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    with (copy.best_dir / "model.weights.h5").open("r+b") as file:
        file.write(b"damage")
    with pytest.raises(RunError, match="expected SHA-256"):
        evaluate(copy, split="test", data=None, reporter=Reporter())


def test_outputs_that_are_not_finite_are_refused(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    from shapenet.evaluation import evaluate as evaluate_module

    def forward(_: object) -> object:
        return lambda given: np.where(np.arange(len(given))[:, None] == 1, np.nan, np.ones((1, 3)) / 3)

    monkeypatch.setattr(evaluate_module, "_forward", forward)
    with pytest.raises(RunError, match="for 2 of 30 examples"):  # one in each of two batches
        evaluate(run, split="test", data=None, reporter=Reporter())


def test_weights_of_another_model_are_refused(run: RunDir, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    config = copy.resolved_config.read_text(encoding="utf-8")
    copy.resolved_config.write_text(config.replace("units: 8", "units: 9"), encoding="utf-8")
    with pytest.raises(RunError, match="the weights don't fit"):
        evaluate(copy, split="test", data=None, reporter=Reporter())


def test_changed_data_is_refused(run: RunDir, tmp_path: Path) -> None:
    other = write_images(tmp_path / "other", 90)
    copy = copied(run, tmp_path)
    config = copy.resolved_config.read_text(encoding="utf-8")
    old = str(run.root.parents[2] / "images" / "dataset.csv")
    assert old in config
    copy.resolved_config.write_text(config.replace(old, str(other)), encoding="utf-8")
    with pytest.raises(RunError, match="the data is not what the run was trained with"):
        evaluate(copy, split="test", data=None, reporter=Reporter())


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]"])
def test_damaged_class_names(run: RunDir, tmp_path: Path, text: str) -> None:
    copy = copied(run, tmp_path)
    copy.classes_json.write_text(text)
    with pytest.raises(RunError, match="class names"):
        evaluate(copy, split="test", data=write_images(tmp_path / "other", 4), reporter=Reporter())


def test_a_run_whose_split_came_from_a_file_keeps_its_own(run: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(run.split_csv.read_bytes())
    config = run.root.parents[2] / "judged.yaml"
    overrides = (f"data.split={{file: {path}}}", "training.epochs=1", "seed=4")
    again = train(load_experiment(config, overrides), tmp_path / "runs", (), Reporter()).run
    assert again.split_csv.read_bytes() == run.split_csv.read_bytes()
    path.unlink()
    evaluation = evaluate(again, split="test", data=None, reporter=Reporter())
    assert evaluation.num_examples == 30


def test_plugins_of_a_run_are_run_only_if_trusted(run: RunDir, tmp_path: Path) -> None:
    plugin, mark = tmp_path / "strange.py", tmp_path / "it-was-run"
    plugin.write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n", encoding="utf-8")
    copy = copied(run, tmp_path)
    config = copy.resolved_config.read_text(encoding="utf-8")
    assert "plugins: []" in config
    copy.resolved_config.write_text(config.replace("plugins: []", f"plugins: [{plugin}]"), encoding="utf-8")
    with pytest.raises(RunError, match=r"code that you have not run before: .*strange\.py") as caught:
        evaluate(copy, split="test", data=None, reporter=Reporter())
    assert caught.value.problems[0].code == "run/untrusted"
    assert not mark.exists()
    trusted = evaluate(copy, split="test", data=None, reporter=Reporter(), trust=True)
    assert mark.exists()
    assert evaluate(copy, split="test", data=None, reporter=Reporter()).figures == trusted.figures
