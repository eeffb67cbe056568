"""Gradients of each layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.checks.bench import Bench
from shapenet.checks.gradients import gradients
from shapenet.checks.overfit import one_batch
from shapenet.data.inspect.finding import Severity

from .conftest import bench_in, found

DEAD = "{Dense: {units: 8, activation: relu, kernel_initializer: zeros, name: dead}}"
FIRST = "{Dense: {units: 8, activation: relu, name: first}}"


def layers(*values: str) -> str:
    return f"model.layers=[Flatten, {', '.join(values)}]"


def test_they_reach_every_layer_of_a_sound_model(sound: Bench) -> None:
    findings = found(gradients, sound)
    assert {finding.severity for finding in findings.values()} == {Severity.OK}
    assert findings["check/gradients"].message == "gradients reach each of 2 trainable layers"


def test_a_dead_layer_and_those_before_it_are_named(tmp_path: Path) -> None:
    bench = bench_in(tmp_path, layers(FIRST, DEAD))
    finding = found(gradients, bench)["check/gradients"]
    assert finding.severity is Severity.ERROR
    assert finding.message == "no gradient reaches 2 of 3 trainable layers: expected one in each"
    assert finding.examples == ("first", "dead")
    assert found(one_batch, bench)["check/overfit"].severity is Severity.ERROR


def test_weights_that_begin_at_0_and_move_are_not_dead(tmp_path: Path) -> None:
    zeros = "{Dense: {units: 8, kernel_initializer: zeros, name: zeros}}"
    bench = bench_in(tmp_path, layers(FIRST, zeros, "{Dense: {units: 8, name: last}}"))
    assert found(gradients, bench)["check/gradients"].severity is Severity.OK


def test_accumulated_gradients_keep_no_layer_from_moving(tmp_path: Path) -> None:
    zeros = "{Dense: {units: 8, kernel_initializer: zeros, name: zeros}}"
    accumulate = "optimizer.Adam.gradient_accumulation_steps=8"
    bench = bench_in(tmp_path, layers(FIRST, zeros, "{Dense: {units: 8, name: last}}"), accumulate)
    assert found(gradients, bench)["check/gradients"].severity is Severity.OK


def test_a_layer_whose_output_counts_for_nothing(tmp_path: Path) -> None:
    lost = ("{Dense: {units: 8, name: lost}}", "{Rescaling: {scale: 0.0}}")
    finding = found(gradients, bench_in(tmp_path, layers(*lost, "{Dense: {units: 8}}")))["check/gradients"]
    assert (finding.severity, finding.examples[0]) == (Severity.ERROR, "lost")


def test_gradients_that_are_no_numbers(tmp_path: Path) -> None:
    linear = layers("{Dense: {units: 8, name: inner}}")
    bench = bench_in(tmp_path, "model.input_scaling={Rescaling: {scale: 3e38}}", linear)
    finding = found(gradients, bench)["check/gradients"]
    assert (finding.severity, finding.examples) == (Severity.ERROR, ("inner", "logits"))
    skipped = found(one_batch, bench)["check/overfit"]
    assert skipped.message == "overfitting one batch: skipped, since the loss is not a finite number"


LARGE = "{Dense: {units: 8, use_bias: false, kernel_initializer: {RandomNormal: {stddev: 6.0}}}}"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (["{Dense: {units: 8, activation: sigmoid}}"] * 9, "they vanish on the way back"),
        ([LARGE] * 9, "they explode; expected less than 1,000 in each"),
        (["{Dense: {units: 8, name: small, kernel_initializer: {RandomNormal: {stddev: 1e-3}}}}",
          "{Dense: {units: 8, use_bias: false, kernel_initializer: {RandomNormal: {stddev: 3.0}}}}"],
         "they grow on the way back"),
    ],
    ids=["vanishing", "exploding", "growing"],
)  # fmt: skip
def test_gradients_that_vanish_or_explode(tmp_path: Path, given: list[str], what: str) -> None:
    finding = found(gradients, bench_in(tmp_path, layers(*given)))["check/gradient-size"]
    assert (finding.severity, what in finding.message) == (Severity.WARNING, True), finding.message


def test_frozen_layers_are_told(tmp_path: Path) -> None:
    bench = bench_in(tmp_path, "training.freeze=[inner]")
    findings = found(gradients, bench)
    assert findings["check/frozen"].severity is Severity.NOTE
    assert findings["check/frozen"].examples == ("inner",)
    assert findings["check/gradients"].message == "gradients reach each of 1 trainable layer"


def test_nothing_trainable_is_a_problem(tmp_path: Path) -> None:
    frozen = "{Dense: {units: 3, activation: softmax, trainable: false}}"
    bench = bench_in(tmp_path, "model.head=none", layers(frozen))
    finding = found(gradients, bench)["check/gradients"]
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("nothing is trainable: ")
    assert "nothing is trainable" in found(one_batch, bench)["check/overfit"].message
