"""What is told of losses and metrics before training, and what tasks without weights weigh beside others."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import build_for_inspection, compile_model
from tests.tasks.specs import spec_of

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


CLASSES = "{Dense: {units: 2, activation: softmax}}"
MAP = "model.layers=[{Conv2D: {filters: 4, kernel_size: 3, padding: same}}]"


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        (["loss={SparseCategoricalCrossentropy: {from_logits: false}}"], ("loss",)),
        (["metrics=[accuracy, {SparseCategoricalCrossentropy: {from_logits: false}}]"], ("metrics", 1)),
        (["loss={SparseCategoricalCrossentropy: {from_logits: false}}", "task=segmentation", MAP], ("loss",)),
        (["loss={BinaryCrossentropy: {from_logits: true}}", "task=reconstruction", MAP], ("loss",)),
        (
            ["loss={SparseCategoricalCrossentropy: {from_logits: true}}", "model.head=none",
             f"model.layers=[Flatten, {CLASSES}]"],
            ("loss",),
        ),
        (
            ["loss={SparseCategoricalCrossentropy: {from_logits: false}}", "model.head=none",
             "model.layers=[Flatten, {Dense: {units: 2}}]"],
            ("loss",),
        ),
    ],
)  # fmt: skip
def test_a_loss_or_metric_that_is_told_the_opposite_of_what_the_model_gives(
    overrides: list[str], key: tuple[str | int, ...], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="but the model gives") as caught:
        build_for_inspection(experiment_in(tmp_path, *overrides))
    (problem,) = caught.value.problems
    assert (problem.key[: len(key)], problem.key[-1]) == (key, "from_logits")
    assert "leave from_logits out" in str(problem.hint)


def test_the_loss_says_what_layers_that_do_not_tell_give(tmp_path: Path) -> None:
    layers = f"model.layers=[Flatten, {CLASSES}, {{Rescaling: {{scale: 2}}}}, {{Rescaling: {{scale: 0.5}}}}]"
    for told in (True, False):
        loss = f"loss={{SparseCategoricalCrossentropy: {{from_logits: {str(told).lower()}}}}}"
        config = experiment_in(tmp_path, "model.head=none", layers, loss).config
        task = compile_model(config, spec_of(2, (16, 16, 3)), steps_per_execution=1).tasks[""]
        assert task.logits is told


@pytest.mark.parametrize(
    "order", ["{a: classification, a_b: classification}", "{a_b: classification, a: classification}"]
)
@pytest.mark.parametrize("name", ["b_accuracy", "b_loss"])
def test_values_of_two_tasks_that_would_have_one_name_are_refused(order: str, name: str, tmp_path: Path) -> None:
    metrics = f"metrics={{a: [accuracy, {{SparseCategoricalAccuracy: {{name: {name}}}}}]}}"
    with pytest.raises(ConfigError, match=f"a_{name} is the name of a value of the task 'a_b'") as caught:
        build_for_inspection(experiment_in(tmp_path, f"task={order}", metrics))
    assert caught.value.problems[0].key == ("metrics", "a", 1)
