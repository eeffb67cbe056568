"""The command ``shapenet data join``."""

from __future__ import annotations

from pathlib import Path

import click


def _one_character(context: click.Context, parameter: click.Parameter, value: str) -> str:
    character = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if len(character) != 1 or character in '"\r\n\0':
        raise click.BadParameter(f"expected one character, received {value!r}")
    return character


@click.command("join")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The CSV to write.")
@click.option(
    "--delimiter", default=",", show_default=True, callback=_one_character, metavar="CHARACTER",
    help="What stands between the values of the inputs; tab for a tab. The new CSV has commas.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace it if it exists.")
def join(inputs: tuple[Path, ...], out: Path, delimiter: str, force: bool) -> None:
    """Join CSVs of images into one.

    The header is written once, and image paths are made relative to the new CSV's
    folder: shapenet data join a/info.csv b/info.csv -o dataset.csv
    """
    from shapenet.data.csv.join import join_csvs, num_outside
    from shapenet.words import counted

    num_rows = join_csvs(inputs, out, delimiter=delimiter, force=force)
    click.echo(f"{out}: {counted(num_rows, 'row')} from {counted(len(inputs), 'CSV')}")
    outside = num_outside(out)
    if outside:
        paths = counted(outside, "image path leads", "image paths lead")
        click.echo(
            f"note: {paths} out of its folder; reading it needs `allow_outside: true` in the source. "
            "Written above the images, -o would need none.",
            err=True,
        )
