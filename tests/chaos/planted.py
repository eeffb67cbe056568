"""Plants faults in a copy of shapenet, one at a time: each must be caught by the harness that is there for it.

make chaos-planted                                     # all of them
.venv/bin/python -m tests.chaos.planted --only lock       # those whose names hold this
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.checks import CHECKS
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.fork_server import REPOSITORY
from tests.chaos.kill import Harness, Plan
from tests.chaos.power_loss import careless, finding, recorded
from tests.chaos.program import harness_in_a_folder

_SEED, _MOST_CASES = 7, 12


def planted(fault: Fault, folder: Path) -> Path:
    """A copy of the package with a fault.

    Args:
        fault: The fault.
        folder: Where the copy goes.

    Returns:
        The folder to import it from.
    """
    shutil.copytree(REPOSITORY / "shapenet", folder / "shapenet", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "shapenet" / fault.file
    text = path.read_text()
    assert text.count(fault.old) == 1, f"{fault.name}: expected its text once in {fault.file}"
    path.write_text(text.replace(fault.old, fault.new))
    return folder


def catch(fault: Fault, harness: Harness) -> str | None:
    """What the harness that is there for a fault finds; None if nothing.

    Args:
        fault: The fault.
        harness: Runs trainings.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        (Path(folder) / "copy").mkdir()
        harness.package = str(planted(fault, Path(folder) / "copy"))
        try:
            return caught(fault.caught_by.split(), harness, Path(folder))
        finally:
            harness.package = ""


def caught(by: list[str], harness: Harness, folder: Path) -> str | None:
    """What a harness finds, as `Fault.caught_by` names it; None if nothing."""
    name, *arguments = by
    if name == "check":
        return CHECKS[arguments[0]](harness)
    if name == "kill":
        plan = Plan((arguments[0],), (arguments[1],), counts=(1,))
        found = (harness.case(_SEED, number, plan).finding for number in range(_MOST_CASES))
        return next(filter(None, found), None)
    run = recorded(harness, folder, "mlp")
    if name == "calls":
        return next(careless(run.calls, run.root, run.record, "/runs/"), None)
    assert name == "power", by
    found = (finding(harness, run, "mlp", random.Random(number)) for number in range(_MOST_CASES))
    return next(filter(None, found), None)


def main() -> int:
    """Plant the faults that the command line asks for; 1 if one of them is not caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="faults whose names hold this text")
    arguments = parser.parse_args()
    start, missed = time.monotonic(), 0
    chosen = [fault for fault in FAULTS if arguments.only in fault.name]
    with harness_in_a_folder(Harness) as (harness, _):
        for fault in chosen:
            found = catch(fault, harness)
            missed += not found
            short = " ".join((found or "not caught").split())
            print(f"{fault.name:60} {fault.caught_by:26} {short[:160]}", flush=True)
    print(f"{len(chosen)} faults, {missed} not caught, {time.monotonic() - start:.0f} s")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
