"""Evaluation of a trained run: figures, files, other data, and what can't be evaluated."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.data.batches import Split
from shapenet.data.csv.source import csv as csv_source
from shapenet.data.pack import open_packed
from shapenet.errors import DataError, RunError
from shapenet.evaluation.evaluate import Evaluation, evaluate
from shapenet.evaluation.outputs import write_outputs
from shapenet.evaluation.subject import Subject, data_for_run, folder_of
from shapenet.experiment import load_experiment
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.tasks.classification.evaluator import ClassReport
from shapenet.tasks.classification.figures import classify
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter

CONFIG = """\
name: judged
seed: 3
data:
  source: {csv: {path: images/dataset.csv}}
  split: {val: 0.2, test: 0.25}
model: {layers: [Flatten, Dense: {units: 8, activation: relu}]}
training: {batch_size: 16, epochs: 2}
"""
COLOURS = {"dark": 40, "grün": 120, "light": 200}


def write_images(folder: Path, count: int, *, size: int = 12, names: tuple[str, ...] = tuple(COLOURS)) -> Path:
    """PNGs whose brightness tells their class, and their CSV."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    rows = [("path", "label")]
    for index in range(count):
        name = names[index % len(names)]
        pixels = rng.integers(0, 40, (size, size, 3)) + COLOURS.get(name, 0)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        rows.append((f"{index}.png", name))
    with (folder / "dataset.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder / "dataset.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    folder = tmp_path_factory.mktemp("judged")
    write_images(folder / "images", 120)
    (folder / "judged.yaml").write_text(CONFIG, encoding="utf-8")
    return train(load_experiment(folder / "judged.yaml"), folder / "runs", (), Reporter()).run


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


def test_another_csv_with_images_of_another_size_and_fewer_classes(run: RunDir, tmp_path: Path) -> None:
    other = write_images(tmp_path / "other", 10, size=30, names=("light", "dark"))
    result = evaluate(run, split="test", data=other, reporter=Reporter())
    assert result.num_examples == 10
    assert result.reports[""].figures.classes == tuple(sorted(COLOURS))
    assert [figures.support for figures in result.reports[""].figures.per_class] == [5, 0, 5]
    assert result.folder == run.eval_dir(folder_of(other))
    assert (result.folder / "metrics.json").is_file()


@pytest.mark.parametrize(
    "source",
    [
        "{csv: {path: d.csv, size: 12, resize: pad, masks: [mask]}}",
        "{take: {source: {csv: {path: d.csv, size: 12, resize: pad}}, count: 9}}",
        "{concat: {sources: [{folder: {path: d, size: 12, resize: pad}}, {folder: {path: e, size: 12}}]}}",
    ],
)
def test_another_csv_is_read_as_the_runs_own_data(run: RunDir, tmp_path: Path, source: str) -> None:
    (tmp_path / "other.yaml").write_text(CONFIG.replace("{csv: {path: images/dataset.csv}}", source), encoding="utf-8")
    Image.new("RGB", (12, 24), "white").save(tmp_path / "high.png")
    (tmp_path / "other.csv").write_text("path,label\nhigh.png,light\n")
    subject = data_for_run(run, load_experiment(tmp_path / "other.yaml"), tmp_path / "other.csv", Reporter())
    (image,) = subject.split.images(np.array([0]))
    assert image[0, :, 0].tolist() == [0] * 3 + [255] * 6 + [0] * 3


def test_another_csv_is_fitted_as_the_runs_own_data(run: RunDir, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    manifest = json.loads(copy.run_json.read_text())
    manifest["image"]["shape"] = [None, None, 3]
    copy.run_json.write_text(json.dumps(manifest))
    source = "{csv: {path: d.csv, size: 12, resize: fit}}"
    (tmp_path / "other.yaml").write_text(CONFIG.replace("{csv: {path: images/dataset.csv}}", source), encoding="utf-8")
    other = write_images(tmp_path / "other", 2, size=30)
    subject = data_for_run(copy, load_experiment(tmp_path / "other.yaml"), other, Reporter())
    assert subject.split.image_list(np.array([0]))[0].shape == (12, 12, 3)


def as_folder(path: Path, out: Path) -> Path:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            (out / row["label"]).mkdir(parents=True, exist_ok=True)
            shutil.copy(path.parent / row["path"], out / row["label"])
    return out


def as_npz(path: Path, out: Path) -> Path:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = np.stack([np.asarray(Image.open(path.parent / row["path"])) for row in rows])
    np.savez(out, images=images, labels=np.array([row["label"] for row in rows]))
    return out


def test_a_folder_and_an_npz_give_the_figures_of_the_csv(run: RunDir, tmp_path: Path) -> None:
    listed = write_images(tmp_path / "other", 12)
    expected = evaluate(run, split="test", data=listed, reporter=Reporter())
    for other in (as_folder(listed, tmp_path / "folders"), as_npz(listed, tmp_path / "other.npz")):
        result = evaluate(run, split="test", data=other, reporter=Reporter())
        assert result.figures == pytest.approx(expected.figures)
        np.testing.assert_array_equal(result.reports[""].figures.confusion, expected.reports[""].figures.confusion)
        assert result.split == str(other)


def test_images_of_a_folder_come_to_the_models_size(run: RunDir, tmp_path: Path) -> None:
    other = as_folder(write_images(tmp_path / "other", 6, size=30), tmp_path / "folders")
    assert evaluate(run, split="test", data=other, reporter=Reporter()).num_examples == 6


def test_a_file_that_no_source_reads(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "images.dat").write_bytes(b"")
    with pytest.raises(DataError, match=r"expected a folder, or a file whose name ends in \.csv"):
        evaluate(run, split="test", data=tmp_path / "images.dat", reporter=Reporter())


def test_what_cannot_be_read_is_told_and_counted_where_training_left_it_out(run: RunDir, tmp_path: Path) -> None:
    other = write_images(tmp_path / "other", 30)
    other.with_name("3.png").write_bytes(b"no image")
    other.with_name("4.png").unlink()
    with pytest.raises(DataError):
        evaluate(run, split="test", data=other, reporter=Reporter())
    copy = copied(run, tmp_path)
    config = copy.resolved_config.read_text(encoding="utf-8").replace("on_bad: error", "on_bad: skip")
    copy.resolved_config.write_text(config.replace("max_bad_fraction: 0.05", "max_bad_fraction: 0.1"), encoding="utf-8")
    heard: list[str] = []

    class Hearing(Reporter):
        def warning(self, text: str) -> None:
            heard.append(text)

    result = evaluate(copy, split="test", data=other, reporter=Hearing())
    assert result.num_examples == 28
    (warning,) = heard
    assert result.warnings == (warning,)
    assert "2 of 30 records can't be read and are left out" in warning
    assert "3.png" in warning
    assert "4.png" in warning
    assert json.loads((result.folder / "metrics.json").read_text(encoding="utf-8"))["num_left_out"] == 2


def test_every_csv_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [folder_of(Path(name)) for name in ("square/info.csv", "triangle/info.csv", "a/square/info.csv")]
    assert len(set(names)) == 3
    assert re.fullmatch("data-[0-9a-f]{6}-square-info", names[0])
    assert folder_of(tmp_path / "triangle" / ".." / "square" / "info.csv") == names[0]
    assert len({folder_of(tmp_path / f"{'long' * 30}{last}.csv") for last in "ab"}) == 2


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


def copied(run: RunDir, folder: Path) -> RunDir:
    shutil.copytree(run.root, folder / run.id, symlinks=True)
    return RunDir(folder / run.id)


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


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_mistakes_on_deep_images_can_be_seen(tmp_path: Path, run: RunDir, dtype: str) -> None:
    shades = np.linspace(0, 1, 144, dtype=np.float32).reshape(12, 12)
    image = Image.fromarray((shades * 65535).astype(np.uint16) if dtype == "uint16" else shades)
    image.save(tmp_path / "deep.tif")
    (tmp_path / "deep.csv").write_text("path,label\ndeep.tif,light\n")
    store = open_packed(csv_source(path=tmp_path / "deep.csv"), tmp_path / "cache")
    split = Split(store, np.array([0]), np.array([2]))
    subject = Subject("deep", "deep", split, ("deep.tif",), tuple(sorted(COLOURS)), ())
    probabilities = np.array([[0.9, 0.1, 0.0]], np.float32)
    labels = np.array([2])
    report = ClassReport(classify(labels, probabilities, subject.classes), labels, probabilities)
    write_outputs(tmp_path, run, subject, {"": report}, 1)
    sheet = np.asarray(Image.open(tmp_path / "mistakes.png").convert("L"))
    tile = sheet[-152:-24, 20:100]  # above its caption
    assert tile[20:40].mean() + 80 < tile[-40:-20].mean()
