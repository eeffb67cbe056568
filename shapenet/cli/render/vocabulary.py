"""What a config may name, as tables: kinds, names, and the arguments of one name."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.annotations import MANY_NAMES, in_words
from shapenet.cli.render.console import cell, open_table, printable
from shapenet.cli.render.docstrings import argument_descriptions
from shapenet.config.dump import dump_yaml
from shapenet.registry import Entry, Parameter, Registry, plain


def kinds_table(registries: Iterable[Registry]) -> Table:
    """How many names each kind has."""
    table = open_table()
    table.add_column("kind", no_wrap=True)
    table.add_column("names", justify="right", no_wrap=True)
    table.add_column("for example")
    for registry in registries:
        examples = ", ".join(entry.name for entry in _ours_first(registry)[:3])
        table.add_row(cell(registry.kind, "bold"), str(len(registry)), cell(examples))
    return table


def names_table(registry: Registry) -> Table:
    """The names of a kind with what they are, ours and plug-ins' before Keras's."""
    entries = _ours_first(registry)
    mixed = len({entry.origin for entry in entries}) > 1
    table = open_table()
    table.add_column(registry.kind, no_wrap=True)
    if mixed:
        table.add_column("from", no_wrap=True)
    table.add_column("")
    for entry in entries:
        origin = [cell(entry.origin, "dim")] if mixed else []
        table.add_row(cell(entry.name, "bold"), *origin, cell(entry.summary))
    return table


def _ours_first(registry: Registry) -> list[Entry]:
    return sorted(registry, key=lambda entry: (entry.origin == "keras", entry.name.lower()))


def entry_view(kind: str, entry: Entry) -> RenderableType:
    """One name: what it is, and its arguments."""
    title = Text.assemble((printable(entry.name), "bold"), f"  {kind} from {printable(entry.origin)}")
    parts: list[RenderableType] = [title, Text(printable(entry.summary)), Text()]
    if not entry.parameters:
        return Group(*parts, Text("It takes no arguments."))
    table, descriptions = arguments_table("argument"), argument_descriptions(entry)
    parameters = sorted(entry.parameters.values(), key=lambda parameter: not parameter.required)
    for parameter in parameters:
        description = descriptions.get(parameter.name, "")
        table.add_row(*argument_row(parameter, in_words(parameter.annotation), description))
    parts.append(table)
    for parameter in parameters:
        if parameter.names and len(parameter.names) > MANY_NAMES:
            names = ", ".join(map(printable, parameter.names))
            parts += [Text(), Text.assemble((parameter.name, "bold"), f": {names}")]
    return Group(*parts)


def arguments_table(heading: str) -> Table:
    """A table without rows for what `argument_row` gives.

    Args:
        heading: What the first column holds.
    """
    table = open_table()
    for name in (heading, "default"):
        table.add_column(name, no_wrap=True)
    table.add_column("expects")
    return table


def argument_row(parameter: Parameter, expects: str, description: str) -> tuple[Text, Text, Text]:
    """Name, default and type of an argument, what it means below the type.

    Args:
        parameter: The argument.
        expects: Its type in words.
        description: What it means, or nothing.
    """
    meaning = f"\n{printable(description)}" if description else ""
    return cell(parameter.name, "bold"), _default(parameter), Text.assemble(printable(expects), (meaning, "dim"))


def _default(parameter: Parameter) -> Text:
    if parameter.required:
        return cell("required", "yellow")
    return cell(_yaml(parameter.default))


def _yaml(value: object) -> str:
    """A default as YAML has it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    return dump_yaml({"value": plain(value)}).partition(":")[2].strip()
