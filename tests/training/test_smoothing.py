"""Label smoothing, class weights and mixed labels together with sparse labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .conftest import rows_without_times, train_in
from .weights import compiled_in


def test_smoothed_labels_are_those_of_the_formula(tmp_path: Path) -> None:
    """(1 - s) of the label and s / K of all, after Szegedy et al., 2016."""
    compiled = compiled_in(tmp_path, "loss={CategoricalCrossentropy: {label_smoothing: 0.2}}")
    logits = np.array([[2.0, 0.0], [0.5, 1.0]], np.float32)
    labels = np.array([[1.0, 0.0], [1.0, 0.0]], np.float32)
    log = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = -(log * (labels * 0.8 + 0.1)).sum(axis=1).mean()
    assert float(compiled.model.loss(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_smoothing_goes_with_sparse_labels_class_weights_and_mixing(tmp_path: Path) -> None:
    smooth = "loss={CategoricalCrossentropy: {label_smoothing: 0.1}}"
    plain = rows_without_times(train_in(tmp_path / "a", "training.epochs=1"))[0]
    smoothed = rows_without_times(train_in(tmp_path / "b", smooth, "training.epochs=1"))[0]
    assert smoothed["val_loss"] != plain["val_loss"]
    assert "val_accuracy" in smoothed
    weighted = rows_without_times(
        train_in(tmp_path / "c", smooth, "training.class_weight={square: 3.0}", "training.epochs=1")
    )[0]
    assert weighted["loss"] != smoothed["loss"]
    mixed = train_in(tmp_path / "d", smooth, "data.augment=[{MixUp: {}}]", "training.epochs=1")
    assert mixed.manifest.epochs_done == 1
