"""Image files that are missing, lie elsewhere, or are no regular files."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import DataError


@pytest.fixture
def outside(folder):
    """An image in the folder above the CSV's."""
    path = folder.parent / "outside.png"
    Image.fromarray(np.full((4, 5), 9, np.uint8)).save(path)
    return path


def problems_of(load, content, **arguments):
    with pytest.raises(DataError) as caught:
        load(content, **arguments)
    return {problem.code: problem for problem in caught.value.problems}


def test_missing_files_are_counted_and_the_first_ten_listed(load):
    rows = "".join(f"none{index}.png,x\n" for index in range(12))
    problem = problems_of(load, f"path,label\na.png,x\n{rows}")["data/missing-file"]
    assert problem.message.startswith("12 of 13 image files are missing\n  line 3: none0.png\n")
    assert problem.message.endswith("line 12: none9.png\n  and 2 more")
    assert problem.place.line == 3


def test_a_file_used_as_a_folder_is_missing(load):
    assert "data/missing-file" in problems_of(load, "path,label\na.png/b.png,x\n")


def test_paths_out_of_the_folder_need_leave(load, folder, outside):
    (folder / "link.png").symlink_to(outside)
    (folder / "up").symlink_to(folder.parent)
    rows = f"../outside.png,x\n{outside},x\nlink.png,x\nup/outside.png,x\na.png,x\n"
    problem = problems_of(load, f"path,label\n{rows}")["data/outside-folder"]
    assert problem.message.startswith("4 of 5 ")
    assert all(f"line {line}: " in problem.message for line in (2, 3, 4, 5))
    assert "allow_outside: true" in problem.hint
    records = load(f"path,label\n{rows}", allow_outside=True)
    assert records.read(0, 5)["image"][:, 0, 0, 0].tolist() == [9, 9, 9, 9, 1]


def test_a_missing_file_out_of_the_folder_says_nothing_about_it(load):
    assert set(problems_of(load, "path,label\n../none.png,x\n")) == {"data/outside-folder"}


def test_absolute_paths_links_and_detours_within_the_folder_are_fine(load, folder):
    (folder / "sub").mkdir()
    (folder / "link.png").symlink_to("b.png")
    rows = f"{folder}/a.png,x\nlink.png,x\nsub/../c.png,x\n../{folder.name}/a.png,x\n"
    records = load(f"path,label\n{rows}")
    assert records.read(0, 4)["image"][:, 0, 0, 0].tolist() == [1, 2, 3, 1]
    assert records.name_of(2) == "sub/../c.png"


def test_the_csv_folder_may_itself_be_a_link(load, folder):
    from shapenet.data.csv.source import csv

    load("path,label\na.png,x\n")
    (folder.parent / "alias").symlink_to(folder)
    assert csv(path=folder.parent / "alias" / "info.csv").read(0, 1)["image"][0, 0, 0, 0] == 1


def test_loops_folders_and_pipes_are_refused_without_hanging(load, folder):
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "ring").symlink_to("ring")
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe.png")
    problem = problems_of(load, f"path,label\nloop.png,x\nring/a.png,x\nsub,x\npipe.png,x\n..,x\n{'n' * 300}.png,x\n")[
        "data/unreadable-file"
    ]
    assert problem.message.startswith("6 of 6 ")
    assert "line 4: sub: a folder" in problem.message
    assert "line 5: pipe.png: a named pipe" in problem.message
    assert "data/unreadable-file" in problems_of(load, "path,label\n/dev/zero,x\n", allow_outside=True)


STRANGE = ("caf\u00e9 \u732b.png", " leading and trailing .png", "two\nlines.png", "com,ma.png", 'quo"te.png')


def test_strange_names_in_the_locale_c(folder):
    """Also where Python would take ASCII for file names."""
    for name in STRANGE:
        Image.fromarray(np.zeros((4, 5), np.uint8)).save(folder / name)
    rows = "".join('"{}",x\n'.format(name.replace('"', '""')) for name in STRANGE)
    (folder / "info.csv").write_text(f"path,label\n{rows}", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from shapenet.data.csv.source import csv;"
        "records = csv(path=Path(sys.argv[1])); records.read(0, len(records));"
        "print(len(records), sys.getfilesystemencoding())"
    )
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", code, str(folder / "info.csv")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.split()[0] == "5"
