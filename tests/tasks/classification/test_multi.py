"""Classes that images show together: targets, losses, figures and predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.registry import Component
from shapenet.tasks.classification.multi import BoundMultiLabel
from shapenet.tasks.classification.multi_evaluator import MultiLabelEvaluator
from shapenet.tasks.classification.multi_figures import average_precision, judge
from shapenet.tasks.classification.task import MultiLabelClassification, classification
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()
TASK = MultiLabelClassification("labels")
SPEC = spec_of(3, labels=Field("float32", (3,)))
SHOWN = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 0]], np.bool_)


def test_the_field_goes_with_several_labels_only() -> None:
    assert classification(multi_label=True).fields == ("labels",)
    assert classification(multi_label=True, field="shown").fields == ("shown",)
    with pytest.raises(ConfigError, match="field goes with multi_label: true"):
        classification(field="shown")


def test_the_field_needs_a_number_for_each_class() -> None:
    with pytest.raises(
        ConfigError, match="expected 'labels' to have a number for each of 3 classes, received"
    ) as caught:
        BoundMultiLabel(spec_of(3, labels=Field("float32", ())), "labels")
    assert "label_separator" in str(caught.value.problems[0].hint)


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "SparseCategoricalCrossentropy", "CategoricalHinge"])
def test_losses_of_one_class_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not a loss for multi-label classification: it is for images of"):
        TASK.loss(Component("loss", name), logits=True, mixer=None)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "BinaryFocalCrossentropy", "MeanSquaredError", "Dice"])
def test_losses_and_metrics_see_the_sigmoid_of_logits(name: str) -> None:
    logits = np.random.default_rng(1).normal(0, 2, (4, 3)).astype(np.float32)
    bound = BoundMultiLabel(SPEC, "labels")
    shown = SHOWN.astype(np.float32)
    of_logits = bound.make(TASK.loss(Component("loss", name), logits=True, mixer=None), logits=True)
    of_shares = bound.make(TASK.loss(Component("loss", name), logits=False, mixer=None), logits=False)
    sigmoid = 1 / (1 + np.exp(-logits))
    assert float(of_logits(shown, logits)) == pytest.approx(float(of_shares(shown, sigmoid)), rel=1e-4)


@pytest.mark.parametrize("given", ["BinaryCrossentropy", {"BinaryFocalCrossentropy": {"gamma": 1.0}}, "Huber"])
def test_a_class_weighs_in_the_images_that_show_it(given: object) -> None:
    logits = np.random.default_rng(1).normal(0, 2, (4, 3)).astype(np.float32)
    bound, shown = BoundMultiLabel(SPEC, "labels"), SHOWN.astype(np.float32)
    component = TASK.loss(parse_component("loss", given), logits=True, mixer=None)
    loss = bound.make(component, logits=True)
    weights = bound.weights({"labels": SHOWN}, np.float32([9, 1, 0]), component).numpy()
    np.testing.assert_array_equal(weights, [[9, 1, 0], [1, 1, 1], [1, 1, 1], [9, 1, 1]])
    each = np.array([[float(loss(shown[i : i + 1, j : j + 1], logits[i : i + 1, j : j + 1])) for j in range(3)]
                     for i in range(4)])  # fmt: skip
    assert float(loss(shown, logits)) == pytest.approx(each.mean(), rel=1e-5)
    assert float(loss(shown, logits, weights)) == pytest.approx((each * weights).mean(), rel=1e-5)


@pytest.mark.parametrize("given", ["Dice", {"BinaryCrossentropy": {"reduction": "sum"}}])
def test_an_image_weighs_where_a_loss_does_not_tell_classes_apart(given: object) -> None:
    component = TASK.loss(parse_component("loss", given), logits=True, mixer=None)
    weights = BoundMultiLabel(SPEC, "labels").weights({"labels": SHOWN}, np.float32([9, 1, 0]), component)
    np.testing.assert_array_equal(weights, [4.5, 1, 1, 5])


def test_accuracy_is_of_each_answer() -> None:
    bound = BoundMultiLabel(SPEC, "labels")
    metric = bound.make(Component("metric", "accuracy"), logits=True)
    metric.update_state(SHOWN.astype(np.float32), np.where(SHOWN, 2.0, -2.0) * [[1, 1, -1]] * 1.0)
    assert (metric.name, float(metric.result())) == ("accuracy", pytest.approx(2 / 3))


@pytest.mark.parametrize(("arguments", "expected"), [({}, 2 / 3), ({"threshold": 0.95}, 0.0)])
@pytest.mark.parametrize("name", ["F1Score", "FBetaScore"])
def test_scores_judge_each_class_by_itself(name: str, arguments: dict[str, float], expected: float) -> None:
    given = parse_component("metric", {name: {"average": "micro", **arguments}})
    (component,) = TASK.metrics((given,), logits=True)
    metric = BoundMultiLabel(SPEC, "labels").make(component, logits=True)
    metric.update_state(np.float32([[1, 1, 0], [0, 0, 0]]), np.float32([[2, 1, -1], [-1, 1, 0]]) - 0.1)
    metric.update_state(np.float32([[1, 0, 0]]), np.float32([[-2, -1, -3]]))
    assert float(metric.result()) == pytest.approx(expected)  # found 2 of 3, and 1 too many


@pytest.mark.parametrize(
    "name",
    ["CategoricalAccuracy", "TopKCategoricalAccuracy", "SparseCategoricalAccuracy", "CategoricalCrossentropy",
     "KLDivergence", "CategoricalHinge", "OneHotMeanIoU"],
)  # fmt: skip
def test_metrics_of_one_class_are_refused(name: str) -> None:
    metric = parse_component("metric", {name: {"num_classes": 3} if name == "OneHotMeanIoU" else {}})
    with pytest.raises(ConfigError, match=f"{name} is not a metric for multi-label classification: it ") as caught:
        TASK.metrics((metric,), logits=True)
    assert str(caught.value.problems[0].hint).startswith("give one of accuracy, AUC, F1Score")
    classification().metrics((metric,), logits=True)


def test_figures_of_each_class_and_of_whole_answers() -> None:
    probabilities = np.array([[0.9, 0.6, 0.8], [0.1, 0.2, 0.3], [0.2, 0.7, 0.4], [0.3, 0.9, 0.1]], np.float32)
    report = judge(SHOWN, probabilities, ["a", "b", "c"])
    assert report.subset_accuracy == 0.5
    assert [(f.precision, f.recall, f.support) for f in report.per_class] == [
        (1.0, 0.5, 2), (pytest.approx(2 / 3), 1.0, 2), (1.0, 1.0, 1),
    ]  # fmt: skip
    assert (report.micro.precision, report.micro.recall) == (pytest.approx(4 / 5), pytest.approx(4 / 5))
    assert report.average_precision == (1.0, 1.0, 1.0)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9])), min_size=1, max_size=20))
def test_average_precision_is_the_area_of_the_steps(pairs: list[tuple[bool, float]]) -> None:
    shown, values = np.array([s for s, _ in pairs]), np.array([v for _, v in pairs], np.float32)
    found = average_precision(shown, values)
    if not shown.any():
        assert np.isnan(found)
        return
    expected, before = 0.0, 0.0
    for threshold in sorted(set(values.tolist()), reverse=True):
        taken = values >= np.float32(threshold)
        recall = (shown & taken).sum() / shown.sum()
        expected += (recall - before) * (shown & taken).sum() / taken.sum()
        before = recall
    assert found == pytest.approx(expected)


def test_the_evaluator_takes_batches_in_any_order() -> None:
    evaluator = MultiLabelEvaluator(["a", "b", "c"], "labels", 4, logits=True)
    logits = np.where(SHOWN, 1000.0, -1000.0).astype(np.float32)
    for positions in (np.array([3, 1]), np.array([0, 2])):
        evaluator.add(positions, {"labels": SHOWN[positions].astype(np.float32)}, logits[positions])
    assert evaluator.report().to_json()["subset_accuracy"] == 1.0
