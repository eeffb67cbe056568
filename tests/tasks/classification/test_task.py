"""The task classification: loss, targets and probabilities that fit each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component
from shapenet.tasks.classification.evaluator import probabilities_of
from shapenet.tasks.classification.single import BoundClassification
from shapenet.tasks.classification.task import Classification, takes_vectors
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()
TASK = Classification()
BOUND = BoundClassification(spec_of(3))
LOGITS = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(-1e4, 1e4, width=32))


def loss_component(given: Component | None, *, logits: bool, mixer: str | None = None) -> Component:
    return TASK.loss(given, logits=logits, mixer=mixer)


@given(LOGITS)
def test_softmax_of_logits(logits: np.ndarray) -> None:
    probabilities = probabilities_of(logits, logits=True)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    shifted = logits - logits.max(axis=1, keepdims=True)
    expected = np.exp(shifted.astype(np.float64))
    np.testing.assert_allclose(probabilities, expected / expected.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-30)


def test_probabilities_stay_as_they_are() -> None:
    outputs = np.array([[0.25, 0.75]], np.float32)
    np.testing.assert_array_equal(probabilities_of(outputs, logits=False), outputs)


@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalHinge"])
def test_the_loss_knows_what_the_model_gives(name: str, logits: bool) -> None:
    loss = loss_component(Component("loss", name), logits=logits)
    assert loss.arguments.get("from_logits", None) == (None if name == "CategoricalHinge" else logits)
    assert takes_vectors(loss) == (name != "SparseCategoricalCrossentropy")


def test_the_loss_of_ones_own_is_left_as_it_is() -> None:
    given = parse_component("loss", {"CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.1}})
    assert loss_component(given, logits=False) == given


def test_defaults() -> None:
    assert loss_component(None, logits=True).name == "SparseCategoricalCrossentropy"
    assert [metric.name for metric in TASK.metrics(None, logits=True)] == ["accuracy"]
    assert TASK.metrics((), logits=True) == ()


def result_of(metric: Component, labels: np.ndarray, outputs: np.ndarray, *, logits: bool) -> float:
    (told,) = TASK.metrics((metric,), logits=logits)
    made = BOUND.make(told, logits=logits)
    made.update_state(labels, outputs)
    made.reset_state()
    made.update_state(labels[:2], outputs[:2])
    made.update_state(labels[2:], outputs[2:])
    return float(np.mean(made.result()))


@pytest.mark.parametrize(
    "metric",
    [
        {"CategoricalCrossentropy": {"label_smoothing": 0.1}},
        {"AUC": {"name": "area"}},
        *({name: {"thresholds": 0.6}} for name in ("Precision", "Recall", "TruePositives")),
        {"F1Score": {"threshold": 0.5, "average": "macro"}},
        {"TopKCategoricalAccuracy": {"k": 2}},
        *("KLDivergence", "BinaryAccuracy", "MeanSquaredError", "Poisson", "CategoricalAccuracy"),
    ],
)
def test_metrics_of_logits_are_those_of_their_probabilities(metric: object) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 3, (24, 3)).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 24)]
    component = parse_component("metric", metric)
    expected = result_of(component, labels, probabilities_of(logits, logits=True), logits=False)
    assert result_of(component, labels, logits, logits=True) == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_hinge_is_for_scores_and_what_a_config_says_stands() -> None:
    for value in ("CategoricalHinge", {"AUC": {"from_logits": True}}):
        component = parse_component("metric", value)
        assert TASK.metrics((component,), logits=True) == (component,)
        assert type(BOUND.make(component, logits=True)).__name__ == component.name


def test_what_sees_probabilities_keeps_name_and_direction() -> None:
    component = parse_component("metric", {"Precision": {"name": "exact"}})
    seen = BOUND.make(component, logits=True)
    assert (seen.name, seen._direction) == ("exact", "up")
    assert not hasattr(BOUND.make(parse_component("metric", "TruePositives"), logits=True), "_direction")


LOSSES = [entry.name for entry in REGISTRIES["loss"]]
REFUSED = {"Circle", "CosineSimilarity", "DiceCrossentropy", "MeanAbsolutePercentageError", "SSIM", "SoftDice"}
OF_SCORES = {"Hinge", "SquaredHinge", "CategoricalHinge"}
OF_A_SIGMOID = {"BinaryCrossentropy", "BinaryFocalCrossentropy"}


def loss_of(name: str, outputs: np.ndarray, *, logits: bool) -> float:
    told = loss_component(Component("loss", name), logits=logits)
    labels = np.array([0, 2, 1, 1])
    made = BOUND.make(told, logits=logits)
    return float(made(np.eye(3, dtype=np.float32)[labels] if takes_vectors(told) else labels, outputs))


@pytest.mark.parametrize("name", [n for n in LOSSES if n not in REFUSED | OF_SCORES | OF_A_SIGMOID])
def test_losses_of_logits_are_those_of_their_probabilities(name: str) -> None:
    logits = np.random.default_rng(3).normal(0, 2, (4, 3)).astype(np.float32)
    expected = loss_of(name, probabilities_of(logits, logits=True), logits=False)
    assert loss_of(name, logits, logits=True) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", sorted({*LOSSES} - REFUSED - OF_A_SIGMOID))
def test_every_loss_is_less_for_right_outputs_than_for_wrong_ones(name: str) -> None:
    right = 4 * np.eye(3, dtype=np.float32)[[0, 2, 1, 1]]
    assert loss_of(name, right, logits=True) < loss_of(name, right[::-1].copy(), logits=True)


@pytest.mark.parametrize("name", sorted(OF_SCORES))
def test_hinges_see_the_scores(name: str) -> None:
    assert type(BOUND.make(Component("loss", name), logits=True)).__name__ == name


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_losses_that_mean_nothing_for_classes_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not a loss for classification: it") as caught:
        loss_component(Component("loss", name), logits=True)
    assert caught.value.problems[0].key == ("loss",)


def test_a_loss_that_sees_probabilities_keeps_name_and_reduction() -> None:
    component = parse_component("loss", {"Dice": {"name": "overlap", "reduction": "sum"}})
    seen = BOUND.make(component, logits=True)
    assert (seen.name, seen.reduction) == ("overlap", "sum")


@pytest.mark.parametrize("name", sorted(OF_A_SIGMOID))
def test_losses_that_judge_each_class_by_itself_are_for_outputs_that_do(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} judges each class by itself") as caught:
        loss_component(Component("loss", name), logits=True)
    assert "multi_label: true" in str(caught.value.problems[0].hint)
    assert loss_component(Component("loss", name), logits=False).name == name


def test_mixed_labels_need_a_loss_of_vectors() -> None:
    assert loss_component(None, logits=True, mixer="MixUp").name == "CategoricalCrossentropy"
    with pytest.raises(ConfigError, match="MixUp makes each label a vector over the classes"):
        loss_component(Component("loss", "SparseCategoricalCrossentropy"), logits=True, mixer="MixUp")


def test_targets_are_numbers_or_vectors_as_the_loss_takes_them() -> None:
    import tensorflow as tf

    labels = tf.constant([2, 0], tf.int64)
    sparse, dense = (Component("loss", name) for name in ("SparseCategoricalCrossentropy", "Dice"))
    assert BOUND.encode({"label": labels}, sparse).numpy().tolist() == [2, 0]
    vectors = BOUND.encode({"label": labels}, dense)
    assert vectors.numpy().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert BOUND.encode({"label": vectors}, dense) is vectors


def test_a_mixed_label_weighs_between_its_classes() -> None:
    import tensorflow as tf

    weights, loss = np.array([1, 2, 4], np.float32), Component("loss", "CategoricalCrossentropy")
    assert BOUND.weights({"label": tf.constant([2, 0], tf.int64)}, weights, loss).numpy().tolist() == [4, 1]
    assert BOUND.weights({"label": tf.constant([[0.5, 0.0, 0.5]])}, weights, loss).numpy().tolist() == [2.5]


@pytest.mark.parametrize("arguments", [{}, {"multi_label": True}])
@pytest.mark.parametrize("name", ["dice", "mean_iou", "pixel_accuracy", "PSNR", "SSIM", "R2"])
def test_metrics_of_other_tasks_are_refused(name: str, arguments: dict[str, Any]) -> None:
    task = Component("task", "classification", arguments).create()
    with pytest.raises(ConfigError, match=f"{name} is not a metric for .*classification: it") as caught:
        task.metrics((Component("metric", "accuracy"), Component("metric", name)), logits=True)
    assert caught.value.problems[0].key == ("metrics", 1)


@pytest.mark.parametrize("arguments", [{}, {"multi_label": True}])
def test_no_metrics_are_none(arguments: dict[str, Any]) -> None:
    assert Component("task", "classification", arguments).create().metrics((), logits=True) == ()
