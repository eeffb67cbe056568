"""Classes: sizes and names."""

import numpy as np
import pytest

from shapenet.data.inspect.checks import labels
from shapenet.data.inspect.finding import Severity
from tests.data.inspect.conftest import ImageRecords


def records(noise, *counts, classes=("cat", "dog", "eel")):
    return ImageRecords(noise[: sum(counts)], np.repeat(np.arange(len(counts)), counts), classes[: len(counts)])


@pytest.mark.parametrize(
    ("counts", "severity"),
    [((50, 50), Severity.OK), ((70, 50), Severity.OK), ((80, 50), Severity.NOTE), ((150, 50), Severity.WARNING)],
)
def test_imbalance_grows_from_ok_to_warning(evidence, noise, counts, severity):
    (finding,) = labels.imbalance(evidence(records(noise, *counts)))
    assert (finding.severity, finding.code) == (severity, "data/imbalance")
    assert finding.numbers == {"ratio": counts[0] / counts[1], "largest": counts[0], "smallest": counts[1]}
    assert (finding.hint is None) == (severity is Severity.OK)


def test_a_single_class_is_an_error(evidence, noise):
    found = list(labels.imbalance(evidence(records(noise, 20, 0))))
    assert [(finding.severity, finding.code) for finding in found] == [
        (Severity.WARNING, "data/empty-class"),
        (Severity.ERROR, "data/single-class"),
    ]


def test_a_class_that_only_val_has_is_an_error(evidence, noise):
    splits = evidence(train=records(noise, 20, 20, 0), val=records(noise[100:], 5, 5, 5))
    first, second = labels.imbalance(splits)
    assert (first.severity, first.code) == (Severity.ERROR, "data/empty-class")
    assert "1 class without an image in the train split: eel" in first.message
    assert second.severity is Severity.OK


@pytest.mark.parametrize(
    ("counts", "severity"), [((100, 100), Severity.OK), ((50, 60), Severity.NOTE), ((100, 9), Severity.WARNING)]
)
def test_few_images(evidence, noise, counts, severity):
    (finding,) = labels.few(evidence(records(noise, *counts)))
    assert (finding.severity, finding.code) == (severity, "data/few")
    assert finding.numbers["images_per_class"] == sum(counts) / 2
    assert ("dog (9)" in finding.message) == (severity is Severity.WARNING)


@pytest.mark.parametrize("other", ["Cat", "c at", " CAT "])
def test_names_that_differ_in_case_or_spaces(evidence, noise, other):
    (finding,) = labels.class_names(evidence(records(noise, 10, 10, classes=("cat", other))))
    assert (finding.severity, finding.examples) == (Severity.WARNING, (f"'cat' / {other!r}",))


def test_other_names_are_ok(evidence, noise):
    (finding,) = labels.class_names(evidence(records(noise, 10, 10, classes=("cat", "cats"))))
    assert finding.severity is Severity.OK
