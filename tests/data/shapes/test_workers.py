"""Blocks run once each, wherever they run, and a killed worker is told."""

import os
import signal

import pytest

from shapenet.data.shapes.workers import run_blocks
from shapenet.errors import MachineError

BLOCKS = [(start, start + 5) for start in range(0, 50, 5)]


def die(start, stop):
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_process_does_every_block_in_order():
    done = []
    assert list(run_blocks(lambda folder, start, stop: done.append((start, stop)), ("x",), BLOCKS, 1)) == BLOCKS == done


def test_a_killed_worker_is_an_error():
    with pytest.raises(MachineError, match="killed"):
        list(run_blocks(die, (), BLOCKS, 2))
