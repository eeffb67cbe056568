"""The task classification: loss, targets and probabilities that fit each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shapenet.config.components import parse_component
from shapenet.registry import Component
from shapenet.tasks.classification import Classification
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
TASK = Classification()
LOGITS = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(-1e4, 1e4, width=32))


@given(LOGITS)
def test_softmax_of_logits(logits: np.ndarray) -> None:
    probabilities = TASK.probabilities(logits, logits=True)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    shifted = logits - logits.max(axis=1, keepdims=True)
    expected = np.exp(shifted.astype(np.float64))
    np.testing.assert_allclose(probabilities, expected / expected.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-30)


def test_probabilities_stay_as_they_are() -> None:
    outputs = np.array([[0.25, 0.75]], np.float32)
    np.testing.assert_array_equal(TASK.probabilities(outputs, logits=False), outputs)


@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalHinge"])
def test_the_loss_knows_what_the_model_gives(name: str, logits: bool) -> None:
    loss = TASK.loss(Component("loss", name), logits=logits)
    assert loss.arguments.get("from_logits", None) == (None if name == "CategoricalHinge" else logits)
    assert TASK.one_hot(loss) == (name != "SparseCategoricalCrossentropy")


def test_the_loss_of_ones_own_is_left_as_it_is() -> None:
    given = parse_component("loss", {"CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.1}})
    assert TASK.loss(given, logits=False) == given


def test_defaults() -> None:
    assert TASK.loss(None, logits=True).name == "SparseCategoricalCrossentropy"
    assert [metric.name for metric in TASK.metrics(None, logits=True)] == ["accuracy"]
    assert TASK.metrics((), logits=True) == ()


def result_of(metric: Component, labels: np.ndarray, outputs: np.ndarray, *, logits: bool) -> float:
    (told,) = TASK.metrics((metric,), logits=logits)
    made = TASK.on_outputs(told.create(), told, logits=logits)
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
    expected = result_of(component, labels, TASK.probabilities(logits, logits=True), logits=False)
    assert result_of(component, labels, logits, logits=True) == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_hinge_is_for_scores_and_what_a_config_says_stands() -> None:
    for value in ("CategoricalHinge", {"AUC": {"from_logits": True}}):
        component = parse_component("metric", value)
        assert TASK.metrics((component,), logits=True) == (component,)
        metric = component.create()
        assert TASK.on_outputs(metric, component, logits=True) is metric


def test_what_sees_probabilities_keeps_name_and_direction() -> None:
    component = parse_component("metric", {"Precision": {"name": "exact"}})
    seen = TASK.on_outputs(component.create(), component, logits=True)
    assert (seen.name, seen._direction) == ("exact", "up")
    assert not hasattr(
        TASK.on_outputs(parse_component("metric", "TruePositives").create(), component, logits=True), "_direction"
    )
