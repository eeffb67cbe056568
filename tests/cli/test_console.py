"""Text as the terminal shows it: lines of messages, and nouns with their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.cli.render.console import as_text, message_lines, printable
from shapenet.words import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 images"), (1, "1 image"), (2000, "2,000 images")])
def test_counted(number: int, text: str) -> None:
    assert counted(number, "image") == text


def test_an_irregular_plural() -> None:
    assert [counted(number, "class", "classes") for number in (1, 2)] == ["1 class", "2 classes"]


def test_wrapped_at_spaces_and_indented() -> None:
    text = "expected one of these, received another thing\n  line 12: a/very/long/path/of/a/file.png of class seven"
    assert message_lines(text, before=10, width=34) == [
        "expected one of these,",
        "  received another thing",
        "  line 12:",
        "    a/very/long/path/of/a/file.png",
        "    of class seven",
    ]


@given(st.text(), st.integers(0, 50), st.none() | st.integers(10, 100))
def test_no_line_passes_for_another_message(text: str, before: int, width: int | None) -> None:
    first, *others = message_lines(text, before=before, width=width)
    assert all(line == printable(line) for line in (first, *others))
    assert all(line.startswith("  ") for line in others if line)
    joined = "".join((first, *others)).replace(" ", "")
    assert joined == "".join(printable(text).split(" "))


def test_brackets_and_colons_are_text() -> None:
    assert as_text("[bold]x[/] :smile:") == "[bold]x[/] :smile:\n"
