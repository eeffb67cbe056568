"""Evaluation of a run on other data than its own."""

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
from shapenet.errors import DataError
from shapenet.evaluation.evaluate import evaluate
from shapenet.evaluation.outputs import write_outputs
from shapenet.evaluation.subject import Subject, data_for_run, folder_of
from shapenet.experiment import load_experiment
from shapenet.rundir.paths import RunDir
from shapenet.tasks.classification.evaluator import ClassReport
from shapenet.tasks.classification.figures import classify
from shapenet.training.reporter import Reporter
from tests.evaluation.judged import COLOURS, CONFIG, copied, write_images


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
