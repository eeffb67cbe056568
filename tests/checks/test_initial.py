"""The loss of an untrained model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shapenet.checks.bench import Bench
from shapenet.checks.initial import HIGH, head, initial_loss, logits
from shapenet.data.inspect.finding import Severity

from .conftest import bench_in, found

SOFTMAX = "model.layers=[Flatten, {Dense: {units: 3, activation: softmax}}]"


def test_it_is_the_logarithm_of_the_number_of_classes(sound: Bench) -> None:
    finding = found(initial_loss, sound)["check/initial-loss"]
    assert finding.severity is Severity.OK
    assert finding.numbers["expected"] == pytest.approx(np.log(3), rel=1e-5)
    assert finding.numbers["loss"] == pytest.approx(np.log(3), rel=0.5)


def test_probabilities_are_expected_to_be_as_likely_too(tmp_path: Path) -> None:
    numbers = found(initial_loss, bench_in(tmp_path, "model.head=none", SOFTMAX))["check/initial-loss"].numbers
    assert numbers["expected"] == pytest.approx(np.log(3), rel=1e-5)


@pytest.mark.parametrize(
    "fault",
    [
        "model.input_scaling=none",
        "model.layers=[Flatten, {Dense: {units: 24, kernel_initializer: {RandomNormal: {stddev: 5.0}}}}]",
    ],
    ids=["inputs from 0 to 255", "large weights"],
)
def test_a_loss_far_above_is_a_problem(tmp_path: Path, fault: str) -> None:
    finding = found(initial_loss, bench_in(tmp_path, fault))["check/initial-loss"]
    assert finding.severity is Severity.ERROR
    assert f"expected at most {HIGH:g} times that" in finding.message
    assert "scale the inputs" in str(finding.hint)


def test_a_loss_that_is_no_number_is_a_problem(tmp_path: Path) -> None:
    linear = "model.layers=[Flatten, {Dense: {units: 8}}]"
    finding = found(initial_loss, bench_in(tmp_path, "model.input_scaling={Rescaling: {scale: 3e38}}", linear))
    assert finding["check/initial-loss"].severity is Severity.ERROR
    assert finding["check/initial-loss"].message == "the initial loss is nan: expected about 1.099"


def test_a_head_behind_a_softmax(tmp_path: Path, sound: Bench) -> None:
    finding = found(head, bench_in(tmp_path, SOFTMAX))["check/head"]
    assert finding.severity is Severity.WARNING
    assert "which gives as many probabilities already" in finding.message
    assert "model.head: none" in str(finding.hint)
    assert found(head, sound)["check/head"].severity is Severity.OK


def test_probabilities_that_are_taken_for_logits(tmp_path: Path) -> None:
    """No layer tells that they are probabilities: adding 0 to them changes nothing."""
    layers = (
        "model.layers=[Flatten, {Dense: {units: 3, activation: softmax, name: a}},"
        " {Subtract: {inputs: [a, a], name: nothing}}, {Add: {inputs: [a, nothing]}}]"
    )
    finding = found(logits, bench_in(tmp_path, "model.head=none", layers))["check/logits"]
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("as probabilities do")
    assert "from_logits: false" in str(finding.hint)


def test_logits_of_a_last_layer_of_zeros_are_no_probabilities(tmp_path: Path) -> None:
    zeros = "model.layers=[Flatten, {Dense: {units: 3, kernel_initializer: zeros}}]"
    assert found(logits, bench_in(tmp_path, "model.head=none", zeros))["check/logits"].severity is Severity.OK


def test_a_loss_that_can_not_be_told_is_passed_over(tmp_path: Path, sound: Bench) -> None:
    assert found(logits, sound)["check/logits"].severity is Severity.OK
    assert found(logits, bench_in(tmp_path, "loss=CategoricalHinge")) == {}
