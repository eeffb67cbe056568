"""A sample of what ``make chaos-disk`` does in full; a failure names its site, as KIND:N:ERRNO."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.disk import Harness, sites
from tests.chaos.fork_server import NoCompilerError, compiled_shim


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    try:
        made = Harness(tmp_path_factory.mktemp("disk"))
    except NoCompilerError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def test_faults_of_the_disk_end_a_run_with_a_message_and_leave_its_checkpoints_whole(harness: Harness) -> None:
    counts = harness.counts()
    assert all(counts[kind] for kind in ("write", "fsync", "rename", "open", "mkdir", "link"))
    assert [found for site in sites(counts, 6, seed=1) if (found := harness.finding(site))] == []


_TWO_FILES = """
import ctypes, errno, os, sys
import h5py
shim = ctypes.CDLL(sys.argv[1])
shim.fault_count.restype = ctypes.c_long
def opened(name, number):
    shim.fault_arm(os.fsencode(sys.argv[2]), 3, ctypes.c_long(number), errno.EACCES)
    try:
        h5py.File(f"{sys.argv[2]}/{name}.h5", "w").close()
        made = True
    except OSError:
        made = False
    return made, shim.fault_count(3), bool(shim.fault_was_idle())
print([opened("a", -1), opened("b", 0), opened("c", 1), os.path.exists(f"{sys.argv[2]}/c.h5")])
"""


def test_hdf5_looks_for_a_file_before_it_makes_it(tmp_path: Path) -> None:
    """The first of its two calls fails in a sound run too, so that a fault there is none; one in the second is told."""
    try:
        shim = compiled_shim(tmp_path)
    except NoCompilerError as error:
        pytest.skip(str(error))
    (tmp_path / "root").mkdir()
    command = [sys.executable, "-c", _TWO_FILES, str(shim), str(tmp_path / "root")]
    environment = {**os.environ, "LD_PRELOAD": str(shim)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(True, 2, False), (True, 2, True), (False, 2, False), False]"
