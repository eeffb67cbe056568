"""Names that fields may bear: they become names of files and of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shapenet.errors import ConfigError, Problem

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_TAKEN = frozenset({"image", "label", "content"})


def check_field_names(names: Iterable[str], argument: str) -> None:
    """Refuse names that a further field can't bear, and names that stand there twice.

    Args:
        names: Names that the user gave to fields besides image and label.
        argument: The source's argument that they stand in.

    Raises:
        ConfigError: Some are of another form, taken, or given twice.
    """
    names = list(names)
    expected = f"a name of letters, digits and _, none of {', '.join(sorted(_TAKEN))}"
    problems = [
        Problem("config/field-name", f"{argument}: expected {expected}; received {name!r}", key=(argument,))
        for name in names
        if not _NAME.fullmatch(name) or name in _TAKEN
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{argument}: expected every name once, received {', '.join(twice)} again"
        problems.append(Problem("config/field-name", message, key=(argument,)))
    if problems:
        raise ConfigError(problems)
