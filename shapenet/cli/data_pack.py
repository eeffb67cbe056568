"""The command ``shapenet data pack``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.data_subject import ConfigFile, chosen, subject_options

if TYPE_CHECKING:
    from shapenet.cli.render.data_progress import DataReporter
    from shapenet.data.records import Records
    from shapenet.data.store import Store

    _Packed = tuple[Store, float | None]


@click.command("pack")
@subject_options
def pack(path: Path | None, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Decode a data set once, into the cache.

    Training packs what it needs by itself; this does it beforehand. PATH is a file or a
    folder that a source can read, such as a CSV. $SHAPENET_CACHE is where stores go.
    """
    from shapenet.cli.render.data_progress import DataReporter

    named = chosen(path, config, overrides)
    with DataReporter() as reporter:
        done = [pack_one() for pack_one in _sources(named, reporter)]
    _say_what_is_there(done)
    if isinstance(named, Path) and any(store.meta.fields["image"].is_ragged for store, _ in done):
        click.echo("note: sizes of images vary: packed as a source with `size: any` reads them", err=True)


def _sources(named: Path | ConfigFile, reporter: DataReporter) -> list[Callable[[], _Packed]]:
    """What packs each of the sources that the command line names, equal ones once."""
    from shapenet.training.data import bearable_fraction, open_sources
    from shapenet.training.inspected import using_records_at

    if isinstance(named, Path):
        return [partial(using_records_at, [named], partial(_pack, reporter, 0.0))]
    experiment = named.load()
    data = experiment.config.data
    with experiment.locating():
        sources = {records.key: records for records in open_sources(experiment.config).values()}
    return [partial(_pack, reporter, bearable_fraction(data), records) for records in sources.values()]


def _pack(reporter: DataReporter, bearable: float, records: Records) -> _Packed:
    """The store, and how many seconds it took if it was not there."""
    from shapenet.training.data import packing

    known, start = len(reporter.packed), time.perf_counter()
    store = packing(reporter, bearable)(records)
    return store, time.perf_counter() - start if len(reporter.packed) > known else None


def _say_what_is_there(done: list[_Packed]) -> None:
    from shapenet.cli.render.console import printable
    from shapenet.cli.render.layers import readable_bytes
    from shapenet.cli.render.pace import duration
    from shapenet.data.inspect.summary import stored_bytes

    for store, seconds in done:
        how = "packed already"
        if seconds is not None:
            how = f"packed in {duration(seconds)} ({len(store) / seconds:,.0f} images/s)"
        bad = f" ({len(store.meta.bad):,} can't be read)" if store.meta.bad else ""
        size = readable_bytes(stored_bytes(store))
        click.echo(f"{printable(store.meta.described)}: {len(store):,} images{bad}, {size}, {how}")
        click.echo(f"  {printable(store.folder)}")
