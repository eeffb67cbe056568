"""Tests of run directories: their names, their paths and the link to the newest."""

import errno
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from shapenet.errors import MachineError
from shapenet.rundir.atomic import replace_link
from shapenet.rundir.paths import RunDir, safe_name, update_latest

NOW = datetime(2026, 1, 15, 10, 30, 5)


def create(runs_dir, name="cnn", project="course"):
    return RunDir.create(runs_dir, project, name, "0123456789abcdef", NOW)


def test_directory_is_named_after_time_name_and_config(tmp_path):
    run = create(tmp_path / "runs")
    assert run.root == tmp_path / "runs/course/20260115-103005-cnn-01234567"
    assert list(run.root.iterdir()) == []


def test_runs_of_one_second_all_get_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create(tmp_path), range(8)))
    first = "20260115-103005-cnn-01234567"
    assert {run.id for run in runs} == {first} | {f"{first}-{n}" for n in range(2, 9)}


def test_every_path_lies_inside(tmp_path):
    run = RunDir(tmp_path)
    names = [name for name, value in vars(RunDir).items() if isinstance(value, property) and name != "id"]
    paths = [getattr(run, name) for name in names]
    assert len(set(paths)) == len(names) > 15
    assert all(path.is_relative_to(tmp_path) and path != tmp_path for path in paths)
    assert run.eval_metrics("test") == tmp_path / "eval/test/metrics.json"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cnn", "cnn"),
        ("a/b\\c d\n", "a-b-c-d"),
        ("../../etc", "etc"),
        (".tmp-x", "tmp-x"),
        ("latest", "latest_"),
        ("", "unnamed"),
        ("///", "unnamed"),
        ("größe-图像", "größe-图像"),
        ("x" * 300, "x" * 80),
        ("图" * 100, "图" * 26),
    ],
)
def test_names_are_safe(text, name):
    assert safe_name(text) == name


def test_a_project_can_not_leave_the_folder(tmp_path):
    assert create(tmp_path / "runs", project="../out").root.parent == tmp_path / "runs/out"


def test_latest_is_relative_and_replaced(tmp_path):
    runs_dir = tmp_path / "runs"
    for name in ("first", "second"):
        run = create(runs_dir, name)
        update_latest(runs_dir, run)
        assert (runs_dir / "latest").readlink() == run.root.relative_to(runs_dir)
    tmp_path.joinpath("runs").rename(tmp_path / "moved")
    assert (tmp_path / "moved/latest").resolve().name == run.id
    assert {path.name for path in (tmp_path / "moved").iterdir()} == {"course", "latest"}


def test_latest_that_can_not_be_made_is_a_machine_error(tmp_path):
    run = create(tmp_path)
    (tmp_path / "latest").mkdir()
    with pytest.raises(MachineError, match="latest"):
        update_latest(tmp_path, run)
    with pytest.raises(MachineError):
        update_latest(tmp_path / "missing", run)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_stands_in_the_way_of_latest_is_told_before_a_run_is_made(tmp_path, make):
    make(tmp_path / "latest")
    with pytest.raises(MachineError, match="expected a link, received a") as caught:
        create(tmp_path)
    assert caught.value.problems[0].place.file == str(tmp_path / "latest")
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]


def test_folder_that_can_not_be_made_is_a_machine_error(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(MachineError):
        create(tmp_path / "runs")


def test_a_read_only_file_system_is_told_with_what_to_do(tmp_path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(MachineError) as caught:
        create(tmp_path / "runs")
    (problem,) = caught.value.problems
    assert problem.place.file.startswith(str(tmp_path / "runs"))
    assert problem.hint == "the file system is read-only: choose another folder"
    assert caught.value.exit_code == 5


def test_removing_a_run_takes_only_what_was_made_for_it(tmp_path):
    (tmp_path / "runs").mkdir()
    run = create(tmp_path / "runs")
    run.remove()
    assert list(tmp_path.rglob("*")) == [tmp_path / "runs"]
    run, other = create(tmp_path / "new/runs"), create(tmp_path / "new/runs")
    run.remove()
    assert other.root.is_dir()
    other.remove()
    assert (tmp_path / "new/runs/course").is_dir()
    create(tmp_path / "another/runs").remove()
    assert not (tmp_path / "another").exists()


def test_a_link_that_can_not_be_made_is_told_by_its_own_name(tmp_path, monkeypatch):
    def refuse(self, target, target_is_directory):
        raise OSError(errno.EIO, "Input/output error", target, None, str(self))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(MachineError) as caught:
        replace_link(tmp_path / "last", "epoch-0001")
    assert str(tmp_path) in str(caught.value.problems[0].place)
