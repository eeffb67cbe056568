"""Files of a run: regular ones inside it, of bounded size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shapenet.errors import RunError
from shapenet.rundir.reading import check_contained, check_inside, read_regular


def test_regular_files_and_links_inside_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "a", tmp_path) == read_regular(tmp_path / "link", tmp_path, 7) == b"content"


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a").write_bytes(b"content")
    (tmp_path / "alias").symlink_to("root")
    assert read_regular(tmp_path / "alias" / "a", tmp_path / "alias") == b"content"


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with pytest.raises(RunError, match="expected at most 6 bytes, received 7"):
        read_regular(tmp_path / "a", tmp_path, 6)


def test_pipes_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, received in ((tmp_path / "pipe", "a pipe"), (tmp_path, "a folder")):
        with pytest.raises(RunError, match=f"expected a regular file, received {received}"):
            read_regular(path, tmp_path)


def test_links_out_and_in_circles_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"content")
    (root / "link").symlink_to("../secret")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    for name in ("link", "up/secret", "up", "loop", "../secret"):
        with pytest.raises(RunError):
            check_inside(root / name, root)


def test_a_missing_file_is_the_system_s_error(tmp_path: Path) -> None:
    check_inside(tmp_path / "none", tmp_path)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", tmp_path)


def test_a_folder_holds_nothing_that_leads_out_of_it(tmp_path: Path) -> None:
    root = tmp_path / "run"
    (root / "checkpoints" / "epoch-0001").mkdir(parents=True)
    (root / "checkpoints" / "last").symlink_to("epoch-0001")
    check_contained(root)
    for make, received in (
        (lambda path: path.symlink_to(tmp_path), "a link to"),
        (lambda path: path.symlink_to("../../../nowhere"), "a link to"),
        (lambda path: path.symlink_to(path.name), "leads nowhere|a link to"),
        (os.mkfifo, "a pipe"),
    ):
        made = root / "checkpoints" / "epoch-0002"
        make(made)
        with pytest.raises(RunError, match=received):
            check_contained(root)
        made.unlink()
    check_contained(root)
