"""A model's layers as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from shapenet.cli.render.console import cell, number, open_table
from shapenet.models.summary import LayerRow, activation_bytes

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def layers_table(rows: Sequence[LayerRow], batch_size: int) -> Table:
    """A row for each layer, which says of those that don't learn that they are frozen, and the totals.

    Args:
        rows: The layers.
        batch_size: Images whose activations are held at a time.
    """
    table = open_table()
    table.add_column("name")
    table.add_column("layer")
    for heading in ("output", "parameters", "memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.caption = f"memory: estimate for the activations of a batch of {batch_size:,}"
    if any(row.activation_bytes is None for row in rows):
        table.caption += "; without outputs whose size varies"
    for row in rows:
        shape = " x ".join("?" if size is None else str(size) for size in row.output_shape)
        memory = "?" if row.activation_bytes is None else readable_bytes(row.activation_bytes * batch_size)
        frozen = row.num_parameters > row.num_trainable == 0
        table.add_row(
            cell(row.name),
            cell(f"{row.layer}, frozen" if frozen else row.layer),
            cell(shape),
            _or_dash(row.num_parameters),
            memory,
        )
    table.add_section()
    total = sum(row.num_parameters for row in rows)
    table.add_row(
        cell("total", "bold"), "", "", cell(number(total), "bold"),
        cell(readable_bytes(activation_bytes(list(rows), batch_size)), "bold"),
    )  # fmt: skip
    trainable = sum(row.num_trainable for row in rows)
    if trainable < total:
        table.add_row(cell("trainable"), "", "", cell(number(trainable)), "")
        table.add_row(cell("not trained"), "", "", cell(number(total - trainable)), "")
    return table


def _or_dash(count: int) -> str:
    return number(count) if count else "-"


def readable_bytes(size: int) -> str:
    """A size in the unit that suits it: ``512 B``, ``1.5 KiB``."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.{0 if unit == 0 else 1}f} {_UNITS[unit]}"
