"""The look that all pictures share, and how they become PNG files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from shapenet.rundir.atomic import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

DOTS_PER_INCH = 150
INK = "#1f2933"
"""Colour of text."""
MUTED = "#7b8794"
"""Colour of what stands back: ticks, notes, grids."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure that lays itself out.

    Args:
        width: In inches.
        height: In inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def quiet_axes(axes: Axes, *, frame: bool = True) -> None:
    """Make an axes' frame and ticks stand back behind its data.

    Args:
        axes: The axes.
        frame: Keep the left and the bottom line.
    """
    for side, spine in axes.spines.items():
        spine.set_visible(frame and side in ("left", "bottom"))
        spine.set_color("#cbd2d9")
    axes.tick_params(length=0, labelsize=8, labelcolor=MUTED)


def literal(text: str) -> str:
    """`text` as matplotlib draws it literally: no formulas between dollar signs, on one line."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.replace("$", r"\$")


def shorten(text: str, length: int) -> str:
    """`text` cut in its middle to `length` characters."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def png_of(image: Image.Image) -> bytes:
    """The PNG file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def write_png(path: Path, figure: Figure) -> None:
    """Draw `figure` into a PNG file, replaced in one step.

    Raises:
        MachineError: The file can't be written.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # Scripts that the font lacks are drawn as boxes; that is no news for a log.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # Without the version of matplotlib in it, equal figures give equal files.
        figure.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.2, metadata={"Software": None})
    write_atomic(path, buffer.getvalue())
