"""Tests of the choice of examples to draw."""

from __future__ import annotations

import math

import numpy as np

from shapenet.tasks.examples import Examples

MASK = np.zeros((4, 4), np.int32)
NUM_EACH = 2


def chosen(ious: np.ndarray, order: np.ndarray | None = None) -> dict[str, list[float]]:
    examples = Examples(len(ious), NUM_EACH, np.copy)
    for position in range(len(ious)) if order is None else order.tolist():
        examples.add(position, float(ious[position]), MASK, MASK)
    return {name: [example.quality for example in kind] for name, kind in examples.chosen().items()}


def test_worst_median_and_best_in_any_order() -> None:
    ious = np.random.default_rng(1).permutation(np.linspace(0, 1, 2001))
    found = chosen(ious)
    assert list(found) == ["worst", "median", "best"]
    assert found["worst"] == sorted(ious)[:NUM_EACH]
    assert found["best"] == sorted(ious)[-NUM_EACH:]
    assert all(abs(iou - 0.5) < 0.05 for iou in found["median"])
    assert chosen(ious, np.random.default_rng(2).permutation(2001)) == found


def test_only_what_is_kept_is_made_smaller_and_that_is_bounded() -> None:
    examples = Examples(5000, NUM_EACH, lambda picture: picture[::2])
    for position in range(5000):
        examples.add(position, position / 5000, np.zeros((40, 4), np.uint8), np.zeros((60, 4), np.int64))
    kept = [*examples._worst, *examples._middle, *examples._best]
    assert len(kept) <= 48 + 2 * NUM_EACH
    assert all((example.output.shape, example.target.shape) == ((20, 4), (30, 4)) for example in kept)


def test_none_stands_there_twice_and_unknown_ones_not_at_all() -> None:
    assert chosen(np.array([0.5])) == {"worst": [0.5]}
    assert chosen(np.array([math.nan, 0.2, 0.9, 0.4])) == {"worst": [0.2, 0.4], "best": [0.9]}
    assert chosen(np.array([math.nan])) == {}
