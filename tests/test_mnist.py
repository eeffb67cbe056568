"""MNIST's own PNGs and CSVs, from the file to the figure: skipped, with the reason, where they are missing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.data.csv.source import csv as csv_source
from shapenet.data.inspect.checks import run_checks
from shapenet.data.inspect.finding import Severity, gather
from shapenet.data.inspect.summary import summarize
from shapenet.evaluation.evaluate import evaluate
from shapenet.experiment import load_experiment
from shapenet.training.fit import train
from shapenet.training.inspected import subject_at
from shapenet.training.reporter import Reporter

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "mnist_cnn.yaml"
SMALL = (
    "data.limit=2000", "training.epochs=3", "training.batch_size=32",
    "model.layers=[{Conv2D: {filters: 16, kernel_size: 5, strides: 2, activation: relu}}, Flatten]",
    "optimizer={Adam: {learning_rate: 2e-3}}",
)  # fmt: skip


def test_the_source_reads_what_pillow_reads(mnist_dir: Path) -> None:
    records = csv_source(path=mnist_dir / "test.csv", color="gray")
    assert (len(records), records.classes) == (10_000, tuple("0123456789"))
    with (mnist_dir / "test.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    read = records.read(990, 1010)
    for position, row in enumerate(rows[990:1010]):
        expected = np.asarray(Image.open(mnist_dir / row["filepath"]).convert("L"))
        np.testing.assert_array_equal(read["image"][position, ..., 0], expected)
        assert records.classes[read["label"][position]] == row["label"]


def test_nothing_is_wrong_with_it(mnist_dir: Path) -> None:
    subject = subject_at(mnist_dir / "test.csv", Reporter(), tolerant=True)
    evidence = gather(subject)
    assert [finding for finding in run_checks(evidence) if finding.severity is not Severity.OK] == []
    summary = summarize(evidence)
    assert (summary.mean[0], summary.deviation[0]) == pytest.approx((0.13251, 0.31048), abs=1e-5)  # as published


def test_its_config_learns_and_is_judged_by_all_test_images(mnist_dir: Path, tmp_path: Path) -> None:
    overrides = (*SMALL, f"data.source.csv.path={mnist_dir / 'train.csv'}")
    result = train(load_experiment(CONFIG, overrides), tmp_path / "runs", ("shapenet", "train"), Reporter())
    evaluate(result.run, split="test", data=None, reporter=Reporter())
    metrics = json.loads((result.run.root / "eval" / "test" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["num_examples"] == 10_000
    assert metrics["accuracy"] > 0.85
    confusion = np.array(metrics["confusion"])
    assert confusion.shape == (10, 10)
    assert np.trace(confusion) / confusion.sum() == pytest.approx(metrics["accuracy"])
