"""A data set in figures: facts in two columns, and its classes."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import cell, number, open_table, printable
from shapenet.cli.render.layers import readable_bytes
from shapenet.data.inspect.summary import Span, Summary
from shapenet.fields import Field

_BAR_WIDTH = 24
_LEAST_NAME = 8
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MOST_CLASSES = 40
_CHANNELS = {1: ("gray",), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "alpha")}


def info_view(summary: Summary) -> RenderableType:
    """The figures of a data set, to fit 80 columns.

    Of more than 40 classes the largest 20 and the smallest 20 are shown.

    Args:
        summary: The figures.
    """
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for name, value in _facts(summary):
        facts.add_row(name, Text(printable(value)))
    classes = (Text(), _classes_table(summary)) if summary.classes else ()
    return Group(Text(printable(summary.described), "bold"), Text(), facts, *classes)


def _facts(summary: Summary) -> list[tuple[str, str]]:
    total = summary.num_images
    image = summary.fields["image"]
    facts = [("images", f"{total:,} of {_size(summary)}, {_depth(image)}")]
    if summary.splits:
        parts = (f"{name} {size:,} ({size / total:.1%})" for name, size in summary.splits.items())
        facts.append(("splits", ", ".join(parts)))
    facts.append(("fields", ", ".join(f"{name} {_field(field)}" for name, field in summary.fields.items())))
    names = _CHANNELS.get(len(summary.mean), tuple(f"channel {index}" for index in range(len(summary.mean))))
    scale = "" if image.dtype == "float32" else " (0 to 1)"
    for index, (name, mean, deviation) in enumerate(zip(names, summary.mean, summary.deviation, strict=True)):
        label = "" if index else "pixels"
        facts.append((label, f"{name} mean {number(mean)}, standard deviation {number(deviation)}{scale}"))
    if not summary.classes:
        facts.append(("classes", "none: nothing says the class of an image"))
    share = f" ({summary.num_duplicates / total:.2%})" if summary.num_duplicates else ""
    facts.append(("duplicates", f"{summary.num_duplicates:,}{share}" if summary.num_duplicates else "none"))
    facts.append(("store", f"{readable_bytes(summary.num_bytes)} in {summary.stores[0]}"))
    facts.extend(("", folder) for folder in summary.stores[1:])
    return facts


def _size(summary: Summary) -> str:
    height, width = summary.height, summary.width
    if not height.varies and not width.varies:
        return f"{height.min:,} x {width.min:,}"
    return f"height {_span(height)}, width {_span(width)}, median {height.median:,.0f} x {width.median:,.0f}"


def _span(span: Span) -> str:
    return f"{span.min:,} to {span.max:,}" if span.varies else f"{span.min:,}"


def _depth(field: Field) -> str:
    channels = field.shape[2] or 0
    colours = {1: "gray", 3: "RGB", 4: "RGBA"}.get(channels, f"{channels} channels")
    bits = {"uint8": "8 bits", "uint16": "16 bits", "float32": "32-bit floating point"}.get(field.dtype, field.dtype)
    return f"{colours}, {bits}"


def _field(field: Field) -> str:
    shape = " x ".join("?" if side is None else str(side) for side in field.shape)
    return f"{field.dtype} {shape}".rstrip()


def _classes_table(summary: Summary) -> Table:
    table = open_table()
    table.add_column("class", min_width=_LEAST_NAME)
    splits = list(summary.splits)
    for heading in (*splits, "images", "share"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    totals = summary.totals
    for label in _shown(totals):
        counts = (number(summary.counts[split][label]) for split in splits)
        share = f"{totals[label] / max(summary.num_images, 1):.1%}"
        bar = Text(_bar(totals[label] / max(1, *totals)), "cyan", no_wrap=True, overflow="crop")
        table.add_row(cell(summary.classes[label]), *counts, number(totals[label]), share, bar)
    hidden = len(totals) - len(_shown(totals))
    if hidden:
        table.caption = f"the largest and the smallest of {len(totals):,} classes; --format json gives all"
    return table


def _shown(totals: tuple[int, ...]) -> list[int]:
    """Labels to show: all in their order, or the largest and the smallest, largest first."""
    if len(totals) <= _MOST_CLASSES:
        return list(range(len(totals)))
    ranked = sorted(range(len(totals)), key=lambda label: -totals[label])
    half = _MOST_CLASSES // 2
    return ranked[:half] + ranked[-half:]


def _bar(fraction: float) -> str:
    """A bar of up to 24 characters, to an eighth of one."""
    eighths = round(fraction * _BAR_WIDTH * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
