"""Whether augmented images still show what their targets say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Augmentation:
    """What changes images.

    Attributes:
        augmenter: Changes them before they go into the model; None for nothing.
        layers: Names of layers of the model that change them within.
    """

    augmenter: Augmenter | None
    layers: tuple[str, ...] = ()


def keeps_targets(bench: Bench) -> Iterator[Finding]:
    """Learn images as they are, then look at augmented ones.

    Where that loses too much, the augmented images are learnt themselves: if not even that
    succeeds, augmentation destroys what the targets say, and does not only make it harder to see.
    """
    config, layers = bench.experiment.config, bench.learner.augmentations
    if bench.hindrance or not (config.data.augment or layers):
        yield skipped(_CODE, "augmentation", bench.hindrance or "nothing augments")
        return
    bench.learn()
    plain = _known(bench, _Augmentation(None))
    if not plain.knows:
        yield skipped(_CODE, "augmentation", "the model did not learn the images as they are")
        return
    augmentation = _Augmentation(bench.augmenter_of(config.data.augment), layers)
    harm = _harm(bench, plain, augmentation)
    numbers = {"harm": harm}
    message = f"augmented images keep {max(0.0, 1 - harm):.0%} of what the model knows of them"
    if harm <= HARM:
        yield Finding(Severity.OK, _CODE, message, numbers)
        return
    message += f": expected {1 - HARM:.0%} or more"
    each = [(one.name, _Augmentation(bench.augmenter_of((one,)))) for one in config.data.augment]
    each += [(name, _Augmentation(None, (name,))) for name in layers]
    if len(each) > 1:
        harms = [(_harm(bench, plain, alone), name) for name, alone in each]
        numbers |= {name: harm for harm, name in sorted(harms)}
        message += f"; {max(harms)[1]} does the most harm"
    severity, reason = Severity.WARNING, "it makes them much harder"
    if not _can_be_learnt(bench, augmentation):
        severity, reason = Severity.ERROR, "nothing of the targets can be learnt from them"
    yield Finding(severity, _CODE, message, numbers, hint=_hint(bench, reason))


def _hint(bench: Bench, reason: str) -> str:
    """The reason for a finding, and what the config's warnings say of its augmentations."""
    config, compiled = bench.experiment.config, bench.learner.compiled
    warnings = [*unmoved(config.data.augment, compiled.bound.values()), *compiled.warnings]
    told = bench.experiment.placed(warning for warning in warnings if warning.code == "config/augmentation")
    preview = ["shapenet data preview shows what becomes of them"] if config.data.augment else []
    return "; ".join([reason, *(warning.line for warning in told), *preview])


def _known(bench: Bench, augmentation: _Augmentation, epoch: int = 0) -> Pairing:
    """What the model as it is knows of images, augmented or not."""
    batch = bench.augmented(augmentation.augmenter, epoch).at(slice(0, JUDGED_BY))
    outputs = bench.learner.outputs(batch.inputs, training=False, augmentations=augmentation.layers)
    return pairing(bench.learner.loss, batch.targets, outputs, bench.experiment.config.seed)


def _harm(bench: Bench, plain: Pairing, augmentation: _Augmentation) -> float:
    """The share of what is known that augmentation takes away; above 1 where the model is misled.

    Of losses from 0 on, the gap counts as a share of chance: both are huge where images are like none before.
    """
    found = _known(bench, augmentation)
    if min(found.loss, plain.loss) < 0:
        return 1 - found.gap / plain.gap
    return 1 - found.share / plain.share


def _can_be_learnt(bench: Bench, augmentation: _Augmentation) -> bool:
    """Whether training on augmented images teaches anything of others augmented anew."""
    examples = bench.augmented(augmentation.augmenter, 1)
    bench.learner.reset()
    bench.learner.train(examples, _STEPS, bench.seconds, enough=_KNOWN, augmentations=augmentation.layers)
    return _known(bench, augmentation, epoch=2).knows
