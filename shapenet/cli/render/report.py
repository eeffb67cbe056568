"""The figures of tasks as tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from shapenet.cli.render.console import cell, number, open_table, printable
from shapenet.tasks.report import Matrix, Report, Row, Table

_MAX_CLASSES_IN_MATRIX = 10
_NUM_CONFUSIONS = 10
_MAX_MATRIX_WIDTH = 62
_SHORT = 4


def reports_view(reports: Mapping[str, Report]) -> list[RenderableType]:
    """The tables of reports that fit 80 columns, each below a blank line, those of several tasks under their names."""
    parts: list[RenderableType] = []
    for name, report in reports.items():
        parts += [Text(), cell(name, "bold blue")] if name else []
        for table in report.tables():
            parts += [Text(), figures_table(table) if isinstance(table, Table) else matrix_table(table)]
    return parts


def figures_table(table: Table) -> RichTable:
    """A table of figures: texts on the left, numbers on the right."""
    rich = open_table()
    rich.caption = table.caption or None
    for index, heading in enumerate(table.columns):
        numbers = index > 0 and not any(isinstance(row.cells[index], str) for row in table.rows)
        rich.add_column(cell(heading), justify="right" if numbers else "left", no_wrap=numbers)
    for row in table.rows:
        if row.section:
            rich.add_section()
        rich.add_row(*_cells(row))
    return rich


def _cells(row: Row) -> list[Text]:
    """The first says in its style what the row is."""
    first, *others = row.cells
    strong = "bold" if row.style == "bold" else ""
    return [_shown(first, row.style), *(_shown(value, strong if isinstance(value, float) else "") for value in others)]


def _shown(value: str | float | int | None, style: str) -> Text:
    if value is None:
        return Text()
    return cell(value, style) if isinstance(value, str) else Text(number(value), style)


def matrix_table(matrix: Matrix) -> RenderableType:
    """Who is taken for whom.

    Up to ten classes have the whole matrix; more of them have the most frequent confusions. Names
    that are too long to head a column of many are replaced by the number that stands before them
    in the rows; they are cut where a terminal is narrow.
    """
    if len(matrix.names) <= _MAX_CLASSES_IN_MATRIX:
        return _whole_matrix(matrix)
    wrong = matrix.counts.copy()
    np.fill_diagonal(wrong, 0)
    return _most_frequent(matrix, wrong) if wrong.any() else Text("no class is taken for another", style="dim")


def _whole_matrix(matrix: Matrix) -> RichTable:
    counts = matrix.counts.tolist()
    headings, names = [printable(name) for name in matrix.names], list(matrix.names)
    wide = sum(max(cell_len(heading), 6) + 2 for heading in headings) > _MAX_MATRIX_WIDTH
    numbered = wide and max(map(cell_len, headings)) > _SHORT
    if numbered:
        headings = [str(index) for index in range(len(names))]
        names = [f"{index} {name}" for index, name in enumerate(names)]
    table = open_table()
    table.add_column(cell("true" if wide else "true \\ predicted"))
    table.caption = "columns: the predicted class" if wide else None
    for heading in headings:
        table.add_column(cell(heading), justify="right", no_wrap=True)
    for index, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = (_count(f"{count}" if wide else number(count), index == column) for column, count in enumerate(row))
        table.add_row(cell(name), *cells)
    return table


def _count(count: str, right: bool) -> Text:
    if right:
        return cell(count, "bold green")
    return cell("·", "dim") if count == "0" else cell(count, "red")


def _most_frequent(matrix: Matrix, wrong: np.ndarray) -> RichTable:
    table = open_table()
    table.add_column("true")
    table.add_column("predicted")
    for name in ("count", "of the class"):
        table.add_column(name, justify="right", no_wrap=True)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_NUM_CONFUSIONS]
    for index in order.tolist():
        row, column = divmod(index, len(matrix.names))
        if count := int(wrong[row, column]):
            share = count / int(matrix.counts[row].sum())
            table.add_row(cell(matrix.names[row]), cell(matrix.names[column]), number(count), f"{share:.2%}")
    return table
