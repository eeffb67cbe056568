"""What an unquoted word of YAML stands for, by the core rules of YAML 1.2."""

from __future__ import annotations

import math
import re

from shapenet.config.nodes import Value

_WORDS: dict[str, Value] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAX_DIGITS = 100


def resolve_plain(text: str) -> Value:
    """The value of an unquoted scalar.

    ``1e-3`` is a float, ``010`` the integer 10, ``0o17`` and ``0x1f`` are integers;
    ``no``, ``1:30``, ``1_000`` and ``2020-01-01`` are strings.

    Args:
        text: The scalar without blanks around it.

    Raises:
        ValueError: A number that is not finite or absurdly long; its text is a message for the user.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"expected a finite number, received {text}")
    for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return int(_short_enough(text), base)
    return _finite(_short_enough(text)) if _FLOAT.fullmatch(text) else text


def _short_enough(text: str) -> str:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"expected a number of at most {_MAX_DIGITS} digits, received {len(text)}: {text[:20]}...")
    return text


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, received {text}, which is beyond the range of a float")
    return value
