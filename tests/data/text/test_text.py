"""Text files as sources: any delimiter, either order, and lines that can't be read."""

from __future__ import annotations

import pytest
from PIL import Image

from shapenet.data.text.source import text
from shapenet.errors import DataError


@pytest.fixture
def load(tmp_path):
    """Write lines beside the images `a.png` and `b c.png`, and open them as a source."""
    for value, name in enumerate(("a.png", "b c.png"), start=1):
        Image.new("L", (2, 2), value).save(tmp_path / name)

    def write_and_open(content, **arguments):
        path = tmp_path / "images.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return text(path=path, **arguments)

    return write_and_open


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        ("a.png x\nb c.png y\n", {}),
        ("\ufeffa.png\tx\r\n\r\nb c.png \t y", {}),
        ("a.png;x\nb c.png;y", {"delimiter": ";"}),
        ("a.png :: x\nb c.png :: y", {"delimiter": " :: "}),
        ("x a.png\ny b c.png\n", {"label_first": True}),
        ("x,a.png\ny,b c.png\n", {"label_first": True, "delimiter": ","}),
    ],
)
def test_path_and_label_in_each_line(load, content, arguments):
    records = load(content, **arguments)
    assert [records.name_of(i) for i in range(2)] == ["a.png", "b c.png"]
    assert records.classes == ("x", "y")
    assert records.read(0, 2)["image"][:, 0, 0, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("a.png x\nalone\n", "data/text-line", 2),
        ("", "data/text-empty", None),
        (" \n\n", "data/text-empty", None),
        (b"a.png x\n\xff\n", "data/csv-encoding", 2),
        ("a.png x\nnone.png x\n", "data/missing-file", 2),
        ("a.png x\na.png y\n", "data/label", 2),
    ],
)
def test_lines_that_can_not_be_read(load, content, code, line):
    with pytest.raises(DataError) as caught:
        load(content)
    assert (caught.value.problems[0].code, caught.value.problems[0].place.line) == (code, line)
