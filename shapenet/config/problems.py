"""pydantic's findings as problems in our words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shapenet.errors import ConfigError, Key, Problem, did_you_mean

_NESTED = "shapenet_problems"


def raise_in_pydantic(error: ConfigError) -> PydanticCustomError:
    """An error to raise inside a pydantic validator, so that its problems reach the report."""
    return PydanticCustomError(_NESTED, "{text}", {"text": str(error), "problems": error.problems})


def from_pydantic(
    error: ValidationError, value: object, fields_at: Callable[[Key], Iterable[str]], prefix: Key = ()
) -> list[Problem]:
    """Every finding of `error` as a problem.

    Args:
        error: What pydantic raised.
        value: What it was given.
        fields_at: The known keys of the mapping at a road, for suggestions.
        prefix: Put before every road.
    """
    problems: list[Problem] = []
    expected: dict[Key, list[str]] = {}
    choices: dict[Key, list[str]] = {}
    received: dict[Key, object] = {}
    for detail in error.errors(include_url=False):
        key = prefix + _road(detail, value)
        if detail["type"] == _NESTED:
            nested: Sequence[Problem] = detail["ctx"]["problems"]
            problems.extend(Problem(p.code, p.message, p.place, key + p.key, p.hint) for p in nested)
        elif detail["type"] == "extra_forbidden":
            hint = did_you_mean(key[-1], fields_at(key[:-1]))
            if key[:-1] == ("model",):
                hint = near_in_model(key[-1], hint)
            problems.append(Problem("config/unknown-key", f"{dotted(key)} is not a field", key=key, hint=hint))
        elif detail["type"] == "missing":
            problems.append(Problem("config/missing-key", f"{dotted(key)} is required and missing", key=key))
        else:
            expected.setdefault(key, []).append(_expectation(detail["msg"]))
            received[key] = detail["input"]
            if detail["type"] == "literal_error":
                choices.setdefault(key, []).extend(re.findall(r"'([^']*)'", detail["ctx"]["expected"]))
    found = [p.key for p in problems]
    for key, texts in expected.items():
        # A union reports every member that failed; what lies deeper says what is wrong with the meant one.
        deeper = [other for other in expected if other != key]
        if not any(other[: len(key)] == key for other in [*found, *deeper]):
            message = f"{dotted(key)}: {_joined(texts)}, received {shown(received[key])}"
            near = did_you_mean(received[key], choices.get(key, ())) or ""
            hint = near if near.startswith("did you mean") else None  # the message lists them all
            problems.append(Problem("config/value", message, key=key, hint=hint))
    return problems


def near_in_model(name: object, hint: str | None) -> str:
    """What to advise where the section ``model`` has no `name`: a value of the user's own may be meant.

    Args:
        name: What was received.
        hint: What `did_you_mean` says of it.
    """
    if hint is not None and hint.startswith("did you mean"):
        return hint
    own = f"values of your own stand in model.parameters, and ${{model.parameters.{name}}} refers to one"
    return f"{hint}; {own}" if hint else own


def _road(detail: ErrorDetails, value: Any) -> Key:
    """The location without the names of union members and validators that pydantic puts in."""
    road: list[str | int] = []
    last = len(detail["loc"]) - 1
    for position, part in enumerate(detail["loc"]):
        below = _below(value, part)
        if below is not None or (position == last and detail["type"] == "missing"):
            road.append(part)
            value = below[0] if below else None
    return tuple(road)


def _below(value: object, part: str | int) -> tuple[Any] | None:
    if isinstance(value, Mapping) and part in value:
        return (value[part],)
    if isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
        return (value[part],)
    return None


_OUR_WORDS = (
    (r" or instance of \w+", ""),
    (r".* should have at least (\d+) items? after validation, not \d+", r"expected a list of at least \1"),
    (r".* should have at most (\d+) items? after validation, not \d+", r"expected a list of at most \1"),
    ("Value error, ", ""),
    ("Input should be a valid ", "expected a "),
    ("Input should be ", "expected "),
    ("greater than or equal to ", "at least "),
    ("less than or equal to ", "at most "),
    ("greater than ", "more than "),
    ("expected a string", "expected text"),
    ("a integer", "an integer"),
    ("a tuple", "a list"),
    ("a dictionary", "a mapping"),
    ("a boolean", "true or false"),
)


def _expectation(message: str) -> str:
    for theirs, ours in _OUR_WORDS:
        message = re.sub(theirs, ours, message)
    return message[:1].lower() + message[1:]


def _joined(texts: Sequence[str]) -> str:
    first, *others = dict.fromkeys(texts)
    return " or ".join([first, *(text.removeprefix("expected ") for text in others)])


def dotted(key: Key) -> str:
    """`key` as a user writes it: ``model.layers.2.Conv2D``; ``the config`` for the root."""
    return ".".join(str(part) for part in key) or "the config"


def shown(value: object) -> str:
    """A value as a message shows it: YAML's words, cut to a readable length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        text = f"a mapping with {', '.join(map(str, value)) or 'no keys'}"
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)}" if value else "an empty list"
    else:
        text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
