"""Blocks run once each, wherever they run, and a killed worker is told."""

import multiprocessing
import os
import signal
import sys
from collections import Counter

import pytest

from shapenet.data.workers import blocks_of, run_blocks
from shapenet.errors import MachineError
from shapenet.plugins import load_plugins

BLOCKS = [(start, start + 5) for start in range(0, 50, 5)]


def pair(text, start, stop):
    return text, start, stop


def die(parent, start, stop):
    if os.getpid() == parent:
        for child in multiprocessing.active_children():  # none once its end has been seen
            child.join()
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def test_one_process_does_every_block_in_order():
    done = [block for block, _ in run_blocks(pair, ("x",), BLOCKS, 1)]
    assert done == BLOCKS


@pytest.mark.parametrize("num_workers", [1, 2])
def test_each_block_gives_what_the_function_returned(num_workers):
    results = dict(run_blocks(pair, ("x",), BLOCKS, num_workers))
    assert results == {block: ("x", *block) for block in BLOCKS}


def test_blocks_cover_everything_once():
    assert blocks_of(10, 4) == [(0, 4), (4, 8), (8, 10)]
    assert blocks_of(0, 4) == []


PLUGIN = """
class Doubler:
    def __call__(self, start, stop):
        return 2 * start, 2 * stop

def work(doubler, start, stop):
    return doubler(start, stop)
"""


def test_workers_know_what_a_plugin_defines(tmp_path):
    path = tmp_path / "doubling.py"
    path.write_text(PLUGIN, encoding="utf-8")
    load_plugins([path])
    module = next(m for name, m in sys.modules.items() if name.startswith("shapenet_plugin_doubling_"))
    results = dict(run_blocks(module.work, (module.Doubler(),), BLOCKS, 2))
    assert results == {(start, stop): (2 * start, 2 * stop) for start, stop in BLOCKS}


def test_a_killed_worker_is_an_error():
    with pytest.raises(MachineError, match="killed"):
        list(run_blocks(die, (os.getpid(),), BLOCKS, 2))


def where(start, stop):
    return os.getpid()


def test_this_process_is_one_of_the_workers():
    many = blocks_of(300, 1)
    processes = Counter(process for _, process in run_blocks(where, (), many, 2))
    assert os.getpid() in processes
    assert sum(processes.values()) == len(many)
    assert len(processes) <= 2


def fail_here(parent, start, stop):
    if os.getpid() == parent:
        raise ValueError("no")


def test_an_error_in_this_process_ends_the_others():
    with pytest.raises(ValueError, match="no"):
        list(run_blocks(fail_here, (os.getpid(),), BLOCKS, 2))
    assert multiprocessing.active_children() == []
