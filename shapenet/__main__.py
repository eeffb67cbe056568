"""Runs the command line: ``python -m shapenet``."""

from shapenet.cli import run

if __name__ == "__main__":
    run()
