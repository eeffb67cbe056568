"""The command ``shapenet list``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shapenet.registry import Entry, Registry

_CONFIG = "config"


@click.command("list")
@click.argument("kind", required=False)
@click.argument("name", required=False)
def list_parts(kind: str | None, name: str | None) -> None:
    """List what a config may name.

    Without arguments the kinds are listed; with a KIND such as layer its names; with a
    NAME too, the arguments that it takes: shapenet list layer Conv2D

    The config's own keys: shapenet list config, or a section: shapenet list config training
    """
    from shapenet.cli.render.console import show
    from shapenet.cli.render.vocabulary import entry_view, kinds_table, names_table
    from shapenet.registry import REGISTRIES
    from shapenet.vocabulary import load_vocabulary

    load_vocabulary()
    if kind == _CONFIG:
        show(_config_view(name))
    elif kind is None:
        show(kinds_table(REGISTRIES.values()))
    elif name is None:
        show(names_table(_registry(kind)))
    else:
        show(entry_view(kind, _entry(_registry(kind), name)))


def _config_view(name: str | None) -> RenderableType:
    from shapenet.cli.render.config_keys import config_keys, keys_view
    from shapenet.errors import ConfigError, Place, did_you_mean

    keys = list(config_keys())
    chosen = keys if name is None else [key for key in keys if key.is_below(name)]
    if len(chosen) > 1:
        chosen = [key for key in chosen if key.dotted != name]  # of a section, the keys in it
    if not chosen:
        hint = did_you_mean(name, [key.dotted for key in keys]) or "shapenet list config shows them all"
        message = f"the config has no key {name!r}"
        raise ConfigError("usage/unknown-key", message, place=Place("command line"), hint=hint)
    return keys_view(chosen)


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
        kinds = (*REGISTRIES, _CONFIG)
        hint = did_you_mean(kind, kinds) or f"one of: {', '.join(kinds)}"
        raise ConfigError("usage/unknown-kind", f"there is no kind {kind!r}", place=Place("command line"), hint=hint)
    return REGISTRIES[kind]
