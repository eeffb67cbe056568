"""What every model has to do, whatever stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.conformance import table, tiny


def conforms(kind: str, name: str, config: dict[str, Any], folder: Path) -> None:
    """Check a model: it is built from YAML, learns, comes back from a file, and does all that in mixed precision.

    Args:
        kind: The registry.
        name: The entry, for whom excuses count.
        config: Sections of a config in which it stands.
        folder: Takes files.
    """
    with table.checking(kind, name, "build"):
        trial = tiny.experiment(folder, **config)
        made = tiny.compiled(trial)
        before = made.model.get_weights()
        first = tiny.output(made)
        assert np.isfinite(first).all()
    with table.checking(kind, name, "step"):
        old = tiny.weights(made)
        assert np.isfinite(tiny.train(made))
        new = tiny.weights(made)
        assert [path for path in old if np.array_equal(old[path], new[path])] == [], "no gradient reaches them"
        assert all(np.isfinite(value).all() for value in new.values())
    with table.checking(kind, name, "reload"):
        np.testing.assert_array_equal(tiny.output(tiny.reloaded(trial, made, folder)), tiny.output(made))
    with table.checking(kind, name, "mixed precision"):
        mixed = tiny.compiled(tiny.experiment(folder, **{**config, "training": {"precision": "mixed_bfloat16"}}))
        mixed.model.set_weights(before)
        np.testing.assert_allclose(tiny.output(mixed), first, rtol=0.05, atol=0.05 * (1 + abs(first).max()))
        assert np.isfinite(tiny.train(mixed))
