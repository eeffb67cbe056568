"""What YAML's parser finds wrong, in our words."""

from __future__ import annotations

import re

import yaml

from shapenet.errors import Place, Problem

_WORDS: tuple[tuple[str, str, str | None], ...] = (
    (r"tab character", "a tab stands where spaces indent", "indent with spaces"),
    (r"cannot start any token", "{char} can't begin an unquoted value", "put the value in quotes"),
    (r"mapping values are not allowed", "this ': ' is one too many: a mapping can't begin here",
     "check the indentation; put text that holds ': ' in quotes"),
    (r"sequence entries are not allowed", "a list can't begin here", "begin it on its own line, or use [a, b]"),
    (r"expected ',' or '\]'", "the list that begins {opened} is not closed before this", "add ',' or ']'"),
    (r"expected ',' or '}'", "the mapping that begins {opened} is not closed before this", "add ',' or '}'"),
    (r"unexpected end of stream", "the quoted text that begins {opened} is never closed", "add the closing quote"),
    (r"unexpected document", "the quoted text that begins {opened} is not closed before this line",
     "add the closing quote"),
    (r"expected '-' indicator|expected <block end>.*-", "expected another '- ' of the list that begins {opened}",
     "check the indentation"),
    (r"expected key|expected <block end>", "expected a key of the mapping that begins {opened}",
     "check the indentation: keys of one mapping begin in one column"),
    (r"could not find expected ':'", "expected ':' after the key that begins {opened}", "write key: value"),
    (r"expected (the )?node content", "expected a value", None),
    (r"escape", "an unknown escape in double-quoted text", "use single quotes, or write two backslashes for one"),
    (r"tag handle", "an unknown tag", "leave the '!' out, or put the text in quotes"),
    (r"incompatible YAML|directive", "a % directive that shapenet can't read", "leave the line out"),
    (r"alphabetic or numeric", "a name must follow & or *", "put text that begins with & or * in quotes"),
    (r"expected .*<document start>", "expected the end of the document", "a file holds one mapping"),
)  # fmt: skip


def syntax_problem(error: Exception, text: str, name: str) -> Problem:
    """A parser's error as a problem with a place.

    Args:
        error: What PyYAML raised.
        text: What it was reading.
        name: What to call the text.
    """
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem("config/syntax", f"not valid YAML: {str(error)[:200]}", Place(name))
    mark = error.problem_mark
    place = Place(name, mark.line + 1, mark.column + 1)
    tab = _indenting_tab(text, mark.line)
    if tab is not None:
        place = Place(name, mark.line + 1, tab + 1)
        return Problem("config/tab", "a tab stands where spaces indent", place, hint="indent with spaces")
    finding = error.problem or ""
    for pattern, message, hint in _WORDS:
        if re.search(pattern, finding):
            opened = error.context_mark
            where = f"in line {opened.line + 1}, column {opened.column + 1}" if opened else "before"
            words = message.format(opened=where, char=repr(text[mark.index : mark.index + 1]))
            return Problem("config/syntax", words, place, hint=hint)
    return Problem("config/syntax", f"not valid YAML: {finding[:200]}", place)


def _indenting_tab(text: str, line: int) -> int | None:
    """Column, from 0, of a tab in the indentation of a line, or None."""
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    content = lines[line] if line < len(lines) else ""
    indentation = content[: len(content) - len(content.lstrip(" \t"))]
    return indentation.index("\t") if "\t" in indentation else None
