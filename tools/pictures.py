"""Remakes the README's pictures in docs/pictures/: shapes, the screen of training, a result.

make pictures                                     # draws shapes and trains the demo
make pictures ARGS="--mnist .../mnist/train.csv"  # trains on MNIST too, for some minutes
"""

from __future__ import annotations

import argparse
import io
import os
import pty
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pyte
from PIL import Image
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from shapenet.data.preview import contact_sheet
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURES = REPOSITORY / "docs" / "pictures"
SHAPENET = str(Path(sys.executable).with_name("shapenet"))
COLUMNS, MOST_LINES = 80, 100
THEME = TerminalTheme(
    (250, 250, 248),
    (46, 52, 64),
    [(46, 52, 64), (191, 64, 64), (58, 125, 68), (166, 116, 22), (49, 98, 163), (134, 75, 150), (38, 122, 130),
     (120, 126, 138)],
    [(120, 126, 138), (214, 69, 69), (80, 160, 90), (200, 145, 40), (70, 125, 200), (165, 95, 185), (50, 150, 160),
     (46, 52, 64)],
)  # fmt: skip


def draw_shapes() -> None:
    """Three images of each shape."""
    records = ShapesRecords(ShapesParameters(classes=SHAPES, num_images=3 * len(SHAPES), size=128, seed=3))
    images, labels = (records.read(0, len(records))[name] for name in ("image", "label"))
    sheet = contact_sheet(list(images), [records.classes[label] for label in labels], columns=len(SHAPES))
    sheet.quantize(256, dither=Image.Dither.NONE).save(PICTURES / "shapes.png", optimize=True)


DIALS: Mapping[str, Mapping[str, object]] = {
    "default": {},
    "noise": {"noise": 0.1},
    "blur": {"blur": (0.02, 0.03)},
    "occlusion": {"occlusion": (0.25, 0.4)},
    "clutter": {"clutter": (4, 6)},
    "outline": {"outline": 1.0},
    "several": {"num_shapes": (3, 5), "scale": (0.15, 0.4)},
    "hand drawn": {"hand_drawn": 1.0},
    "on paper": {"hand_drawn": 1.0, "paper": 1.0},
}


def draw_dials() -> None:
    """A column for each dial of difficulty."""
    columns = []
    for dial in DIALS.values():
        parameters = ShapesParameters(classes=SHAPES, num_images=4, size=128, seed=11, **dial)  # type: ignore[arg-type]
        columns.append(ShapesRecords(parameters).read(0, 4)["image"])
    rows = [image for row in zip(*columns, strict=True) for image in row]
    captions = ["" for _ in rows[len(DIALS) :]] + list(DIALS)
    sheet = contact_sheet(rows, captions, columns=len(DIALS))
    sheet.quantize(256, dither=Image.Dither.NONE).save(PICTURES / "dials.png", optimize=True)


def record_screen(command: list[str]) -> list[Text]:
    """The lines that `command` leaves on a terminal of 80 columns, with their colours.

    Raises:
        SystemExit: The command failed.
    """
    screen = pyte.Screen(COLUMNS, MOST_LINES)
    stream = pyte.ByteStream(screen)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(REPOSITORY)
        size = {"COLUMNS": str(COLUMNS), "LINES": str(MOST_LINES), "TERM": "xterm-256color"}
        os.execve(command[0], command, {**os.environ, **size})  # noqa: S606
    while output := _read(terminal):
        stream.feed(output)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n" + "\n".join(screen.display).rstrip())
    lines = [_line(screen.buffer[row]) for row in range(MOST_LINES)]
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return lines


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


def _line(cells: Mapping[int, pyte.screens.Char]) -> Text:
    text = Text()
    for column in range(COLUMNS):
        cell = cells[column]
        text.append(cell.data, _style(cell))
    text.rstrip()
    return text


def _style(cell: pyte.screens.Char) -> Style:
    colour = None if cell.fg == "default" else {"brown": "yellow"}.get(cell.fg, cell.fg)
    if colour and len(colour) == 6 and all(digit in "0123456789abcdef" for digit in colour):
        colour = f"#{colour}"
    elif colour and colour.startswith("bright"):
        colour = f"bright_{colour.removeprefix('bright').replace('brown', 'yellow')}"
    return Style(color=colour, bold=cell.bold, italic=cell.italics)


def draw_screen(name: str, command: list[str]) -> None:
    """Record a command as an SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {' '.join(['shapenet', *command])}", "bold"))
    for line in record_screen([SHAPENET, *command]):
        console.print(line, no_wrap=True, crop=False)
    svg = console.export_svg(title="", theme=THEME, unique_id=name)
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def draw_confusion(mnist: Path) -> None:
    """Train and judge configs/mnist_cnn.yaml, whose training images `mnist` lists."""
    override = ("-o", f"data.source.csv.path={mnist.resolve()}")
    record_screen([SHAPENET, "train", "--config", "configs/mnist_cnn.yaml", *override])
    record_screen([SHAPENET, "eval"])
    shutil.copy(REPOSITORY / "runs/latest/eval/test/confusion.png", PICTURES / "confusion.png")


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, help="MNIST's train.csv; without it, confusion.png stays")
    mnist = parser.parse_args().mnist
    PICTURES.mkdir(parents=True, exist_ok=True)
    draw_shapes()
    draw_dials()
    draw_screen("train", ["train", "--config", "configs/demo.yaml"])
    if mnist:
        draw_confusion(mnist)


if __name__ == "__main__":
    main()
