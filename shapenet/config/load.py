"""A config's tree checked against the schema, every problem at once and in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shapenet.config.definitions import uses_of_definitions
from shapenet.config.nodes import Node, key_place_of, place_of, to_plain
from shapenet.config.problems import from_pydantic
from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Key, Problem, ShapenetError

ErrorType = TypeVar("ErrorType", bound=ShapenetError)
Model = TypeVar("Model", bound=BaseModel)

_AT_THE_KEY = {"config/unknown-key", "config/unknown-argument"}


def validate(tree: Node) -> ExperimentConfig:
    """The experiment that `tree` describes; see `validate_as`."""
    return validate_as(ExperimentConfig, tree)


def validate_as(model: type[Model], tree: Node) -> Model:
    """The config that `tree` describes.

    Args:
        model: The schema of its root.
        tree: The config.

    Raises:
        ConfigError: It breaks the schema; lists every problem with its place.
    """
    value = to_plain(tree)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = from_pydantic(error, value, lambda key: _fields_at(model, key))
        placed = with_places(ConfigError(problems), tree)
        raise placed.replacing(sorted(placed.problems, key=_line)) from None


def with_places(error: ErrorType, tree: Node) -> ErrorType:
    """`error` with a place for each problem that has a key but no place."""
    return error.replacing(_placed(problem, tree) for problem in error.problems)


def _line(problem: Problem) -> tuple[int, int]:
    """Order of the file; what has no line there comes first."""
    place = problem.place
    return (place.line or 0, place.column or 0) if place else (0, 0)


def _placed(problem: Problem, tree: Node) -> Problem:
    if problem.place is not None or not problem.key:
        return problem
    find = key_place_of if problem.code in _AT_THE_KEY else place_of
    uses = uses_of_definitions(tree, problem.key)
    inside = "; ".join(f"in {use.definition}, defined at {use.defined_at}, used at {use.place}" for use in uses)
    return replace(
        problem, place=find(tree, problem.key), message=f"{problem.message} ({inside})" if inside else problem.message
    )


def _fields_at(model: Any, key: Key) -> Iterable[str]:
    for part in key:
        field = model.model_fields.get(part) if _is_section(model) else None
        model = _section_in(field.annotation) if field else None
    return model.model_fields if _is_section(model) else ()


def _section_in(annotation: Any) -> Any:
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((candidate for candidate in candidates if _is_section(candidate)), None)


def _is_section(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
