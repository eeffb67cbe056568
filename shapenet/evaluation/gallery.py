"""The examples of a split as reports of tasks draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.figure import png_of
from shapenet.rundir.atomic import write_atomic

if TYPE_CHECKING:
    import numpy.typing as npt

    from shapenet.data.batches import Split


@dataclass
class SplitGallery:
    """The examples of a split; see `shapenet.tasks.report.Gallery`.

    Attributes:
        run_name: Name of the run.
        subject: Name of the split or file.
        names: What each example is called.
        split: The examples.
    """

    run_name: str
    subject: str
    names: Sequence[str]
    split: Split

    def images(self, positions: Sequence[int]) -> list[npt.NDArray[Any]]:
        """See `Gallery.images`."""
        import numpy as np

        return self.viewable(self.split.image_list(np.asarray(positions, np.int64)))

    def viewable(self, images: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """See `Gallery.viewable`."""
        from shapenet.data.inspect.view import viewable

        return [*viewable(images)]

    def write_sheet(
        self, path: Path, images: Sequence[npt.NDArray[Any]], captions: Sequence[str], heading: tuple[str, str],
        *, columns: int = 6, tile: int = 128,
    ) -> None:  # fmt: skip
        """See `Gallery.write_sheet`."""
        from shapenet.data.inspect.sheet import titled
        from shapenet.data.preview import contact_sheet

        write_atomic(path, png_of(titled(contact_sheet(images, captions, columns=columns, tile=tile), heading)))
