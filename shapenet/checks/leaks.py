"""Whether validation can be passed without learning: by images seen before, or by a target that stands in the input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from shapenet.checks.bench import Bench, skipped
from shapenet.checks.learner import Batch
from shapenet.checks.pairing import JUDGED_BY, Pairing, pairing
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.data.store import CONTENT, content_keys

CHANCE = 0.9
"""Share of the loss by chance below which a model of shuffled targets knows what it can't know."""
TOLD = 0.98
"""Share of the variance of one pixel that the targets explain, from which it tells them."""
_BATCHES, _STEPS, _KNOWN = 3, 240, 0.05
_MOST_PIXELS = 1 << 16
_MOST_GROUPS = 0.25


def shuffled_targets(bench: Bench) -> Iterator[Finding]:
    """Learn a few images with each other's targets: on the val split that must help nothing.

    Equal images get equal targets, in whichever split they are, and go first: so if splits share
    images, what is learnt by heart here is known there.
    """
    code, what = "check/shuffled", "targets shuffled"
    if reason := bench.hindrance or (None if "val" in bench.dataset.splits else "there is no val split"):
        yield skipped(code, what, reason)
        return
    learner = bench.learner
    train, val = _shuffled(bench)
    learner.reset()
    trained = learner.train(train, _STEPS, bench.seconds, enough=_KNOWN)
    found = _paired(bench, val, learner.outputs(val.inputs, training=False))
    learner.reset()
    numbers = {"loss": found.loss, "chance": found.chance, "train_loss": trained.last(_BATCHES)}
    message = (
        f"trained on shuffled targets for {len(trained.losses)} steps, the loss of val is {found.loss:.4g}, "
        f"by chance {found.chance:.4g}"
    )
    if found.knows and found.gap > (1 - CHANCE) * abs(found.chance):
        message += f": expected at least {CHANCE:.0%} of that"
        hint = "splits share images, or images that look alike: shapenet data check names them"
        yield Finding(Severity.ERROR, code, message, numbers, hint=hint)
    else:
        yield Finding(Severity.OK, code, message, numbers)


def true_targets(bench: Bench) -> Iterator[Finding]:
    """Learn a few batches as they are: on the val split that should begin to help. For information."""
    code, what = "check/learns", "learning a few batches"
    if reason := bench.hindrance or (None if "val" in bench.dataset.splits else "there is no val split"):
        yield skipped(code, what, reason)
        return
    trained = bench.learn()
    split = bench.dataset.splits["val"]
    val = bench.encoded(bench.fields(split, bench.pick(split, JUDGED_BY)))
    found = _paired(bench, val, bench.learner.outputs(val.inputs, training=False))
    numbers = {"loss": found.loss, "chance": found.chance, "steps": len(trained.losses)}
    message = (
        f"trained on {len(bench.examples):,} images for {len(trained.losses)} steps, the loss of val is "
        f"{found.loss:.4g}, by chance {found.chance:.4g}"
    )
    if found.knows:
        yield Finding(Severity.OK, code, message, numbers)
    else:
        hint = "a hard task needs longer; else look whether labels, and what an image shows of them, are right"
        yield Finding(Severity.NOTE, code, f"{message}: it does not begin to beat chance", numbers, hint=hint)


def target_in_input(bench: Bench) -> Iterator[Finding]:
    """Whether one pixel tells the target by itself: a mark, a frame, a colour of each class."""
    images = bench.examples.images
    if images is None:
        return
    pixels = images.reshape(len(images), -1)
    pixels = pixels[:, :: -(-pixels.shape[1] // _MOST_PIXELS)].astype(np.float64)
    for name, targets in bench.examples.targets.items():
        if targets.ndim > 2 or targets.shape == images.shape:
            continue
        share = float(_explained(pixels, targets).max(initial=0))
        of = f" of {name}" * bool(name)
        numbers = {"explained": share}
        message = f"the targets{of} explain at most {share:.0%} of the variance of any one pixel"
        if share < TOLD:
            yield Finding(Severity.OK, "check/target-in-input", message, numbers)
            continue
        message = f"one pixel alone tells the targets{of}: they explain {share:.1%} of its variance"
        message += f", expected less than {TOLD:.0%}"
        hint = "a mark or a colour that gives the target away will be learnt, and no more than that"
        yield Finding(Severity.WARNING, "check/target-in-input", message, numbers, hint=hint)


def _shuffled(bench: Bench) -> tuple[Batch, Batch]:
    """A few examples of train and of val under each other's targets."""
    count = _BATCHES * bench.learner.batch_size
    splits = {name: bench.dataset.splits[name] for name in ("train", "val")}
    keys = {name: content_keys([split.store[CONTENT][split.indices]]) for name, split in splits.items()}
    shared = {name: np.flatnonzero(np.isin(own, keys["val" if name == "train" else "train"]))
              for name, own in keys.items()}  # fmt: skip
    chosen = {name: bench.pick(split, count, shared[name]) for name, split in splits.items()}
    batches = [bench.encoded(bench.fields(splits[name], chosen[name])) for name in splits]
    pooled = np.concatenate([keys[name][chosen[name]] for name in splits])
    _, firsts, groups = np.unique(pooled, return_index=True, return_inverse=True)
    order = np.random.default_rng(bench.experiment.config.seed).permutation(firsts)[groups.reshape(-1)]
    targets = {name: np.concatenate([batch.targets[name] for batch in batches])[order] for name in batches[0].targets}
    middle = len(batches[0])
    return (
        Batch(batches[0].inputs, {name: values[:middle] for name, values in targets.items()}),
        Batch(batches[1].inputs, {name: values[middle:] for name, values in targets.items()}),
    )


def _paired(bench: Bench, batch: Batch, outputs: dict[str, npt.NDArray[Any]]) -> Pairing:
    return pairing(bench.learner.loss, batch.targets, outputs, bench.experiment.config.seed)


def _explained(pixels: npt.NDArray[np.float64], targets: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The share of each pixel's variance that targets explain, from 0 to 1.

    By groups of equal targets where there are few of them (the correlation ratio, adjusted for their number);
    else by the numbers of the target, the best of them (the squared correlation).

    Args:
        pixels: ``(n, pixels)``.
        targets: ``(n,)`` or ``(n, numbers)``.
    """
    num = len(pixels)
    centred = pixels - pixels.mean(axis=0)
    total = (centred**2).sum(axis=0)
    total[total == 0] = np.inf
    rows, groups = np.unique(targets.reshape(num, -1), axis=0, return_inverse=True)
    if len(rows) <= _MOST_GROUPS * num:
        members = np.eye(len(rows))[groups.reshape(-1)]
        sums = members.T @ centred
        between = (sums**2 / members.sum(axis=0)[:, None]).sum(axis=0)
        return np.asarray(1 - (1 - between / total) * (num - 1) / (num - len(rows)))
    numbers = np.asarray(targets, np.float64).reshape(num, -1)
    numbers = numbers - numbers.mean(axis=0)
    spread = (numbers**2).sum(axis=0)
    spread[spread == 0] = np.inf
    return np.asarray(((numbers.T @ centred) ** 2 / spread[:, None] / total).max(axis=0))
