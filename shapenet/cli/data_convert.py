"""The command ``shapenet data convert``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.options import overrides_option
from shapenet.errors import ConfigError, Place

if TYPE_CHECKING:
    from shapenet.data.convert.convert import Converted
    from shapenet.data.records import Records


_HELP = """Write images and labels in another form, without loss.

INPUTS are CSVs, folders of classes or of TFRecord files, npz or IDX files; several are
joined, their classes by name. OUT is a new folder, or the npz file.

\b
csv       PNG files and dataset.csv
folder    PNG files in a folder for each class
tfrecord  shards, readable by plain TensorFlow
npz       the arrays images, labels and classes
"""


@click.command("convert", help=_HELP)
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(["csv", "folder", "tfrecord", "npz"]), help="The form to write.")
@click.option(
    "--shards", "num_shards", type=click.IntRange(min=1),
    help="Number of TFRecord files.  [default: one for each 128 MiB of values]",
)  # fmt: skip
@click.option(
    "--compression", type=click.Choice(["none", "gzip"]), default="none", show_default=True,
    help="Of TFRecord files, and of the arrays of an npz.",
)  # fmt: skip
@click.option("--config", type=click.Path(path_type=Path), help="Take data.source of this config as the input.")
@overrides_option
@click.option("--force", is_flag=True, help="Replace what this command wrote before.")
def convert(
    inputs: tuple[Path, ...], out: Path, config: Path | None, overrides: tuple[str, ...], force: bool, **plan: Any
) -> None:
    """Convert, and say what was made; the help text stands above."""
    from shapenet.cli.render.bar import counting
    from shapenet.data.convert.convert import check_convert
    from shapenet.data.convert.convert import convert as write
    from shapenet.data.convert.plan import Plan

    _check_usage(inputs, config, overrides)
    made = Plan(replace=force, **plan)
    check_convert(out, made)
    start = time.perf_counter()

    def write_all(records: Records) -> Converted:
        with counting("writing", len(records), "records") as advance:
            written = write(records, out, made, advance)
        for warning in records.warnings:
            click.echo(f"warning: {warning}", err=True)
        return written

    if config is None:
        from shapenet.training.inspected import using_records_at

        converted = using_records_at(inputs, write_all)
    else:
        converted = write_all(_open(config, overrides))
    _say_what_was_made(converted, made.to, time.perf_counter() - start)


def _check_usage(inputs: tuple[Path, ...], config: Path | None, overrides: tuple[str, ...]) -> None:
    place = Place("command line")
    if bool(inputs) == (config is not None):
        received = "both" if inputs else "neither"
        raise ConfigError("usage/input", f"expected paths to read or --config, received {received}", place=place)
    if overrides and config is None:
        raise ConfigError("usage/override", "-o changes a config: it needs --config", place=place)


def _open(config: Path, overrides: tuple[str, ...]) -> Records:
    from shapenet.experiment import load_experiment
    from shapenet.training.inspected import records_of

    return records_of(load_experiment(config, overrides))


def _say_what_was_made(converted: Converted, to: str, seconds: float) -> None:
    from shapenet.config.dump import dump_yaml

    rate = converted.num_records / seconds
    click.echo(f"{converted.num_records:,} records in {seconds:.1f} s ({rate:,.0f} records/s)")
    click.echo(f"  {to}: {converted.arguments['path']}")
    if converted.left_out:
        click.echo(f"note: {to} has no room for {', '.join(converted.left_out)}; tfrecord and npz have", err=True)
    if converted.paths_left_out:
        names = ", ".join(converted.paths_left_out)
        note = f"note: left out {names}: paths of the input's image files lead nowhere from here; a config"
        click.echo(f"{note} whose csv source has them as images or masks converts the files too", err=True)
    click.echo("read it with this source:")
    click.echo(dump_yaml({"source": {converted.source: dict(converted.arguments)}}).rstrip())
