"""pydantic's findings as problems in our words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from shapenet.errors import ConfigError, Key, Problem, did_you_mean

_NESTED = "shapenet_problems"


def raise_in_pydantic(error: ConfigError) -> PydanticCustomError:
    """An error to raise inside a pydantic validator, so that its problems reach the report."""
    return PydanticCustomError(_NESTED, "{text}", {"text": str(error), "problems": error.problems})


def from_pydantic(error: ValidationError, fields_at: Callable[[Key], Iterable[str]], prefix: Key = ()) -> list[Problem]:
    """Every finding of `error` as a problem.

    Args:
        error: What pydantic raised.
        fields_at: The known keys of the mapping at a road, for suggestions.
        prefix: Put before every road.
    """
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        key = prefix + _without_tags(detail["loc"])
        context: dict[str, Any] = detail.get("ctx", {})
        if detail["type"] == _NESTED:
            nested: Sequence[Problem] = context["problems"]
            found = [Problem(p.code, p.message, p.place, key + p.key, p.hint) for p in nested]
        else:
            found = [_problem(detail["type"], detail["msg"], key, detail["input"], fields_at)]
        problems.extend(problem for problem in found if problem not in problems)
    return problems


def _without_tags(location: tuple[str | int, ...]) -> Key:
    """`location` without the names of union members and validators that pydantic puts in."""
    return tuple(part for part in location if isinstance(part, int) or not any(c in part for c in "[]-() "))


def _problem(kind: str, message: str, key: Key, value: object, fields_at: Callable[[Key], Iterable[str]]) -> Problem:
    name = dotted(key)
    if kind == "extra_forbidden":
        hint = did_you_mean(key[-1], fields_at(key[:-1]))
        return Problem("config/unknown-key", f"{name} is not a field", key=key, hint=hint)
    if kind == "missing":
        return Problem("config/missing-key", f"{name} is required and missing", key=key)
    return Problem("config/value", f"{name}: {_expected(message)}, received {shown(value)}", key=key)


def _expected(message: str) -> str:
    for old, new in (("Input should be", "expected"), ("Value error, ", "")):
        message = message.replace(old, new)
    return message[:1].lower() + message[1:]


def dotted(key: Key) -> str:
    """`key` as a user writes it: ``model.layers.2.Conv2D``; ``the config`` for the root."""
    return ".".join(str(part) for part in key) or "the config"


def shown(value: object) -> str:
    """A value as a message shows it: YAML's words, cut to a readable length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(str, value)) or 'no keys'}"[:80]
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
