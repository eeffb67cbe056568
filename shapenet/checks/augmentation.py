"""Whether augmented images still show what their targets say."""

from __future__ import annotations

from collections.abc import Iterator

from shapenet.checks.bench import Bench, skipped
from shapenet.checks.pairing import JUDGED_BY, Pairing, pairing
from shapenet.data.augmentation.augmenter import Augmenter
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.training.unmoved import unmoved

HARM = 0.7
"""Share of what the model knew that may get lost by augmentation."""
_STEPS = 240
_KNOWN = 0.1
_CODE = "check/augmentation"


def keeps_targets(bench: Bench) -> Iterator[Finding]:
    """Learn images as they are, then look at augmented ones.

    Where that loses too much, the augmented images are learnt themselves: if not even that
    succeeds, augmentation destroys what the targets say, and does not only make it harder to see.
    """
    augmentations = bench.experiment.config.data.augment
    augmenter = None if bench.hindrance else bench.augmenter_of(augmentations)
    if augmenter is None:
        yield skipped(_CODE, "augmentation", bench.hindrance or "nothing augments")
        return
    bench.learn()
    plain = _known(bench, None)
    if not plain.knows:
        yield skipped(_CODE, "augmentation", "the model did not learn the images as they are")
        return
    harm = _harm(bench, plain, augmenter)
    numbers = {"harm": harm}
    message = f"augmented images keep {1 - harm:.0%} of what the model knows of them"
    if harm <= HARM:
        yield Finding(Severity.OK, _CODE, message, numbers)
        return
    message += f": expected {1 - HARM:.0%} or more"
    if len(augmentations) > 1:
        harms = {one.name: _harm(bench, plain, bench.augmenter_of((one,))) for one in augmentations}
        worst = max(harms, key=harms.__getitem__)
        numbers |= harms
        message += f"; {worst} does the most harm"
    severity, reason = Severity.WARNING, "it makes them much harder"
    if not _can_be_learnt(bench, augmenter):
        severity, reason = Severity.ERROR, "nothing of the targets can be learnt from them"
    unmoving = [problem.line for problem in unmoved(augmentations, bench.learner.compiled.bound.values())]
    hint = f"{'; '.join(unmoving) or reason}; shapenet data preview shows what becomes of them"
    yield Finding(severity, _CODE, message, numbers, hint=hint)


def _known(bench: Bench, augmenter: Augmenter | None, epoch: int = 0) -> Pairing:
    """What the model as it is knows of images, augmented or not."""
    batch = bench.examples if augmenter is None else bench.augmented(augmenter, epoch)
    batch = batch.at(slice(0, JUDGED_BY))
    outputs = bench.learner.outputs(batch.inputs, training=False)
    return pairing(bench.learner.loss, batch.targets, outputs, bench.experiment.config.seed)


def _harm(bench: Bench, plain: Pairing, augmenter: Augmenter | None) -> float:
    """The share of what is known that augmentation takes away; above 1 where the model is misled."""
    return 1 - _known(bench, augmenter).gap / plain.gap


def _can_be_learnt(bench: Bench, augmenter: Augmenter) -> bool:
    """Whether training on augmented images teaches anything of others augmented anew."""
    bench.learner.reset()
    bench.learner.train(bench.augmented(augmenter, 1), _STEPS, bench.seconds, enough=_KNOWN)
    return _known(bench, augmenter, epoch=2).knows
