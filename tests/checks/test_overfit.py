"""Learning one batch by heart."""

from __future__ import annotations

from pathlib import Path

from shapenet.checks.bench import Bench
from shapenet.checks.overfit import one_batch
from shapenet.data.inspect.finding import Severity

from .conftest import bench_in, found


def test_a_sound_model_learns_a_batch(sound: Bench) -> None:
    finding = found(one_batch, sound)["check/overfit"]
    assert finding.severity is Severity.OK
    assert finding.numbers["share"] < 0.5
    assert finding.numbers["steps"] <= 200


def test_a_tiny_learning_rate_does_not(tmp_path: Path) -> None:
    finding = found(one_batch, bench_in(tmp_path, "optimizer.Adam.learning_rate=1e-9"))["check/overfit"]
    assert finding.severity is Severity.ERROR
    assert "in 200 steps: expected at most 50% of the first" in finding.message
    assert "learning rate may be too low" in str(finding.hint)


def test_a_huge_one_diverges(tmp_path: Path) -> None:
    given = "optimizer={SGD: {learning_rate: 1e30}}"
    finding = found(one_batch, bench_in(tmp_path, given))["check/overfit"]
    assert finding.severity is Severity.ERROR
    assert "lr-find" in str(finding.hint)


def test_a_warm_up_is_put_aside(tmp_path: Path) -> None:
    given = (
        "optimizer.Adam.learning_rate="
        "{CosineDecay: {initial_learning_rate: 0.0, warmup_target: 5e-3, warmup_steps: 5000, decay_steps: 5000}}"
    )
    bench = bench_in(tmp_path, given, "training.epochs=2000")
    assert abs(float(bench.learner.model.optimizer.learning_rate) - 5e-3) < 1e-4
    assert found(one_batch, bench)["check/overfit"].severity is Severity.OK


def test_where_time_runs_out_it_says_so(tmp_path: Path) -> None:
    bench = bench_in(tmp_path, "optimizer.Adam.learning_rate=1e-9")
    bench.seconds = 0.0
    finding = found(one_batch, bench)["check/overfit"]
    assert (finding.severity, finding.hint) == (Severity.NOTE, "the time was up: --seconds gives it more")
    assert finding.numbers["steps"] == 1


def test_regularizers_are_not_counted(tmp_path: Path) -> None:
    layer = "{Dense: {units: 24, kernel_regularizer: {L2: {l2: 10.0}}}}"
    finding = found(one_batch, bench_in(tmp_path, f"model.layers=[Flatten, {layer}]"))["check/overfit"]
    assert finding.numbers["first"] < 3
