"""Runs the command line: ``python -m shapenet`` and the console script."""

from __future__ import annotations

import signal
from typing import NoReturn


def start() -> NoReturn:
    """Load the command line and run it.

    While it is loaded Ctrl-C ends the process at once: nothing is begun, and what Python would
    raise instead can get lost in an import.
    """
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from shapenet.cli import run

    run()


if __name__ == "__main__":
    start()
