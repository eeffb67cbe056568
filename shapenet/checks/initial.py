"""What the untrained model gives, and its loss against the loss of knowing nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shapenet.checks.bench import Bench, skipped
from shapenet.data.inspect.finding import Finding, Severity

if TYPE_CHECKING:
    import numpy.typing as npt

HIGH, VERY_HIGH, LOW = 4.0, 10.0, 0.5
"""Times the expected loss: above the first a warning, above the second a problem; below the last worth a note.

Sound networks have up to three times the expected loss where outputs are numbers, whose variance adds to theirs.
"""


def initial_loss(bench: Bench) -> Iterator[Finding]:
    """The loss of each task on a few batches, before any step."""
    learner = bench.learner
    targets = bench.examples.targets
    uninformed = {
        name: task.bound.uninformed(targets[name], logits=task.logits) for name, task in learner.compiled.tasks.items()
    }
    expected, measured = learner.losses(targets, uninformed), learner.losses(targets, bench.untrained)
    for name in measured:
        yield _judged(f"the initial loss{f' of {name}' * bool(name)}", measured[name], expected[name], bench)


def _judged(what: str, measured: float, expected: float, bench: Bench) -> Finding:
    code, numbers = "check/initial-loss", {"loss": measured, "expected": expected}
    if not math.isfinite(measured):
        hint = "a layer gives NaN or infinity: divisions, logarithms, or inputs that are far too large"
        message = f"{what} is {measured:g}: expected about {expected:.4g}"
        return Finding(Severity.ERROR, code, message, numbers, hint=hint)
    if expected < 0:  # of a plug-in's loss, say: nothing is a multiple of that
        return skipped(code, what, f"outputs that say nothing have a loss of {expected:.4g}, which is below 0")
    message = f"{what} is {measured:.4g}, of outputs that say nothing {expected:.4g}"
    if measured > HIGH * expected:
        severity = Severity.ERROR if measured > VERY_HIGH * expected else Severity.WARNING
        hint = (
            "scale the inputs, or begin with smaller weights in the last layer (kernel_initializer); "
            "is the loss told rightly whether it gets logits?"
        )
        return Finding(severity, code, f"{message}: expected at most {HIGH:g} times that", numbers, hint=hint)
    if measured < LOW * expected and bench.experiment.config.init is None:
        hint = "weights that have learnt it before do that; so does a target that stands in the input"
        return Finding(Severity.NOTE, code, f"{message}: less than {LOW:.0%} of that", numbers, hint=hint)
    return Finding(Severity.OK, code, message, numbers)


def logits(bench: Bench) -> Iterator[Finding]:
    """Whether the loss takes the outputs for what they are by their values: logits or probabilities."""
    has_no_head = bench.experiment.config.model.head == "none"
    for name, task in bench.learner.compiled.tasks.items():
        told = task.component.arguments.get("from_logits")
        if told is None:
            continue
        outputs = bench.untrained[name]
        lowest, highest = float(outputs.min()), float(outputs.max())
        numbers = {"from_logits": float(told), "lowest": lowest, "highest": highest}
        message = f"the loss{f' of {name}' * bool(name)} takes the outputs for {'logits' if told else 'probabilities'}"
        hint = None
        if told and has_no_head and _seem_probabilities(outputs, one_of_them="Binary" not in task.component.name):
            message += f", but they go from {lowest:.4g} to {highest:.4g}, as probabilities do"
            hint = (
                "if the layers make probabilities, end them with the activation softmax or sigmoid; "
                "or tell the loss from_logits: false"
            )
        elif not told and (lowest < 0 or highest > 1):
            message += f", but they go from {lowest:.4g} to {highest:.4g}"
            hint = "leave from_logits out of the loss, or end the layers with the activation softmax or sigmoid"
        else:
            message += ", as they are"
        yield Finding(Severity.WARNING if hint else Severity.OK, "check/logits", message, numbers, hint=hint)


def head(bench: Bench) -> Iterator[Finding]:
    """Whether the task's output layer follows one that the user made for the same."""
    warnings = [warning for warning in bench.learner.compiled.warnings if warning.code == "model/doubled"]
    if not warnings:
        yield Finding(Severity.OK, "check/head", "no output layer follows probabilities of the same classes")
    for warning in warnings:
        yield Finding(Severity.WARNING, "check/head", warning.message, hint=warning.hint)


def _seem_probabilities(outputs: npt.NDArray[Any], *, one_of_them: bool) -> bool:
    """Whether all outputs, which are not all the same, lie between 0 and 1; with `one_of_them` they add up to 1 too."""
    inside = outputs.min() >= 0 and outputs.max() <= 1 and outputs.min() < outputs.max()
    return bool(inside and (not one_of_them or abs(outputs.sum(axis=-1) - 1).max() < 0.02))
