"""The commands ``shapenet data ...``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shapenet.cli.data_check import check
from shapenet.cli.data_convert import convert
from shapenet.cli.data_info import info
from shapenet.cli.data_join import join
from shapenet.cli.data_pack import pack
from shapenet.cli.data_preview import preview
from shapenet.data.shapes.names import SHAPES
from shapenet.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from shapenet.data.shapes.files import GeneratedFolder
    from shapenet.data.shapes.parameters import ShapesParameters


@click.group()
def data() -> None:
    """Make data sets, convert them, look at them."""


for command in (join, convert, pack, info, preview, check):
    data.add_command(command)


class _ShapesCommand(click.Command):
    """A command whose options get their defaults from the generator's parameters."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Fill in the defaults, which only a help text needs."""
        from shapenet.data.shapes.parameters import default_values

        for option in self.params:
            if isinstance(option, click.Option) and option.name in default_values() and not option.required:
                default = default_values()[option.name]
                option.default = float(default) if option.type is click.FLOAT and option.nargs == 1 else default
                option.show_default = True
        super().format_options(ctx, formatter)


def _range(name: str, text: str, kind: Any = click.FLOAT) -> Callable[[Any], Any]:
    return click.option(f"--{name}", nargs=2, type=kind, metavar="LOW HIGH", help=text)


@data.command(cls=_ShapesCommand)
@click.option(
    "--shape", "classes", multiple=True, required=True, type=click.Choice(SHAPES), help="Shape; may be repeated."
)
@click.option("--num-images", required=True, type=click.IntRange(min=1), help="Number of images of each shape.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The new folder.")
@click.option("--size", type=int, help="Side of the images in pixels.")
@click.option("--seed", type=int, help="Other seeds give other images.")
@click.option("--workers", "num_workers", type=click.IntRange(min=1), help="Processes.  [default: one per core]")
@click.option("--force", is_flag=True, help="Replace a folder that this command made.")
@_range("scale", "Diameter of the circle around the shape, as a fraction of the side.")
@_range("angle", "Rotation in degrees, clockwise.")
@_range("foreground-hue", "Hue of the shape in degrees: 0 red, 120 green, 240 blue.")
@_range("foreground-saturation", "Its saturation, from 0 (gray) to 1.")
@_range("foreground-luma", "Its luma, from 0 (black) to 1 (white).")
@_range("background-hue", "Hue of the background in degrees.")
@_range("background-saturation", "Its saturation, from 0 to 1.")
@_range("background-luma", "Its luma, from 0 to 1.")
@click.option("--contrast", type=float, help="Least difference in luma between shape and background.")
@click.option("--noise", type=float, help="Standard deviation of the noise; 1 is from black to white.")
@click.option("--outline", type=float, help="Fraction of images that show the outline only: 1 for all.")
@click.option("--line-width", type=float, help="Width of an outline, as a fraction of the shape's diameter.")
@_range("distractors", "Number of dots and strokes behind the shape.", click.INT)
@_range("num-shapes", "Number of shapes in an image; the largest, on top, is the label.", click.INT)
@click.option("--overlap", type=float, help="How far shapes may overlap: 0 not at all, 1 wholly.")
@_range("blur", "Standard deviation of a blur, as a fraction of the side.")
@_range("occlusion", "Fraction of the shape's area that a bar or a patch hides.")
@_range("clutter", "Number of lines, blobs, gradients and textures behind.", click.INT)
@click.option("--hand-drawn", type=float, help="Fraction of images drawn as if by hand.")
@click.option("--paper", type=float, help="Fraction of those that show ink on paper.")
@click.option("--masks", is_flag=True, help="Also write masks: 0 background, 1 the first shape, 2 the second, ...")
@click.option("--clean", is_flag=True, help="Also write images without noise, blur, occlusion and clutter.")
def generate(
    classes: tuple[str, ...],
    num_images: int,
    out: Path,
    num_workers: int | None,
    force: bool,
    masks: bool,
    clean: bool,
    **config: Any,
) -> None:
    """Draw shapes into PNG files, listed by CSVs of name, path and label.

    One shape gives OUT/info.csv and OUT/images; several give such a folder each and
    OUT/dataset.csv. Beside each CSV lies a manifest.jsonl, whose lines tell all about an
    image: class, centre, size, angle, area and colour of every shape. --masks and
    --clean write more pictures, in folders of these names, and columns mask and clean.
    Where a flag takes LOW HIGH, each image draws its own value between them. The same
    flags give the same bytes, whatever the number of processes.
    """
    from shapenet.cli.render.bar import counting
    from shapenet.data.outfolder import check_out
    from shapenet.data.shapes.files import MARKER, generate_folder

    parameters = _parameters(tuple(dict.fromkeys(classes)), num_images, config)
    check_out(out, MARKER, replace=force)
    start = time.perf_counter()
    with counting("drawing", parameters.num_images, "images") as advance:
        made = generate_folder(
            parameters, out, masks=masks, clean=clean, num_workers=num_workers, replace=force, progress=advance
        )
    _say_what_was_made(made, parameters.size, time.perf_counter() - start)


def _parameters(classes: tuple[Any, ...], num_images: int, config: dict[str, Any]) -> ShapesParameters:
    from shapenet.config.components import parse_component
    from shapenet.data.shapes import source
    from shapenet.data.shapes.parameters import ShapesParameters

    given = {name: value for name, value in config.items() if value is not None}
    values = {"classes": classes, "num_images": num_images * len(classes), **given}
    as_yaml = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    try:
        parse_component("source", {source.shapes.__name__: as_yaml})
        return ShapesParameters(**values)
    except ConfigError as error:
        raise error.replacing(map(_of_flag, error.problems)) from None


def _of_flag(problem: Problem) -> Problem:
    """A problem of a parameter as one of the flag that sets it."""
    name = str(problem.key[1] if problem.key[0] == "shapes" else problem.key[0])
    flag = "--shape" if name == "classes" else f"--{name.replace('_', '-')}"
    message = problem.message.removeprefix(f"{'.'.join(map(str, problem.key))}: ")
    return replace(problem, message=f"{flag}: {message}", place=Place("command line"), key=())


def _say_what_was_made(made: GeneratedFolder, size: int, seconds: float) -> None:
    from shapenet.words import counted

    rate = made.num_images / seconds
    click.echo(f"{counted(made.num_images, 'image')} of {size} x {size} in {seconds:.1f} s ({rate:,.0f} images/s)")
    click.echo(f"  images and list: {made.path}")
    if len(made.infos) == 1:
        click.echo(f"next: shapenet data join {made.dataset} OTHER/info.csv -o dataset.csv")
        return
    click.echo(f"  list of all: {made.dataset}")
    click.echo(f"next: {_training_command(made.dataset)}")


def _training_command(dataset: Path) -> str:
    """A command that trains on a new folder: the example's own images for the test make way for a part of these."""
    from shapenet.cli.options import command_text

    overrides = (f"data.source.csv.path={dataset}", "data.test=null", "data.split.test=0.1")
    flags = (text for override in overrides for text in ("-o", override))
    return command_text("shapenet", "train", "--config", "configs/shapes_cnn.yaml", *flags)
