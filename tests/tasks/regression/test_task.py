"""The task regression: what a config may say, output layers, targets, and what fits them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.tasks.base import BoundTask, DataSpec, Moves
from shapenet.vocabulary import load_vocabulary

load_vocabulary()
FIELDS = {
    "image": Field("uint8", (16, 16, 3)),
    "label": Field("int64", ()),
    "centre": Field("float32", (2,)),
    "corners": Field("float32", (4, 2)),
    "angle": Field("float32", ()),
    "x": Field("float32", ()),
    "y": Field("float32", ()),
    "any": Field("float32", (None,)),
    "clean": Field("uint8", (16, 16, 3)),
}


class Statistics:
    """Mean 10, 11, ... and deviation 2 of every field."""

    def moments(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        shape = FIELDS[field].fixed_shape
        return np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape) + 10, np.full(shape, 2.0)

    def counts(self, field: str) -> np.ndarray:
        raise AssertionError(field)


def bound(**arguments: object) -> BoundTask:
    task = parse_component("task", {"regression": arguments}).create()
    return task.bind(DataSpec(FIELDS, (), Statistics()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fields": []}, "at least 1"),
        ({"fields": ["x", "x"]}, "every field once"),
        ({"fields": ["x"], "points": ["centre"]}, "received 'centre'"),
        ({"fields": ["x", "y"], "points": [["x", "z"]]}, "received 'z'"),
        ({"fields": ["angle"], "angles": {"angel": 90}}, "received 'angel'"),
        ({"fields": ["angle"], "angles": {"angle": 0}}, "expected more than 0"),
        ({"fields": ["centre"], "points": ["centre"], "angles": {"centre": 9}}, "both a point and an angle"),
        ({"fields": ["any"]}, "expected numbers"),
        ({"fields": ["clean"]}, "expected numbers"),
        ({"fields": ["x"], "points": ["x"]}, "expected a point"),
        ({"fields": ["centre", "y"], "points": [["centre", "y"]]}, "needs two numbers"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bound(**arguments)


def test_a_picture_is_for_another_task() -> None:
    with pytest.raises(ConfigError) as raised:
        bound(fields=["clean"])
    assert raised.value.problems[0].hint == "for pictures there is task: {reconstruction: {target: clean}}"


@pytest.mark.parametrize(
    "name", ["SparseCategoricalCrossentropy", "CosineSimilarity", "MeanAbsolutePercentageError", "SSIM"]
)
def test_losses_for_other_targets_are_refused_with_the_reason(name: str) -> None:
    task = parse_component("task", {"regression": {"fields": ["x"]}}).create()
    with pytest.raises(ConfigError, match=f"{name} is not a loss for regression: it") as raised:
        task.loss(parse_component("loss", name), logits=True, mixer=None)
    assert raised.value.problems[0].key == ("loss",)
    assert "Huber" in str(raised.value.problems[0].hint)


@pytest.mark.parametrize("name", ["accuracy", "AUC", "PSNR"])
def test_metrics_for_other_targets_are_refused(name: str) -> None:
    task = parse_component("task", {"regression": {"fields": ["x"]}}).create()
    with pytest.raises(ConfigError, match=f"{name} is not a metric for regression") as raised:
        task.metrics((parse_component("metric", "R2"), parse_component("metric", name)), logits=True)
    assert raised.value.problems[0].key == ("metrics", 1)


@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"])
def test_losses_compare_standardised_values(name: str) -> None:
    task = parse_component("task", {"regression": {"fields": ["x"]}}).create()
    loss = bound(fields=["x"]).make(task.loss(parse_component("loss", name), logits=True, mixer=None), logits=True)
    plain = getattr(keras.losses, name)()
    one, other = np.array([[10.0], [14.0]], np.float32), np.array([[13.0], [11.0]], np.float32)
    assert float(loss(one, other)) == pytest.approx(float(plain((one - 10) / 2, (other - 10) / 2)), rel=1e-5)


def test_default_metrics_are_named_and_made_for_the_units() -> None:
    task = parse_component("task", {"regression": {"fields": ["x", "angle"], "angles": {"angle": 90}}}).create()
    on_data = task.bind(DataSpec(FIELDS, (), Statistics()))
    metrics = [on_data.make(component, logits=True) for component in task.metrics(None, logits=True)]
    assert [metric.name for metric in metrics] == ["mae", "rmse", "r2"]
    for metric in metrics:
        metric.update_state(np.array([[10.0, 89.0], [20, 40]]), np.array([[14.0, 1.0, 5, 5], [20, 40, 5, 5]]))
    assert [float(m.result()) for m in metrics[:2]] == pytest.approx([(4 + 2) / 4, np.sqrt((16 + 4) / 4)], rel=1e-4)


def test_the_head_gives_the_units_in_float32_under_any_policy() -> None:
    on_data = bound(fields=["centre", "angle"], points=["centre"], angles={"angle": 90})
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        features = keras.layers.Dense(4)(keras.Input((3,)))
        output = on_data.head(features, prefix="place_")
    finally:
        keras.config.set_dtype_policy("float32")
    assert output.dtype == "float32"
    assert output.shape == (None, 5)
    assert on_data.moves == Moves(points=("centre",), angles=("angle",))


def test_the_head_wants_a_vector() -> None:
    with pytest.raises(ConfigError, match=r"received \(4, 4, 8\)") as raised:
        bound(fields=["x"]).head(keras.Input((4, 4, 8)), prefix="")
    assert "Flatten" in str(raised.value.problems[0].hint)


def test_an_output_of_ones_own_has_a_value_for_each_number() -> None:
    on_data = bound(fields=["centre", "x"])
    on_data.check_output((None, 3))
    with pytest.raises(ConfigError, match=r"\(3,\) for centre_0, centre_1, x; received \(2,\)"):
        on_data.check_output((None, 2))
    with pytest.raises(ConfigError, match="angles need the task's own output layer"):
        bound(fields=["angle"], angles={"angle": 360}).check_output((None, 1))


def test_targets_stand_in_the_order_of_the_fields() -> None:
    on_data = bound(fields=["x", "corners", "label"], points=["corners"])
    batch = {
        "x": np.array([1, 2], np.float32),
        "corners": np.arange(16, dtype=np.float32).reshape(2, 4, 2),
        "label": np.array([7, 8]),
    }
    task = parse_component("task", {"regression": {"fields": ["x"]}}).create()
    encoded = on_data.encode(batch, task.loss(None, logits=True, mixer=None))
    assert encoded.numpy().tolist() == [[1, *range(8), 7], [2, *range(8, 16), 8]]
    names = [number.name for number in on_data.numbers.each]  # type: ignore[attr-defined]
    assert names[:3] == ["x", "corners_0_x", "corners_0_y"]
    assert on_data.numbers.points == ((1, 2), (3, 4), (5, 6), (7, 8))  # type: ignore[attr-defined]


def test_two_fields_make_a_point() -> None:
    on_data = bound(fields=["y", "x"], points=[["x", "y"]])
    assert on_data.numbers.points == ((1, 0),)  # type: ignore[attr-defined]
    assert on_data.moves == Moves(points=(("x", "y"),))
