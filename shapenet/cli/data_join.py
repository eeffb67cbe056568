"""The command ``shapenet data join``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("join")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The CSV to write.")
@click.option("--force", is_flag=True, help="Replace it if it exists.")
def join(inputs: tuple[Path, ...], out: Path, force: bool) -> None:
    """Join CSVs of images into one.

    The header is written once, and image paths are made relative to the new CSV's
    folder: shapenet data join a/info.csv b/info.csv -o dataset.csv
    """
    from shapenet.data.csv.join import join_csvs, num_outside

    num_rows = join_csvs(inputs, out, force=force)
    click.echo(f"{out}: {num_rows:,} rows from {len(inputs)} CSVs")
    outside = num_outside(out)
    if outside:
        click.echo(
            f"note: {outside:,} image paths lead out of its folder; reading it needs `allow_outside: true` in the "
            "source. Written above the images, -o would need none.",
            err=True,
        )
