"""Cases that are at fault, to show that the harness finds them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def faulty_case(number: int, folder: Path) -> None:
    """The second case crashes, the third hangs, the fourth raises."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 2:
        time.sleep(60)
    if number == 3:
        raise ZeroDivisionError("found")


CASES = {"faulty": faulty_case}
