"""Whether the model can learn one batch by heart."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shapenet.checks.bench import Bench, skipped
from shapenet.checks.learner import Trained
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.words import counted

LEARNT, MOVED = 0.5, 0.9
"""Share of the first loss: at or below the first it is well, above the second the model does not learn at all."""
_STEPS = 200
_AVERAGED = 5
_KNOWN = 0.1
_CODE = "check/overfit"


def one_batch(bench: Bench) -> Iterator[Finding]:
    """Train on one batch again and again, without augmentation: what can't be learnt by heart can't be learnt."""
    if bench.hindrance:
        yield skipped(_CODE, "overfitting one batch", bench.hindrance)
        return
    learner = bench.learner
    learner.reset()
    batch = bench.examples.at(slice(0, learner.batch_size))
    trained = learner.train(batch, _STEPS, bench.seconds, enough=_KNOWN)
    learner.reset()
    yield _judged(trained, len(batch))


def _judged(trained: Trained, num_images: int) -> Finding:
    num_steps = len(trained.losses)
    first, last = trained.losses[0], trained.last(min(_AVERAGED, max(1, num_steps // 4)))
    share = last / first if first else 0.0
    numbers = {"first": first, "last": last, "share": share, "steps": num_steps}
    steps = counted(num_steps, "step")
    message = f"the loss of one batch of {num_images} images goes from {first:.4g} to {last:.4g} in {steps}"
    if not math.isfinite(last):
        hint = "the learning rate is too high; shapenet lr-find looks for a lower one"
        return Finding(Severity.ERROR, _CODE, f"{message}: it diverges", numbers, hint=hint)
    if first < 0:
        return skipped(_CODE, "overfitting one batch", f"the first loss, {first:.4g}, is below 0: it has no shares")
    if share <= LEARNT:
        return Finding(Severity.OK, _CODE, message, numbers)
    message += f": expected at most {LEARNT:.0%} of the first"
    if trained.out_of_time:
        hint = "the time was up: --seconds gives it more"
        return Finding(Severity.NOTE, _CODE, message, numbers, hint=hint)
    severity = Severity.WARNING if share <= MOVED else Severity.ERROR
    return Finding(severity, _CODE, message, numbers, hint=_hint(share))


def _hint(share: float) -> str:
    if share > 1:
        return "the learning rate may be too high; shapenet lr-find looks for one"
    return (
        "the learning rate may be too low (shapenet lr-find looks for one), layers frozen or dead, "
        "the last layer's activation not one for the targets, or dropout very high"
    )
