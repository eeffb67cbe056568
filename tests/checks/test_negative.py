"""A loss of a plug-in that is below 0."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.checks import leaks
from shapenet.checks.bench import Bench
from shapenet.checks.initial import initial_loss
from shapenet.checks.leaks import shuffled_targets
from shapenet.checks.overfit import one_batch
from shapenet.checks.pairing import Pairing
from shapenet.data.inspect.finding import Severity

from .conftest import CONFIG, bench_in, found

PLUGIN = '''\
"""Cross-entropy, less 10."""

from shapenet.registry import REGISTRIES


@REGISTRIES["loss"].register("SparseBelow")
def below():
    """Cross-entropy, less 10."""
    import keras

    class Below(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True) - 10.0

    return Below(name="below")
'''


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The sound experiment with such a loss."""
    folder = tmp_path_factory.mktemp("below")
    (folder / "below_zero.py").write_text(PLUGIN, encoding="utf-8")
    return bench_in(folder, config=f"plugins: [below_zero.py]\n{CONFIG}loss: SparseBelow\n")


@pytest.mark.parametrize(("check", "code"), [(initial_loss, "initial-loss"), (one_batch, "overfit")])
def test_what_looks_at_shares_of_a_loss_is_skipped(bench: Bench, check: Any, code: str) -> None:
    finding = found(check, bench)[f"check/{code}"]
    assert finding.severity is Severity.NOTE
    assert "skipped, since" in finding.message
    assert "below 0" in finding.message


def test_training_goes_on(bench: Bench) -> None:
    assert len(bench.learn().losses) == 320


def test_knowing_next_to_nothing_is_no_leak(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "pairing", lambda *_: Pairing(loss=-8.9, chance=-8.8, luckiest=-8.85))
    assert found(shuffled_targets, bench)["check/shuffled"].severity is Severity.OK
