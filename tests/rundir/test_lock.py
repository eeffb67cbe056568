"""The lock of a run: one holder, named, and free once it is gone."""

import errno
import os
import subprocess
import sys

import pytest

from shapenet.errors import RunError
from shapenet.rundir.lock import RunLock, holder_of

HOLD = "import sys; from pathlib import Path; from shapenet.rundir.lock import RunLock\n" \
       "with RunLock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"  # fmt: skip


def test_the_second_is_told_who_holds_it(tmp_path):
    path = tmp_path / "run.lock"
    assert holder_of(path) is None
    with RunLock(path):
        assert holder_of(path).pid == os.getpid()
        with pytest.raises(RunError, match=f"process {os.getpid()} on ") as caught, RunLock(path):
            pass
        assert caught.value.exit_code == 4
    assert holder_of(path) is None


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "run.lock"
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout.readline() == "held\n"
    assert holder_of(path).pid == process.pid
    process.kill()
    process.communicate()
    assert holder_of(path) is None
    with RunLock(path):
        assert holder_of(path).pid == os.getpid()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x", "host": 1}'])
def test_a_holder_that_says_nothing_of_use(tmp_path, content):
    path = tmp_path / "run.lock"
    with RunLock(path):
        path.write_text(content)
        with pytest.raises(RunError, match="another process works on this run"), RunLock(path):
            pass


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path.parent / "elsewhere")])
def test_what_is_no_file_is_refused(tmp_path, make):
    path = tmp_path / "run.lock"
    make(path)
    with pytest.raises(RunError, match="expected a regular file"), RunLock(path):
        pass
    assert not (tmp_path / "elsewhere").exists()
    assert holder_of(path) is None


def test_on_a_full_disk_it_is_locked_though_it_does_not_say_by_whom(tmp_path, monkeypatch):
    def refuse(descriptor, size):
        raise OSError(errno.ENOSPC, "full")

    path = tmp_path / "run.lock"
    monkeypatch.setattr(os, "ftruncate", refuse)
    with RunLock(path), pytest.raises(RunError, match="another process works on this run"), RunLock(path):
        pass
