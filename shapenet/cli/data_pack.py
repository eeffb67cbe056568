"""The command ``shapenet data pack``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.data_subject import ConfigFile, chosen, subject_options

if TYPE_CHECKING:
    from shapenet.data.records import Records
    from shapenet.data.store import Store
    from shapenet.training.reporter import Reporter


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
        done = []
        for records, pack_it in _sources(named, reporter):
            known, start = len(reporter.packed), time.perf_counter()
            store = pack_it(records)
            seconds = time.perf_counter() - start if len(reporter.packed) > known else None
            done.append((records.describe, store, seconds))
    _say_what_is_there(done)


def _sources(named: Path | ConfigFile, reporter: Reporter) -> list[tuple[Records, Callable[[Records], Store]]]:
    """The sources that the command line names, equal ones once, and what packs each."""
    from shapenet.training.data import bearable_fraction, open_sources
    from shapenet.training.inspected import packing, records_at

    if isinstance(named, Path):
        return [(records_at(named), packing(reporter, 0.0))]
    experiment = named.load()
    data = experiment.config.data
    with experiment.locating():
        sources = {records.key: records for records in open_sources(data).values()}
    return [(records, packing(reporter, bearable_fraction(data))) for records in sources.values()]


def _say_what_is_there(done: list[tuple[str, Store, float | None]]) -> None:
    from shapenet.cli.render.console import printable
    from shapenet.cli.render.layers import readable_bytes
    from shapenet.cli.render.pace import duration
    from shapenet.data.inspect.summary import stored_bytes

    for described, store, seconds in done:
        how = "packed already"
        if seconds is not None:
            how = f"packed in {duration(seconds)} ({len(store) / seconds:,.0f} images/s)"
        bad = f" ({len(store.meta.bad):,} can't be read)" if store.meta.bad else ""
        click.echo(f"{printable(described)}: {len(store):,} images{bad}, {readable_bytes(stored_bytes(store))}, {how}")
        click.echo(f"  {printable(store.folder)}")
