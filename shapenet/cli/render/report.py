"""A classifier's figures as tables."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shapenet.cli.render.console import cell, number, open_table, printable
from shapenet.evaluation.classification_report import ClassificationReport, Figures, top_confusions

_MAX_CLASSES_IN_MATRIX = 10
_NUM_CONFUSIONS = 10
_MAX_MATRIX_WIDTH = 62
_SHORT = 4


def report_table(report: ClassificationReport) -> RenderableType:
    """The report as tables that fit 80 columns: per class, then who is taken for whom.

    Up to ten classes have the whole confusion matrix; more of them have the most
    frequent confusions. Names that are too long to head a column of many are replaced by the
    number that stands before them in the rows; they are cut where a terminal is narrow.
    """
    parts: list[RenderableType] = [_per_class_table(report), Text()]
    if len(report.classes) <= _MAX_CLASSES_IN_MATRIX:
        parts.append(_confusion_table(report))
    elif top_confusions(report, limit=1):
        parts.append(_top_confusions_table(report))
    else:
        parts.append(Text("no class is taken for another", style="dim"))
    return Group(*parts)


def _per_class_table(report: ClassificationReport) -> Table:
    table = open_table()
    table.add_column("class")
    for name in ("precision", "recall", "f1", "examples"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, figures in zip(report.classes, report.per_class, strict=True):
        table.add_row(cell(name), *_values(figures))
    table.add_section()
    table.add_row(cell("mean over classes", "dim"), *_values(report.macro))
    table.add_row(cell("mean weighted by examples", "dim"), *_values(report.weighted))
    table.add_row(cell("accuracy", "bold"), "", "", Text(number(report.accuracy), "bold"), number(report.num_examples))
    return table


def _values(figures: Figures) -> tuple[str, str, str, str]:
    return number(figures.precision), number(figures.recall), number(figures.f1), number(figures.support)


def _confusion_table(report: ClassificationReport) -> Table:
    counts = report.confusion.tolist()
    headings, names = [printable(name) for name in report.classes], list(report.classes)
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


def _top_confusions_table(report: ClassificationReport) -> Table:
    table = open_table()
    table.add_column("true")
    table.add_column("predicted")
    for name in ("count", "of the class"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in top_confusions(report, limit=_NUM_CONFUSIONS):
        share = pair.count / report.per_class[pair.label].support
        table.add_row(
            cell(report.classes[pair.label]), cell(report.classes[pair.predicted]), number(pair.count), f"{share:.2%}"
        )
    return table
