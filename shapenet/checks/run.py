"""All checks of an experiment, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from shapenet.checks import augmentation, gradients, initial, inputs, leaks, overfit
from shapenet.checks.bench import Bench
from shapenet.data.inspect.finding import Finding, Severity
from shapenet.training.faults import fit_errors

Check = Callable[[Bench], Iterator[Finding]]
"""One look at the model; yields what it found, or one finding that all is well."""

CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "input range": (inputs.input_range, inputs.empty_images),
        "initial loss": (initial.head, initial.logits, initial.initial_loss),
        "gradients": (gradients.gradients,),
        "one batch": (overfit.one_batch,),
        "leaks": (leaks.target_in_input, leaks.shuffled_targets, leaks.true_targets),
        "augmentation": (augmentation.keeps_targets,),
    }
)
"""A new check is one function of `Bench` and one entry here, under what a waiting user reads."""

NUM_TRAININGS = 4.5
"""Short trainings of all checks, the longest counted by its length."""


def run_checks(bench: Bench, begin: Callable[[str], None]) -> list[Finding]:
    """Everything that the checks find, the worst first, each severity in the order of `CHECKS`.

    Args:
        bench: Model and data.
        begin: Hears what is looked at next.

    Raises:
        ConfigError: The model can't take its first step.
        MachineError: The memory does not suffice.
    """
    findings: list[Finding] = []
    made: list[str] = []
    told = fit_errors(bench.learner.batch_size, lambda: "gradients" in made)
    with bench.experiment.locating(), told:
        for what, checks in CHECKS.items():
            begin(what)
            findings.extend(finding for check in checks for finding in check(bench))
            made.append(what)
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    return sorted(findings, key=lambda finding: ranks[finding.severity])
