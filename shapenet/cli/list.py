"""The command ``shapenet list``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shapenet.registry import Entry, Registry


@click.command("list")
@click.argument("kind", required=False)
@click.argument("name", required=False)
def list_parts(kind: str | None, name: str | None) -> None:
    """List what a config may name.

    Without arguments the kinds are listed; with a KIND such as layer its names; with a
    NAME too, the arguments that it takes: shapenet list layer Conv2D
    """
    from shapenet.cli.render.console import show
    from shapenet.cli.render.vocabulary import entry_view, kinds_table, names_table
    from shapenet.registry import REGISTRIES
    from shapenet.vocabulary import load_vocabulary

    load_vocabulary()
    if kind is None:
        show(kinds_table(REGISTRIES.values()))
    elif name is None:
        show(names_table(_registry(kind)))
    else:
        show(entry_view(kind, _entry(_registry(kind), name)))


def _entry(registry: Registry, name: str) -> Entry:
    from shapenet.errors import ConfigError, Place

    try:
        return registry.get(name)
    except ConfigError as error:
        raise error.replacing(replace(problem, place=Place("command line")) for problem in error.problems) from None


def _registry(kind: str) -> Registry:
    from shapenet.errors import ConfigError, Place, did_you_mean
    from shapenet.registry import REGISTRIES

    if kind not in REGISTRIES:
        hint = did_you_mean(kind, REGISTRIES) or f"one of: {', '.join(REGISTRIES)}"
        raise ConfigError("usage/unknown-kind", f"there is no kind {kind!r}", place=Place("command line"), hint=hint)
    return REGISTRIES[kind]
