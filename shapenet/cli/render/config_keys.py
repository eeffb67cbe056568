"""The config's own keys as tables: what each expects, its default, and what it means."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any

from pydantic.fields import FieldInfo
from rich.console import Group, RenderableType
from rich.text import Text

from shapenet.cli.render.annotations import in_words
from shapenet.cli.render.docstrings import on_one_line
from shapenet.cli.render.vocabulary import argument_row, arguments_table
from shapenet.config.schema import ExperimentConfig
from shapenet.config.section import Section
from shapenet.registry import Parameter


@dataclass(frozen=True)
class ConfigKey:
    """A key of the config.

    Attributes:
        section: The dotted key of the section that it stands in; empty for the config itself.
        name: Its name there.
        parameter: Its type and default.
        expects: Its type in words.
        description: What it means.
    """

    section: str
    name: str
    parameter: Parameter
    expects: str
    description: str

    @property
    def dotted(self) -> str:
        """The whole key."""
        return f"{self.section}.{self.name}".lstrip(".")

    def is_below(self, key: str) -> bool:
        """Whether this is `key`, or stands in that section or in one of its sections."""
        return f"{self.dotted}.".startswith(f"{key}.")


def config_keys(section: type[Section] = ExperimentConfig, key: str = "") -> Iterator[ConfigKey]:
    """All keys of a section, those of the sections in it after them.

    Args:
        section: The section.
        key: Its dotted key.
    """
    inner = {name: _section_of(field) for name, field in section.model_fields.items()}
    for name, field in section.model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        shown = {} if isinstance(default, Section) else default
        parameter = Parameter(name, annotation, field.is_required(), shown)
        about = field.description or getattr(inner[name], "__doc__", None) or ""
        expects = "a section, below" if inner[name] else in_words(annotation)
        yield ConfigKey(key, name, parameter, expects, on_one_line(about))
    for name, found in inner.items():
        if found is not None:
            yield from config_keys(found, f"{key}.{name}".lstrip("."))


def keys_view(keys: Iterable[ConfigKey]) -> RenderableType:
    """A table for each section, with a row for each of its keys."""
    parts: list[RenderableType] = []
    for section, group in groupby(keys, key=lambda key: key.section):
        if section:
            parts += [Text(), Text(section, "bold blue")] if parts else [Text(section, "bold blue")]
        table = arguments_table("key")
        for key in group:
            table.add_row(*argument_row(key.parameter, key.expects, key.description))
        parts.append(table)
    return Group(*parts)


def _section_of(field: FieldInfo) -> type[Section] | None:
    """The section that a field holds, if it does."""
    choices: tuple[Any, ...] = typing.get_args(field.annotation) or (field.annotation,)
    return next((choice for choice in choices if isinstance(choice, type) and issubclass(choice, Section)), None)
