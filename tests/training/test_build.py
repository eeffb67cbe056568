"""What is told of losses and metrics before training, and what tasks without weights weigh beside others."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import build_for_inspection

from .conftest import experiment_in, rows_without_times, train_in


def test_a_metric_of_vectors_that_would_get_class_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected vectors over the classes, received their numbers") as caught:
        build_for_inspection(experiment_in(tmp_path, "metrics=[CategoricalAccuracy]"))
    assert caught.value.problems[0].key == ("metrics", 0)
    build_for_inspection(experiment_in(tmp_path, "metrics=[CategoricalAccuracy]", "loss=CategoricalCrossentropy"))


@pytest.mark.parametrize("name", ["BinaryAccuracy", "MeanSquaredError", "Hinge"])
def test_metrics_of_vectors_get_no_numbers_of_two_classes(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Incompatible shapes") as caught:
        build_for_inspection(experiment_in(tmp_path, f"metrics=[{name}]"))
    assert caught.value.problems[0].key == ("metrics", 0)
    assert "need a loss of vectors" in str(caught.value.problems[0].hint)


def test_classes_are_weighed_beside_a_task_of_images(tmp_path: Path) -> None:
    tasks = (
        "task={kind: classification, picture: reconstruction}",
        "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, padding: same, name: map}}, Flatten]",
        "model.outputs={picture: map}",
        "optimizer={SGD: {learning_rate: 1e-30}}",
        "training.epochs=1",
    )
    plain, weighed = (
        rows_without_times(train_in(tmp_path / name, *tasks, *more))[0]
        for name, more in (("plain", ()), ("weighed", ("training.class_weight={kind: {square: 50.0}}",)))
    )
    assert weighed["kind_loss"] != pytest.approx(plain["kind_loss"], rel=0.01)
    assert weighed["picture_loss"] == pytest.approx(plain["picture_loss"], rel=1e-5)
