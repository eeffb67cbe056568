"""Tests of a classifier's figures as tables."""

import numpy as np
import pytest

from shapenet.cli.render.console import as_text
from shapenet.cli.render.report import reports_view
from shapenet.tasks.classification.evaluator import ClassReport
from shapenet.tasks.classification.figures import classify


def shown(figures, width):
    nothing = np.zeros(0)
    return as_text(*reports_view({"": ClassReport(figures, nothing, nothing)}), width=width)


def report(num_classes, num_each=3000, name="class {}"):
    labels = np.repeat(np.arange(num_classes), num_each)
    predicted = labels.copy()
    predicted[::7] = (labels[::7] + 1) % num_classes
    return classify(
        labels, np.eye(num_classes, dtype=np.float32)[predicted], [name.format(i) for i in range(num_classes)]
    )


@pytest.mark.parametrize("num_classes", [2, 3, 10])
@pytest.mark.parametrize("name", ["{}", "class {}", "a class with a very long name {}"])
@pytest.mark.parametrize("num_each", [30, 70_000])
def test_matrix_fits_80_columns_with_every_count(num_classes, name, num_each):
    figures = report(num_classes, num_each, name)
    lines = shown(figures, 80).splitlines()
    assert max(map(len, lines)) <= 80
    start = next(index for index, line in enumerate(lines) if line.startswith("true")) + 2
    rows = lines[start : start + num_classes]
    for row, counts in zip(rows, figures.confusion.tolist(), strict=True):
        counted = [text.replace(",", "").replace("·", "0") for text in row.split()[-num_classes:]]
        assert counted == [str(count) for count in counts]


def test_digits_head_their_columns_themselves():
    lines = shown(report(10, name="{}"), 80).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("true"))
    assert lines[start].split() == ["true", *"0123456789"]
    assert [line.split()[0] for line in lines[start + 2 : start + 12]] == [*"0123456789"]
    assert all(len(line.split()) == 11 for line in lines[start + 2 : start + 12])


def test_many_classes_show_the_ten_most_frequent_confusions():
    lines = shown(report(40), 80).splitlines()
    heading = next(index for index, line in enumerate(lines) if line.startswith("true"))
    assert lines[heading].split() == ["true", "predicted", "count", "of", "the", "class"]
    assert len(lines) - heading - 2 == 10
    assert lines[heading + 2].split() == ["class", "0", "class", "1", "429", "14.30%"]


def test_many_classes_without_a_mistake():
    figures = classify(np.arange(12), np.eye(12, dtype=np.float32), [f"c{i}" for i in range(12)])
    assert "no class is taken for another" in shown(figures, 80)


def test_unknown_figures_are_dashes():
    figures = classify(np.array([0]), np.array([[1, 0]], np.float32), ["a", "b"])
    lines = shown(figures, 80).splitlines()
    assert ["b", "-", "-", "-", "0"] in [line.split() for line in lines]


def test_names_in_a_pipe_are_whole():
    name = "a class with a very long name, longer than any terminal is wide, and it goes on and on {}"
    text = shown(report(10, name=name), 500)
    assert name.format(3) in text
    assert "…" not in text
