"""``Name`` or ``Name: {argument: value}``: checked against the registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import core_schema

from shapenet.config.problems import from_pydantic, raise_in_pydantic, shown
from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.registry import REGISTRIES, Component, Entry, OneOf, Parameter, PartForm

_GRAPH = {"inputs": Parameter("inputs", str | Annotated[list[str], Field(min_length=1)], required=False)}
"""What any layer of a config may be given besides its own arguments: the names of the layers before it."""


def parse_component(kind: str, value: object, key: Key = ()) -> Component:
    """Check one component.

    Args:
        kind: The registry's kind.
        value: A name, or a mapping of one name to its arguments.
        key: Where in the config the value stands.

    Raises:
        ConfigError: The form, the name or arguments are wrong; lists all of it.
    """
    if isinstance(value, Component):
        return value
    name, arguments = _name_and_arguments(kind, value, key)
    inner = (*key, name) if isinstance(value, Mapping) else key
    entry = _entry(kind, name, key, written=value)
    checked = _check_arguments(kind, entry, arguments, inner)
    if entry.origin != "keras":  # ours may change their defaults one day: a resolved config holds them all
        checked = {**{p.name: p.default for p in entry.parameters.values()}, **checked}
    return Component(kind, name, MappingProxyType(checked))


def _entry(kind: str, name: str, key: Key, *, written: object) -> Entry:
    registry = REGISTRIES[kind]
    is_argument = isinstance(written, Mapping) and any(name in entry.parameters for entry in registry)
    if name not in registry and is_argument:
        message = f"there is no {kind} {name!r}"
        hint = f"{name} is an argument: it belongs one level deeper, below the {kind}'s name"
        raise ConfigError(f"config/unknown-{kind}", message, key=key, hint=hint)
    return registry.get(name, key)


def _name_and_arguments(kind: str, value: object, key: Key) -> tuple[str, Mapping[str, object]]:
    form = "a name, or one name with its arguments"
    if isinstance(value, str):
        return str(value), {}
    if isinstance(value, Mapping) and len(value) == 1:
        name, arguments = next(iter(value.items()))
        if arguments is None:
            return name, {}
        if isinstance(arguments, Mapping):
            return name, arguments
        raise ConfigError(
            "config/value",
            f"expected the arguments of {name} as a mapping, received {shown(arguments)}",
            key=(*key, name),
            hint=f"write {name}: {{argument: value}}",
        )
    names = [str(n) for n in value if n in REGISTRIES[kind]] if isinstance(value, Mapping) else []
    hint = f"{names[0]}'s arguments belong one level deeper, below {names[0]}:" if names else None
    raise ConfigError("config/component", f"expected {kind}: {form}; received {shown(value)}", key=key, hint=hint)


def _check_arguments(kind: str, entry: Entry, arguments: Mapping[str, object], key: Key) -> dict[str, Any]:
    problems: list[Problem] = []
    checked: dict[str, Any] = {}
    parameters = {**entry.parameters, **_GRAPH} if kind == "layer" else entry.parameters
    for name, value in arguments.items():
        if name not in parameters:
            message = f"{entry.name} has no argument {name!r}"
            hint = _taken_by_another(entry, name, value, kind) or did_you_mean(name, parameters)
            problems.append(Problem("config/unknown-argument", message, key=(*key, name), hint=hint))
            continue
        try:
            checked[name] = _check_value(parameters[name], value, (*key, name))
        except ConfigError as error:
            problems.extend(error.problems)
    hints = {problem.hint for problem in problems}
    for parameter in entry.parameters.values():
        misspelt = f"did you mean {parameter.name}?" in hints
        if parameter.required and parameter.name not in arguments and not misspelt:
            message = f"{entry.name} needs the argument {parameter.name}"
            hint = f"shapenet list {kind} {entry.name} shows its arguments"
            problems.append(Problem("config/missing-argument", message, key=key, hint=hint))
    if problems:
        raise ConfigError(problems)
    return checked


def _taken_by_another(entry: Entry, argument: str, value: object, kind: str) -> str | None:
    """Advice to write the loss of vectors that has the argument: tasks make them of the numbers of classes."""
    name = entry.name.removeprefix("Sparse")
    if kind != "loss" or name == entry.name or name not in REGISTRIES[kind]:
        return None
    return (
        f"write {name}: {{{argument}: {shown(value)}}}" if argument in REGISTRIES[kind].get(name).parameters else None
    )


def _check_value(parameter: Parameter, value: object, key: Key) -> Any:
    if parameter.part is not None and _names_parts(parameter, value):
        return _check_parts(parameter.part, parameter.part_form, value, key)
    if parameter.one_of is not None:
        _check_name(parameter.name, parameter.one_of, value, key)
        return value
    try:
        return _adapter(parameter.annotation).validate_python(value)
    except ValidationError as error:
        raise ConfigError(from_pydantic(error, value, lambda _: (), key)) from None


def _names_parts(parameter: Parameter, value: object) -> bool:
    """Whether `value` must be a part or parts: a text is a name where it means nothing else."""
    if parameter.part_form != "any" or isinstance(value, Mapping | list):
        return True
    return isinstance(value, str) and (value in REGISTRIES[str(parameter.part)] or value[:1].isupper())


def _check_parts(part: str, form: PartForm, value: object, key: Key) -> Any:
    if form == "mapping":
        if not isinstance(value, Mapping) or not value:
            message = f"expected names, each with a {part}; received {shown(value)}"
            raise ConfigError("config/value", message, key=key)
        return dict(zip(map(str, value), _check_each(part, value.items(), key), strict=True))
    if form == "list" and (not isinstance(value, list) or not value):
        message = f"expected a list of {part}s, received {shown(value)}"
        raise ConfigError("config/value", message, key=key, hint=f"begin each {part} with a dash: - name: {{...}}")
    if isinstance(value, list) and form != "one":
        return _check_each(part, enumerate(value), key)
    return parse_component(part, value, key)


def _check_each(part: str, items: Iterable[tuple[str | int, object]], key: Key) -> list[Component]:
    problems: list[Problem] = []
    components = []
    for name, item in items:
        try:
            components.append(parse_component(part, item, (*key, name)))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return components


def _check_name(parameter: str, choice: OneOf, value: object, key: Key) -> None:
    if value is None and choice.or_null:
        return
    if not isinstance(value, str) or value not in choice.names:
        message = f"{parameter}: there is no {shown(value)}"
        raise ConfigError("config/value", message, key=key, hint=did_you_mean(value, choice.names))


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True))


@contextmanager
def nested_problems() -> Iterator[None]:
    """Let a `ConfigError` pass through a pydantic validator with its problems whole."""
    try:
        yield
    except ConfigError as error:
        raise raise_in_pydantic(error) from None


@dataclass(frozen=True)
class ComponentOf:
    """Metadata that makes a ``Component`` field of the schema: ``Annotated[Component, ComponentOf("layer")]``.

    Attributes:
        kind: The registry's kind.
        form: How many of them the field holds, in words.
    """

    kind: str
    form: str = "one"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate by `parse_component`, serialise to the form that YAML has."""
        return core_schema.no_info_plain_validator_function(
            self._parse, serialization=core_schema.plain_serializer_function_ser_schema(Component.to_config)
        )

    def _parse(self, value: object) -> Component:
        with nested_problems():
            return parse_component(self.kind, value)
