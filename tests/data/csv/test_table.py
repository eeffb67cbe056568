"""CSVs that parse the same, and CSVs that are refused with the line."""

from __future__ import annotations

import os

import pytest

from shapenet.data.csv.table import read_table
from shapenet.errors import DataError


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, **arguments):
        path = tmp_path / "info.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **arguments)

    return write_and_read


def refused(read, content, **arguments):
    with pytest.raises(DataError) as caught:
        read(content, **arguments)
    (problem,) = caught.value.problems
    assert problem.place.file.endswith("info.csv")
    return problem


@pytest.mark.parametrize(
    "content",
    [
        "path,label\na.png,x\nb.png,y\n",
        "\ufeffpath,label\na.png,x\nb.png,y\n",
        "path,label\r\na.png,x\r\nb.png,y\r\n",
        "path,label\ra.png,x\rb.png,y",
        '"path","label"\n"a.png","x"\n"b.png","y"',
        "path, label\na.png,x\nb.png,y",
    ],
)
def test_one_meaning_in_many_spellings(read, content):
    table = read(content)
    assert table.columns == ("path", "label")
    assert table.rows == [["a.png", "x"], ["b.png", "y"]]
    assert table.lines == [2, 3]


def test_quoted_delimiters_and_line_ends_keep_the_count_of_lines(read):
    table = read('path,label\n"a,\n1.png",x\n\nb.png,"say ""y"""\n')
    assert table.rows == [["a,\n1.png", "x"], ["b.png", 'say "y"']]
    assert table.lines == [2, 5]


def test_another_delimiter(read):
    assert read("path;label\na,1.png;x\n", delimiter=";").rows == [["a,1.png", "x"]]


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n"])
def test_empty(read, content):
    assert refused(read, content).code == "data/csv-empty"


def test_header_only_names_the_columns(read):
    problem = refused(read, "path,label\n")
    assert problem.code == "data/csv-empty"
    assert "path, label" in problem.message


@pytest.mark.parametrize(("mark", "name"), [(";", "';'"), ("\t", "a tab"), ("|", "'|'")])
def test_wrong_delimiter_is_named(read, mark, name):
    problem = refused(read, f"path{mark}label\na.png{mark}x\n")
    assert problem.code == "data/csv-delimiter"
    assert problem.hint.startswith(f"the delimiter looks like {name}")


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        ("path,label\na.png,x\nb.png,caf\u00e9\n".encode("latin-1"), 3, "Latin-1"),
        ("path,label\na.png,x\n".encode("utf-16"), 1, "UTF-16"),
        (b"path,label\na.png,x\nb\0.png,y\n", 3, "NUL"),
    ],
)
def test_wrong_encoding_names_the_line(read, content, line, word):
    problem = refused(read, content)
    assert problem.code == "data/csv-encoding"
    assert problem.place.line == line
    assert word in problem.message


@pytest.mark.parametrize("again", ["path,label", "\ufeffpath,label", '"path","label"'])
def test_header_in_the_middle_names_the_command_that_joins(read, again):
    problem = refused(read, f"path,label\na.png,x\n{again}\nb.png,y\n")
    assert problem.code == "data/csv-repeated-header"
    assert problem.place.line == 3
    assert "shapenet data join a/info.csv b/info.csv -o dataset.csv" in problem.hint


def test_short_and_long_rows_are_listed_with_their_lines(read):
    problem = refused(read, "path,label\na.png\nb.png,y\nc.png,z,1\n")
    assert problem.code == "data/csv-row"
    assert problem.place.line == 2
    assert "in 2 of 3" in problem.message
    assert "line 2: 1 values: a.png" in problem.message
    assert "line 4: 3 values: c.png, z, 1" in problem.message


def test_only_the_first_ten_are_listed(read):
    problem = refused(read, "path,label\n" + "a.png\n" * 25)
    assert problem.message.count("\n  line ") == 10
    assert problem.message.endswith("and 15 more")


@pytest.mark.parametrize("value", ['"b.png,y', '"b".png,y', "b" * 200_000 + ",y"])
def test_what_csv_itself_refuses(read, value):
    problem = refused(read, f"path,label\na.png,x\n{value}\nc.png,z\n")
    assert problem.code == "data/csv-row"
    assert problem.place.line == 3


def test_column_twice(read):
    assert refused(read, "path,label,label\na.png,x,y\n").code == "data/csv-column"


def test_missing_column_names_those_found_and_the_nearest(read):
    table = read("path,lable\na.png,x\n")
    with pytest.raises(DataError) as caught:
        table.pick("label", (), "label_column")
    (problem,) = caught.value.problems
    assert "'path', 'lable'" in problem.message
    assert problem.hint == "did you mean lable? `label_column: lable` takes it"
    with pytest.raises(DataError, match="label, class, target, category"):
        table.pick(None, ("label", "class", "target", "category"), "label_column")
    with pytest.raises(DataError, match=r"did you mean lable\?"):
        table.pick(None, ("class", "label"))
    with pytest.raises(DataError, match="the first line must name the columns; `kind`"):
        table.pick(None, ("zzz",), "kind")


def test_pick_takes_the_first_default_that_is_there(read):
    table = read("image,name,file\na,b,c\n")
    assert table.pick(None, ("path", "file", "image"), "image_column") == "file"
    assert table.pick("image", ("path", "file"), "image_column") == "image"


def test_missing_file_folder_and_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert caught.value.problems[0].place.file == str(path)
