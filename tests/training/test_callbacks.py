"""Callbacks that could do nothing are refused before the training."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import build_for_inspection

from .conftest import experiment_in


def test_averages_that_the_optimizer_does_not_keep_are_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="SwapEMAWeights puts averaged weights in place, and Adam keeps none"
    ) as caught:
        build_for_inspection(experiment_in(tmp_path, "training.callbacks=[SwapEMAWeights]"))
    (problem,) = caught.value.problems
    assert problem.key == ("training", "callbacks", 0)
    assert "use_ema: true" in str(problem.hint)
