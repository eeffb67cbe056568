"""Splits against each other."""

import numpy as np

from shapenet.data.inspect.checks import splits
from shapenet.data.inspect.finding import Severity
from tests.data.inspect.conftest import ImageRecords


def of(images, *counts):
    return ImageRecords(images, np.repeat(np.arange(len(counts)), counts))


def test_other_shares_than_in_train_are_a_warning(evidence, noise):
    (finding,) = splits.shares(evidence(train=of(noise[:100], 50, 50), test=of(noise[100:], 90, 10)))
    assert (finding.severity, finding.code) == (Severity.WARNING, "data/split-shares")
    assert "cat is 90.0% of test, 50.0% of train" in finding.message
    assert finding.numbers["probability"] < 1e-6


def test_the_same_shares_are_ok(evidence, noise):
    found = splits.shares(evidence(train=of(noise[:100], 50, 50), val=of(noise[100:150], 24, 26)))
    assert [finding.severity for finding in found] == [Severity.OK]


def test_a_set_that_is_not_divided_has_nothing_to_compare(evidence, noise):
    whole = evidence(of(noise, 100, 100))
    assert list(splits.shares(whole)) == []
    assert list(splits.split_sizes(whole)) == []


def test_small_splits_are_a_warning(evidence, noise):
    found = splits.split_sizes(evidence(train=of(noise[:20], 10, 10), val=of(noise[20:45], 15, 10)))
    assert [(finding.severity, finding.numbers) for finding in found] == [(Severity.WARNING, {"images": 25})]
    large = evidence(train=of(noise[:100], 50, 50), val=of(noise[100:], 50, 50))
    assert list(splits.split_sizes(large)) == []
