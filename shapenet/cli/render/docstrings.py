"""What a docstring says of each argument."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from shapenet.registry import Entry

_SECTION = re.compile(r"^(?:Args|Attributes):\n((?:(?: +.*)?\n)*)", re.MULTILINE)
_ITEM = re.compile(r"^    (\w+)(?: \([^)]*\))?: ((?:.*)(?:\n {5,}.*)*)", re.MULTILINE)


def argument_descriptions(entry: Entry) -> Mapping[str, str]:
    """What the Google docstrings of an entry say of its arguments, each text on one line.

    Args:
        entry: The entry; where it has no such docstring, nothing is said.
    """
    texts = [f"{inspect.getdoc(described) or ''}\n" for described in (entry.factory, *entry.described_in)]
    sections = [section for text in texts for section in _SECTION.findall(text)]
    return {name: on_one_line(text) for section in sections for name, text in _ITEM.findall(section)}


def on_one_line(text: str) -> str:
    """A docstring's text on one line, as a terminal shows it."""
    return " ".join(text.split()).replace("``", "`")
