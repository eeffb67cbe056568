"""What lists image files: a CSV, a text file or a folder, in one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shapenet.errors import Place


@dataclass(frozen=True)
class Listing:
    """Image files and their labels, in order.

    Attributes:
        path: The file or folder that lists them, for messages.
        root: Folder that names are relative to.
        names: Path of each image as it is listed.
        labels: Label of each, as it is listed; None where none is.
        lines: Line of each in `path`, from 1; None where there are no lines.
        columns: What else is listed of each image, by column.
        label_column: What the labels' column is called, for messages.
    """

    path: Path
    root: Path
    names: Sequence[str]
    labels: Sequence[str] | None
    lines: Sequence[int] | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label_column: str = "label"

    def __len__(self) -> int:
        """Number of images."""
        return len(self.names)

    def line(self, index: int) -> int | None:
        """The line of an image, or None where there are no lines."""
        return None if self.lines is None else self.lines[index]

    def place(self, index: int) -> Place:
        """Where an image is listed; where there are no lines, the image itself."""
        return (
            Place(str(self.root / self.names[index])) if self.lines is None else Place(str(self.path), self.line(index))
        )
