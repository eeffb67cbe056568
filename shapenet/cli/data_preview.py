"""The command ``shapenet data preview``."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.data_subject import ConfigFile, chosen, open_subject, subject_options

if TYPE_CHECKING:
    from shapenet.data.inspect.samples import Samples
    from shapenet.data.inspect.subject import Subject


@click.command("preview")
@subject_options
@click.option("--out", type=click.Path(path_type=Path), default=Path("preview.png"), show_default=True,
              help="The PNG to write.")  # fmt: skip
@click.option("--num", type=click.IntRange(1, 1000), default=32, show_default=True, help="How many images.")
@click.option("--split", type=click.Choice(["train", "val", "test"]),
              help="Which part of a config's data.  [default: train]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides which images.")
def preview(
    path: Path | None, config: Path | None, overrides: tuple[str, ...], out: Path, num: int, split: str | None,
    seed: int,
) -> None:  # fmt: skip
    """Draw a sheet of images with their labels.

    As many of each class. Masks are laid over the images in colour. Images of 16 bits or
    floating point are scaled, all together, to what can be shown.
    """
    from shapenet.cli.render.data_progress import DataReporter

    named = chosen(path, config, overrides)
    if split and not isinstance(named, ConfigFile):
        raise click.UsageError("--split is a part of a config's data: expected --config, received PATH")
    with DataReporter() as reporter:
        subject = open_subject(named, reporter)
    views = _views(subject, split or "train", num, seed)
    _write(views, subject.classes, out)


def _views(subject: Subject, split: str, num: int, seed: int) -> dict[str, Samples]:
    """The records to show, by what was done to them."""
    from shapenet.data.inspect.samples import draw_samples
    from shapenet.data.inspect.subject import ALL

    return {"images": draw_samples(subject.split(split if subject.is_divided else ALL), num, seed)}


def _write(views: dict[str, Samples], classes: tuple[str, ...], out: Path) -> None:
    from shapenet.data.inspect.samples import sheet_of
    from shapenet.rundir.atomic import write_atomic

    sheet = sheet_of(views, classes)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_atomic(out, buffer.getvalue())
    shown = next(iter(views.values()))
    num_classes = len(set(shown.labels.tolist()))
    of = "class" if num_classes == 1 else "classes"
    click.echo(f"{out}: {len(shown.labels):,} images of {num_classes:,} {of}, {sheet.width} x {sheet.height} pixels")
