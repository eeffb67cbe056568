"""What judges how well a model does a task, and what it reports: figures, tables, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy.typing as npt


class Evaluator(Protocol):
    """Takes in a split batch by batch; keeps no more of it than its report needs."""

    def add(
        self, positions: npt.NDArray[Any], fields: Mapping[str, npt.NDArray[Any]], outputs: npt.NDArray[Any]
    ) -> None:
        """Take in a batch. Every example comes once, in any order.

        Args:
            positions: Their positions in the split, int64 ``(batch,)``.
            fields: The fields that the task names and those that the model is given, as the records hold them,
                ``(batch, *shape)`` each.
            outputs: What the model gave, ``(batch, ...)``.
        """
        ...

    def report(self) -> Report:
        """The figures of all that was taken in."""
        ...


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: Texts and numbers; None is an empty cell, NaN a dash.
        style: ``""``, ``dim`` (means), ``bold`` (the total).
        section: Whether a line stands above it.
    """

    cells: tuple[str | float | int | None, ...]
    style: str = ""
    section: bool = False


@dataclass(frozen=True)
class Table:
    """Figures for the terminal.

    Attributes:
        columns: Headings; the first column is text, the others are as their first value.
        rows: The rows.
        caption: A line below, or nothing.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A confusion matrix for the terminal: the whole of a small one, the most frequent confusions of a large one.

    Attributes:
        names: What rows and columns stand for.
        counts: By true (row) and predicted (column), int64 ``(n, n)``.
    """

    names: tuple[str, ...]
    counts: npt.NDArray[Any]


@dataclass(frozen=True)
class Files:
    """What a report wrote.

    Attributes:
        predictions: Every prediction, as a file; None if there is none.
        pictures: Pictures, for people to look at.
    """

    predictions: Path | None
    pictures: tuple[Path, ...]


class Gallery(Protocol):
    """The examples that a report is on, and the means to draw them.

    Attributes:
        run_name: Name of the run, for titles.
        subject: Name of the split or file, for titles.
        names: What each example is called.
    """

    run_name: str
    subject: str
    names: Sequence[str]

    def images(self, positions: Sequence[int]) -> list[npt.NDArray[Any]]:
        """The images at `positions` of the split, uint8 ``(height, width, 3)`` each, scaled to be looked at."""
        ...

    def viewable(self, images: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Images ``(height, width, channels)`` of any type, such as a model gave, as `images` gives them."""
        ...

    def write_sheet(
        self,
        path: Path,
        images: Sequence[npt.NDArray[Any]],
        captions: Sequence[str],
        heading: tuple[str, str],
        *,
        columns: int = 6,
        tile: int = 128,
    ) -> None:
        """Write a contact sheet as PNG.

        Args:
            path: The file, replaced in one step.
            images: uint8 ``(height, width, 3)``, in rows.
            captions: One for each.
            heading: A title, and a line below it.
            columns: Images in a row.
            tile: Side of a tile in pixels.

        Raises:
            MachineError: It can't be written.
        """
        ...


class Report(Protocol):
    """How well a model does a task on one split."""

    def to_json(self) -> dict[str, Any]:
        """The report as JSON holds it; NaN becomes null."""
        ...

    def tables(self) -> Sequence[Table | Matrix]:
        """What the terminal shows, from the top down."""
        ...

    def write(self, folder: Path, gallery: Gallery) -> Files:
        """Write every file but the figures. Those of an earlier report that this one has not are removed.

        Raises:
            MachineError: The folder can't be written.
        """
        ...
