"""Every augmentation with every task: refused with a reason, or the same images again whatever the precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shapenet.errors import ConfigError
from shapenet.training.build import build_augmenter, compile_model
from shapenet.training.fields import batch_fields
from shapenet.training.session import start_session
from tests.conformance import table, tiny


@pytest.mark.parametrize("task", table.names("task"))
@pytest.mark.parametrize("name", table.names("augmentation"))
def test_an_augmentation(name: str, task: str, tmp_path: Path) -> None:
    import tensorflow as tf

    config = {**table.task(task, 0), "data": {"augment": [table.component("augmentation", name)]}}
    results: list[dict[str, np.ndarray]] = []
    in_both = task == table.names("task")[0]  # once is enough: precision has nothing to do with the task
    for precision in ("float32", "mixed_bfloat16") if in_both else ("float32",):
        trial = tiny.experiment(tmp_path, **config, training={"precision": precision}).config
        start_session(trial.training, 0)
        try:
            made = compile_model(trial, tiny.SPEC, steps_per_execution=1)
            augmenter = build_augmenter(trial, tiny.SPEC, made.bound)
        except ConfigError as error:
            table.check_refusal(error)
            return
        assert augmenter is not None
        batch = {field: tf.constant(tiny.batch()[field]) for field in batch_fields(trial)}
        results += [arrays(augmenter(batch, 0, step)) for step in (1, 2, 1)]
        made.encode(augmenter(batch, 0, 1))
    first, other, again, *mixed = results
    assert first["image"].shape == (tiny.NUM, 8, 8, 3)
    assert all(np.isfinite(value).all() for value in first.values())
    for one, two in ((first, again), *zip((first, other), mixed, strict=False)):
        for field in one:
            np.testing.assert_array_equal(one[field], two[field], field)
    with table.checking("augmentation", name, "chance"):
        assert any((first[field] != other[field]).any() for field in first), "each step draws anew"


def arrays(batch: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in batch.items()}
