"""Names to typed factories: the vocabulary that a config is written in."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, Literal

from shapenet.errors import ConfigError, Key, did_you_mean

Factory = Callable[..., Any]
PartForm = Literal["any", "one", "list", "mapping"]


@dataclass(frozen=True)
class Part:
    """Annotation of a parameter whose value may name an entry of another registry.

    ``Annotated[Any, Part("schedule")]`` takes a number or ``CosineDecay: {...}``;
    ``Annotated[Any, Part("source", "one")]`` takes a source and nothing else.

    Attributes:
        kind: The registry's kind.
        form: ``any``: parts, or whatever else the annotated type allows; ``one``: one
            part; ``list``: a list of them; ``mapping``: names of the user's own, each with a part.
    """

    kind: str
    form: PartForm = "any"


@dataclass(frozen=True)
class OneOf:
    """Annotation of a text parameter that takes one of the given names.

    Attributes:
        names: The names.
        or_null: Whether it takes null too.
    """

    names: tuple[str, ...]
    or_null: bool = True


@dataclass(frozen=True)
class Parameter:
    """One argument that a config may give to an entry.

    Attributes:
        name: The argument's name.
        annotation: Its type, or ``Any`` where only building it can tell.
        required: Whether a config must give it.
        default: The factory's own default, for display; None if required.
    """

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def part(self) -> str | None:
        """The kind of registry that the value may name, or None."""
        return next((m.kind for m in self._metadata if isinstance(m, Part)), None)

    @property
    def part_form(self) -> PartForm:
        """In which form the value names entries of that registry."""
        return next((m.form for m in self._metadata if isinstance(m, Part)), "any")

    @property
    def one_of(self) -> OneOf | None:
        """What names a text value must be one of, or None."""
        return next((m for m in self._metadata if isinstance(m, OneOf)), None)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names that a text value must be one of, or None."""
        return self.one_of.names if self.one_of else None

    @property
    def _metadata(self) -> tuple[object, ...]:
        return getattr(self.annotation, "__metadata__", ())


@dataclass(frozen=True)
class Entry:
    """A name that a config may use.

    Attributes:
        name: The name.
        factory: Called with run-time values by position and config values by keyword.
        parameters: What a config may give, by name.
        origin: ``keras``, ``shapenet``, or the plug-in that registered it.
        summary: The first line of the factory's docstring.
        described_in: What else has a docstring that describes arguments.
    """

    name: str
    factory: Factory
    parameters: Mapping[str, Parameter]
    origin: str
    summary: str = ""
    described_in: tuple[Factory, ...] = ()


class Registry:
    """The entries of one kind, by name.

    Args:
        kind: What an entry is, in the singular: ``layer``, ``source``, ...
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}

    def register(self, name: str) -> Callable[[Factory], Factory]:
        """Decorator: enter a factory under `name`.

        The factory's keyword-only arguments, with their annotations and defaults,
        are all that a config may give; positional arguments are run-time values.

        Raises:
            ValueError: The name is taken.
        """

        def enter(factory: Factory) -> Factory:
            origin = "shapenet" if factory.__module__.startswith("shapenet.") else factory.__module__
            summary = (inspect.getdoc(factory) or "").partition("\n")[0]
            self.add(Entry(name, factory, signature_parameters(factory), origin, summary))
            return factory

        return enter

    def add(self, entry: Entry) -> None:
        """Enter `entry`.

        Raises:
            ValueError: The name is taken.
        """
        if entry.name in self._entries:
            raise ValueError(f"the {self.kind} {entry.name!r} is registered already")
        self._entries[entry.name] = entry

    def get(self, name: str, key: Key = ()) -> Entry:
        """The entry called `name`.

        Args:
            name: The name that a config gives.
            key: Where in the config it stands.

        Raises:
            ConfigError: There is none; the error suggests the nearest names.
        """
        if name not in self._entries:
            hint = did_you_mean(name, self._entries) or f"shapenet list {self.kind} shows them all"
            raise ConfigError(f"config/unknown-{self.kind}", f"there is no {self.kind} {name!r}", key=key, hint=hint)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self._entries.values(), key=lambda entry: entry.name))

    def __len__(self) -> int:
        return len(self._entries)


def signature_parameters(factory: Factory) -> Mapping[str, Parameter]:
    """The keyword-only arguments of `factory`, with their annotations and defaults.

    Only their annotations are resolved: others may name what is not defined or imported yet.
    """
    keyword_only = {p.name: p for p in inspect.signature(factory).parameters.values() if p.kind is p.KEYWORD_ONLY}
    written = {name: factory.__annotations__[name] for name in keyword_only if name in factory.__annotations__}
    names = getattr(inspect.unwrap(factory), "__globals__", {})
    hints = typing.get_type_hints(SimpleNamespace(__annotations__=written), names, include_extras=True)
    parameters = {
        p.name: Parameter(
            p.name,
            hints.get(p.name, Any),
            required=p.default is p.empty,
            default=None if p.default is p.empty else p.default,
        )
        for p in keyword_only.values()
    }
    return MappingProxyType(parameters)


_KINDS = (
    "layer", "task", "source", "augmentation", "optimizer", "schedule", "loss", "metric",
    "initializer", "regularizer", "constraint", "callback",
)  # fmt: skip
REGISTRIES: Mapping[str, Registry] = MappingProxyType({kind: Registry(kind) for kind in _KINDS})
"""Every registry, by its kind."""


@dataclass(frozen=True)
class Component:
    """A name from a registry with the arguments that a config gave it.

    Attributes:
        kind: The registry's kind.
        name: The entry's name.
        arguments: Validated values; nested components stand for parts.
    """

    kind: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def entry(self) -> Entry:
        """The registered entry."""
        return REGISTRIES[self.kind].get(self.name)

    def without(self, *names: str) -> Component:
        """The same component without some of its arguments."""
        kept = {name: value for name, value in self.arguments.items() if name not in names}
        return Component(self.kind, self.name, MappingProxyType(kept))

    def having(self, **arguments: object) -> Component:
        """The same component with other values of some arguments, or with more of them."""
        return Component(self.kind, self.name, MappingProxyType({**self.arguments, **arguments}))

    def create(self, *run_time: object, **more: object) -> Any:
        """Call the factory.

        Args:
            *run_time: Values that no config gives, by position.
            **more: Arguments that stand in for ones that the config left out.
        """
        given = {name: create_parts(value, (name,)) for name, value in self.arguments.items()}
        return self.entry.factory(*run_time, **{**more, **given})

    def to_config(self) -> str | dict[str, Any]:
        """The component as it would stand in YAML: ``Name`` or ``{Name: {...}}``."""
        if not self.arguments:
            return self.name
        return {self.name: {name: plain(value) for name, value in self.arguments.items()}}


def create_parts(value: Any, key: Key = ()) -> Any:
    """`value` as a factory takes it: every component in it replaced by what it creates, text as plain `str`.

    Args:
        value: An argument of a component.
        key: The road to it from that component's arguments; errors of config get it.
    """
    if isinstance(value, Component):
        try:
            return value.create()
        except ConfigError as error:
            raise error.under((*key, value.name)) from error
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {name: create_parts(item, (*key, name)) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(create_parts(item, (*key, index)) for index, item in enumerate(value))
    return value


def plain(value: Any) -> Any:
    """`value` as YAML would hold it: components, paths, tuples and mappings made plain."""
    if isinstance(value, Component):
        return value.to_config()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
