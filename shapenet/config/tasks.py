"""One task, or several under names of the user's own; and what each of several is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from shapenet.config.components import ComponentOf, nested_problems, parse_component
from shapenet.config.problems import shown
from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.registry import REGISTRIES, Component, plain
from shapenet.values import as_tuple

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_TAKEN = ("loss", "val", "learning_rate", "epoch", "seconds", "run", "split", "num_left_out")
"""Names of other values of an epoch, and of an evaluation."""


def parse_tasks(value: object) -> Component | Mapping[str, Component]:
    """One task, or several by names.

    Args:
        value: A task's name, a task's name with its arguments, or a mapping of at least two names of the
            user's own, each to one of these.

    Raises:
        ConfigError: A form, a name or an argument is wrong; lists all of it.
    """
    if not isinstance(value, Mapping):
        return _parse_task(value)
    known = [str(name) for name in value if name in REGISTRIES["task"]]
    if len(value) == 1:
        ((name, inner),) = value.items()
        if not known and isinstance(inner, str) and inner in REGISTRIES["task"]:
            message = f"expected at least two tasks that have names of their own, received {name} alone"
            raise ConfigError("config/task", message, key=(str(name),), hint=f"for one task write task: {inner}")
        return _parse_task(value)
    if known and any(_names_task(inner) for name, inner in value.items() if name not in known):
        message = f"expected a name of your own for each of several tasks, received {known[0]!r}, which is a task's"
        raise ConfigError("config/task", message, key=(known[0],), hint=f"such as my_{known[0]}: {known[0]}")
    if known or not value:
        return _parse_task(value)
    return _by_name(value, _parse_task, _name_problem)


def _parse_task(value: object, key: Key = ()) -> Component:
    """A task whose arguments fit each other, which making it tells."""
    task = parse_component("task", value, key)
    try:
        task.create()
    except ConfigError as error:
        raise error.under((*key, task.name)) from error
    return task


def _names_task(value: object) -> bool:
    name = next(iter(value), None) if isinstance(value, Mapping) and len(value) == 1 else value
    return isinstance(name, str) and name in REGISTRIES["task"]


def _name_problem(name: str) -> Problem | None:
    if _NAME.fullmatch(name) and name not in _TAKEN:
        return None
    message = f"expected a name of letters, digits and _ for a task, none of {', '.join(_TAKEN)}; received {name!r}"
    return Problem("config/task", message, key=(name,))


def _by_name(
    value: Mapping[Any, Any],
    parse: Callable[[object, Key], Any],
    problem_of: Callable[[str], Problem | None],
) -> Mapping[str, Any]:
    problems: list[Problem] = []
    parsed: dict[str, Any] = {}
    for name, inner in value.items():
        if problem := problem_of(str(name)):
            problems.append(problem)
            continue
        try:
            parsed[str(name)] = parse(inner, (str(name),))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return MappingProxyType(parsed)


@dataclass(frozen=True)
class Tasks(ComponentOf):
    """Metadata of the field that holds the task, or several by names."""

    kind: str = "task"
    form: str = "one or several"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate by `parse_tasks`, serialise to the form that YAML has."""

        def parse(value: object) -> Component | Mapping[str, Component]:
            with nested_problems():
                return parse_tasks(value)

        return core_schema.no_info_plain_validator_function(parse, serialization=_AS_YAML)


@dataclass(frozen=True)
class ForEachTask(ComponentOf):
    """Metadata of a field that holds components: of the one task, or of each of several by its name.

    It must stand after the field ``task``.

    Attributes:
        kind: The registry's kind.
        form: ``for each task``; or ``list for each task``, where a task has a list of them.
    """

    form: str = "for each task"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate as the field ``task`` says, serialise to the form that YAML has."""

        def parse(value: object, info: ValidationInfo) -> Any:
            tasks = info.data.get("task")
            with nested_problems():
                if value is None or "task" not in info.data:
                    return None
                return self._parse_several(value, tasks) if isinstance(tasks, Mapping) else self._parse_one(value, ())

        return core_schema.with_info_plain_validator_function(parse, serialization=_AS_YAML)

    def _parse_several(self, value: object, tasks: Mapping[str, Component]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            form = f"with several tasks, a mapping of {', '.join(tasks)}"
            example = f"{next(iter(tasks))}: ..."
            message = f"expected, {form}; received {shown(value)}"
            raise ConfigError("config/value", message, hint=f"name the task first: {{{example}}}")
        return _by_name(value, self._parse_one, lambda name: unknown_task(name, tasks))

    def _parse_one(self, value: object, key: Key) -> Any:
        if self.form != "list for each task":
            return parse_component(self.kind, value, key)
        values = as_tuple(value)
        if not isinstance(values, tuple):
            raise ConfigError("config/value", f"expected a list of {self.kind}s, received {shown(value)}", key=key)
        problems: list[Problem] = []
        parsed = []
        for index, inner in enumerate(values):
            try:
                parsed.append(parse_component(self.kind, inner, (*key, index)))
            except ConfigError as error:
                problems.extend(error.problems)
        if problems:
            raise ConfigError(problems)
        return tuple(parsed)


_AS_YAML = core_schema.plain_serializer_function_ser_schema(plain)


def unknown_task(name: str, tasks: Mapping[str, Any], key: Key = ()) -> Problem | None:
    """What to say of a name that none of several tasks has; None if one has it.

    Args:
        name: The name.
        tasks: The tasks by name.
        key: Where in the config the mapping stands that has the name as a key.
    """
    if name in tasks:
        return None
    message = f"there is no task named {name!r}"
    return Problem("config/unknown-task", message, key=(*key, name), hint=did_you_mean(name, tasks))
