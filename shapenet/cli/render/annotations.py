"""The type of an argument in words: ``an integer from 1``, ``valid or same``, ``a schedule``."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from shapenet.config.components import ComponentOf
from shapenet.registry import OneOf, Part
from shapenet.values import InWords

MANY_NAMES = 8
"""More names than these are not written out."""

_NAMES: Mapping[Any, str] = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "null",
    Path: "a path",
    dict: "a mapping",
    list: "a list",
    tuple: "a list",
    Any: "any value that Keras takes",
}
_PLURALS = {"an integer": "integers", "a number": "numbers", "text": "texts", "a path": "paths"}
_LARGE = 2**31  # limits beyond are no help to a reader


def in_words(annotation: Any) -> str:
    """`annotation` as a reader of configs would put it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _either([in_words(argument) for argument in arguments])
    if origin is Literal:
        return _either([str(value).lower() if isinstance(value, bool) else str(value) for value in arguments])
    if origin in (list, tuple) and arguments:
        return _of_list([argument for argument in arguments if argument is not Ellipsis], fixed=origin is tuple)
    return _NAMES.get(origin or annotation, getattr(annotation, "__name__", str(annotation)))


def _annotated(base: Any, metadata: Sequence[Any]) -> str:
    told = next((item.text for item in metadata if isinstance(item, InWords)), None)
    if told is not None:
        return told
    choice = next((item for item in metadata if isinstance(item, OneOf)), None)
    part = next((item for item in metadata if isinstance(item, Part | ComponentOf)), None)
    if choice is not None:
        names = choice.names if len(choice.names) <= MANY_NAMES else ["one of the names below"]
        return _either([*names, "null"] if choice.or_null else [*names])
    words = [] if isinstance(part, ComponentOf) or (base is Any and part) else [f"{in_words(base)}{_range(metadata)}"]
    if part:
        words.append(_of_parts(part))
    return _either(words)


def _of_parts(part: Part | ComponentOf) -> str:
    one = f"{'an' if part.kind[0] in 'aeiou' else 'a'} {part.kind}"
    several = f"names, each with {one}"
    forms = {
        "list": f"a list of {part.kind}s", "mapping": several,
        "one or several": f"{one}, or {several}", "for each task": f"{one}, or one for each task",
        "list for each task": f"a list of {part.kind}s, or one for each task",
    }  # fmt: skip
    return forms.get(part.form, one)


def _range(metadata: Sequence[Any]) -> str:
    limits: dict[str, float] = {}
    for item in metadata:
        for constraint in (item, *getattr(item, "metadata", ())):
            for name in ("ge", "le", "gt", "lt"):
                value = getattr(constraint, name, None)
                if isinstance(value, int | float) and abs(value) < _LARGE:
                    limits[name] = value
    words = (("ge", "from"), ("gt", "above"), ("le", "to" if "ge" in limits else "up to"), ("lt", "below"))
    return "".join(f" {word} {limits[name]}" for name, word in words if name in limits)


def _of_list(items: Sequence[Any], *, fixed: bool) -> str:
    kind, *others = dict.fromkeys(in_words(item) for item in items)
    if others:
        return f"a list of {', '.join([kind, *others])}"
    count = f"{len(items)} " if fixed and len(items) > 1 else ""
    for one, many in _PLURALS.items():
        if kind.startswith(one) and " or " not in kind:
            return f"a list of {count}{many}{kind.removeprefix(one)}"
    article, _, noun = kind.partition(" ")
    if article in ("a", "an") and noun.isalpha():
        return f"a list of {count}{noun}s"
    return f"a list of {count}values, each {kind}"


def _either(choices: Sequence[str]) -> str:
    *others, last = dict.fromkeys(choices)
    if not others:
        return last
    comma = "," if any(" " in choice for choice in choices) else ""
    return f"{', '.join(others)}{comma} or {last}"
