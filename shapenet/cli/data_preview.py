"""The command ``shapenet data preview``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shapenet.cli.data_subject import ConfigFile, chosen, open_subject, subject_options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shapenet.data.batches import Split
    from shapenet.data.inspect.samples import Samples


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
    floating point are scaled, all together, to what can be shown. Where a config augments,
    training images stand above what augmentation makes of them.
    """
    from shapenet.cli.render.data_progress import DataReporter
    from shapenet.data.inspect.samples import choose, samples_of
    from shapenet.data.inspect.sheet import sheet_of
    from shapenet.data.inspect.subject import ALL
    from shapenet.figure import png_of
    from shapenet.rundir.atomic import write_atomic
    from shapenet.words import counted

    named = chosen(path, config, overrides)
    if split and not isinstance(named, ConfigFile):
        raise click.UsageError("--split is a part of a config's data: expected --config, received PATH")
    if out.suffix.lower() != ".png":
        raise click.UsageError(f"--out: expected a name that ends in .png, received {out.name}")
    with DataReporter() as reporter:
        subject = open_subject(named, reporter)
    name = (split or "train") if isinstance(named, ConfigFile) else ALL
    chosen_from = subject.split(name)
    positions = choose(chosen_from, num, seed)
    views = {"before": samples_of(chosen_from, positions, subject.classes)}
    if isinstance(named, ConfigFile) and name == "train":
        after = _augmented(named, chosen_from, positions, subject.classes)
        views.update({"after": after} if after else {})
    classes = counted(len(subject.classes), "class", "classes") if subject.classes else "without labels"
    part = f", {name}" if subject.is_divided else ""
    line = f"{len(positions):,} of {counted(len(chosen_from), 'image')}, {classes}, seed {seed}"
    sheet = sheet_of(views, (f"{subject.described}{part}", line))
    write_atomic(out, png_of(sheet))
    click.echo(f"{out}: {line}; {sheet.width} x {sheet.height} pixels")


def _augmented(
    named: ConfigFile, split: Split, positions: npt.NDArray[np.int64], classes: tuple[str, ...]
) -> Samples | None:
    from shapenet.cli.render.progress import waiting
    from shapenet.training.inspected import augmented

    experiment = named.load()
    with waiting("augmenting"):
        return augmented(experiment, split, positions, classes)
