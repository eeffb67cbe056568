"""Runs the command line: ``python -m shapenet``."""

import sys

from shapenet.cli import main

if __name__ == "__main__":
    sys.exit(main())
