"""The layout of the rows of epochs."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from shapenet.cli.render.epochs import EpochTable, figure, header_lines
from shapenet.training.balance import Balance
from shapenet.training.init import InitialLayer, InitialWeights
from shapenet.training.reporter import TrainingStart

ROW = {
    "epoch": 7, "loss": 0.42134, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.99996, "learning_rate": 3e-4,
    "seconds": 12.34, "images_per_second": 182_000.4,
}  # fmt: skip


def start(**changes):
    values = {
        "run": Path("runs/course/20260115-103000-demo-0a1b2c3d"), "name": "demo",
        "num_examples": {"train": 3200, "val": 400, "test": 400}, "image_shape": (64, 64, 3),
        "classes": ("square", "triangle"), "num_parameters": 1_234_567, "num_trainable": 1_234_567,
        "device": "CPU x 2", "precision": "float32",
        "epochs": 20, "metrics": ("accuracy",), "monitor": "val_loss",
        "balance": Balance({"square": 1600, "triangle": 1600}), "initial": None,
    }  # fmt: skip
    return TrainingStart(**{**values, **changes})


@pytest.mark.parametrize(
    ("balance", "line"),
    [
        (Balance({"a": 90, "b": 10, "c": 0}, shown=90), "each class 90 times an epoch, 180 images in all"),
        (Balance({"a": 90, "b": 10}, weights={"": {"a": 5 / 9, "b": 5.0}}), "class weights 0.556 a, 5 b"),
        (Balance({"a": 2, "b": 1}, 2, {"": {"a": 1.0, "b": 3.0}}),
         "each class 2 times an epoch, 4 images in all; class weights 1 a, 3 b"),
        (Balance({}, weights={"": dict(zip("abcdef", range(1, 7), strict=True))}), "class weights 1 to 6"),
        (Balance({}, weights={"kind": {"a": 2.0}, "what": {"b": 1.0}}),
         "class weights of kind 2 a; class weights of what 1 b"),
    ],
)  # fmt: skip
def test_what_makes_up_for_unequal_classes_has_a_line(balance, line):
    assert ("balance", line) in header_lines(start(balance=balance))


def test_where_nothing_does_there_is_no_such_line():
    assert "balance" not in dict(header_lines(start()))


def test_what_goes_in_has_a_line_where_it_is_not_the_image():
    assert ("input", "label, centre") in header_lines(start(inputs=("label", "centre")))
    assert "input" not in dict(header_lines(start()))


def test_one_metric_and_validation_fit_80_columns_with_everything():
    table = EpochTable(start(epochs=100), width=80)
    assert table.heading() == "    epoch     loss      acc  val_loss  val_acc      lr    img/s    time    left"
    row = table.row(ROW, left=754, is_best=True)
    assert row == "*   7/100   0.4213   0.5000    1.0000   1.0000  3.0e-4  182,000     12s  12m34s"
    assert len(row) == table.width <= 80


def test_without_validation_its_columns_are_not_there():
    assert EpochTable(start(num_examples={"train": 9})).heading().split() == [
        "epoch", "loss", "acc", "lr", "img/s", "time", "left",
    ]  # fmt: skip


@pytest.mark.parametrize("width", range(40, 200, 7))
@pytest.mark.parametrize("metrics", [(), ("accuracy",), ("accuracy", "precision", "sparse_top_k_categorical_accuracy")])
@pytest.mark.parametrize("epochs", [1, 1_000])
def test_rows_keep_to_the_width(width, metrics, epochs):
    table = EpochTable(start(metrics=metrics, epochs=epochs), width=width)
    values = {**ROW, **dict.fromkeys((*metrics, *(f"val_{name}" for name in metrics)), 123.456)}
    lines = [table.heading(), table.row(values, left=1e9, is_best=True), table.row({"epoch": 1}, left=None)]
    assert {cell_len(line) for line in lines} == {table.width}
    assert table.width <= width
    assert "val_loss" in table.heading()


def test_metrics_after_the_first_go_before_anything_else():
    metrics = ("accuracy", "precision", "recall")
    assert EpochTable(start(metrics=metrics), width=80).heading() == EpochTable(start(), width=80).heading()
    assert "precision" in EpochTable(start(metrics=metrics), width=104).heading()
    everything = EpochTable(start(metrics=metrics)).heading().split()
    assert everything[1:9] == [
        "loss", "acc", "precision", "recall", "val_loss", "val_acc", "val_precision", "val_recall",
    ]  # fmt: skip


def test_long_names_are_cut_where_space_is_short():
    heading = EpochTable(start(metrics=("sparse_top_k_categorical_accuracy",)), width=80).heading()
    assert "sparse_…" in heading
    assert "left" in heading


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"), (0.42134, "0.4213"), (0.00098, "9.8e-04"), (1.0, "1.0000"), (12.3456, "12.346"),
        (999.994, "999.99"), (12345.6, "12346"), (1.5e9, "1.5e+09"), (-3.25, "-3.2500"), (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)  # fmt: skip
def test_figures(value, text):
    assert figure(value) == text


def test_header():
    assert header_lines(start()) == [
        ("training", "demo, at most 20 epochs; * marks the best val_loss so far"),
        ("images", "3,200 train, 400 val, 400 test of 64 x 64 x 3: square, triangle"),
        ("model", "1,234,567 parameters in float32 on CPU x 2"),
        ("run", "runs/course/20260115-103000-demo-0a1b2c3d"),
    ]


def test_header_of_many_classes_and_hostile_names():
    lines = dict(header_lines(start(classes=tuple("abcdef"), name="a\x1b[2Jb", epochs=1)))
    assert lines["images"].endswith(": 6 classes")
    assert lines["training"].startswith("a�[2Jb, at most 1 epoch;")


def test_the_header_tells_what_learns_and_what_was_loaded():
    initial = InitialWeights(
        Path("model.weights.h5"),
        (InitialLayer("conv1", 112), InitialLayer("dense", 9, "there is no layer of this name")),
    )
    lines = header_lines(start(num_trainable=4567, initial=initial))
    assert ("model", "1,234,567 parameters, 4,567 of them trained, in float32 on CPU x 2") in lines
    assert lines[3:6] == [
        ("init", "1 of 2 layers from model.weights.h5"),
        ("", "conv1  loaded, 112 parameters"),
        ("", "dense  skipped: there is no layer of this name"),
    ]
