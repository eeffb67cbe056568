"""The screens of training: exact text in a pipe, lines that fit on a terminal."""

import io
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from shapenet.cli.render.progress import CommandReporter, LiveReporter, PlainReporter, make_reporter, waiting
from shapenet.training.balance import Balance
from shapenet.training.reporter import TrainingStart

START = TrainingStart(
    run=Path("runs/course/20260115-103000-demo-0a1b2c3d"),
    name="demo",
    num_examples={"train": 3200, "val": 400},
    image_shape=(64, 64, 3),
    classes=("square", "triangle"),
    num_parameters=1_234_567,
    num_trainable=1_234_567,
    device="Intel(R) Xeon(R) Platinum 8488C with a very long name indeed x 2",
    precision="float32",
    epochs=3,
    metrics=("accuracy",),
    monitor="val_loss",
    balance=Balance({"square": 1600, "triangle": 1600}),
    initial=None,
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def row(epoch, loss, rate=1000.0):
    figures = {"loss": loss, "accuracy": 0.9, "val_loss": loss / 2, "val_accuracy": 0.95}
    return {"epoch": epoch, **figures, "learning_rate": 1e-3, "seconds": 4.0, "images_per_second": rate}


def play(reporter, clock):
    """Two epochs with all that comes before and between."""
    with reporter:
        for done in (50, 2000, 4000):
            clock.now += 1
            reporter.packing("data/demo/dataset.csv", done, 4000)
        reporter.warning("12 images are\x1b[2J twice there")
        reporter.started(START)
        for epoch in (1, 2):
            for done in (800, 1600, 3200):
                clock.now += 1
                reporter.step(epoch, done, 3200, {"loss": 0.7, "accuracy": 0.5})
            reporter.validating(epoch)
            clock.now += 1
            reporter.epoch(row(epoch, 0.5 / epoch), is_best=epoch == 1)


def test_in_a_pipe(capsys):
    clock = Clock()
    play(PlainReporter(clock), clock)
    captured = capsys.readouterr()
    assert (
        captured.out
        == """\
packing 4,000 images of data/demo/dataset.csv
training  demo, at most 3 epochs; * marks the best val_loss so far
images    3,200 train, 400 val of 64 x 64 x 3: square, triangle
model     1,234,567 parameters in float32 on Intel(R) Xeon(R) Platinum 8488C with a very long name indeed x 2
run       runs/course/20260115-103000-demo-0a1b2c3d

  epoch     loss      acc  val_loss  val_acc      lr    img/s    time    left
*   1/3   0.5000   0.9000    0.2500   0.9500  1.0e-3    1,000    4.0s    8.0s
    2/3   0.2500   0.9000    0.1250   0.9500  1.0e-3    1,000    4.0s    4.0s
"""
    )
    assert captured.err == "warning: 12 images are�[2J twice there\n"


def test_quiet_shows_warnings_only(capsys):
    play(make_reporter(quiet=True), Clock())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("warning: ")


class Recorded(LiveReporter):
    """Draws after each thing it hears, so that every screen is recorded."""

    def __init__(self, width, clock):
        self.file = io.StringIO()
        super().__init__(
            Console(file=self.file, force_terminal=True, width=width, color_system="standard", highlight=False), clock
        )

    def step(self, *arguments):
        super().step(*arguments)
        self._live.refresh()

    def validating(self, epoch):
        super().validating(epoch)
        self._live.refresh()

    def packing(self, *arguments):
        super().packing(*arguments)
        self._live.refresh()

    def lines(self):
        """Every line ever drawn, without colours and movements of the cursor."""
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue())
        return [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.fixture
def recorded(monkeypatch, request):
    monkeypatch.setenv("TERM", "xterm")
    clock = Clock()
    reporter = Recorded(getattr(request, "param", 80), clock)
    play(reporter, clock)
    return reporter


@pytest.mark.parametrize("recorded", [40, 60, 80, 120], indirect=True)
def test_nothing_is_wider_than_the_terminal(recorded):
    assert max(map(len, recorded.lines())) <= recorded._console.width


def test_header_headings_and_rows_stay(recorded):
    lines = recorded.lines()
    kept = [
        "packed 4,000 images of data/demo/dataset.csv",
        "training  demo, at most 3 epochs; * marks the best val_loss so far",
        "images    3,200 train, 400 val of 64 x 64 x 3: square, triangle",
        "model     1,234,567 parameters in float32 on Intel(R) Xeon(R) Platinum 8488C wi…",
        "run       runs/course/20260115-103000-demo-0a1b2c3d",
        "  epoch     loss      acc  val_loss  val_acc      lr    img/s    time    left",
        "*   1/3   0.5000   0.9000    0.2500   0.9500  1.0e-3    1,000    4.0s    8.0s",
        "    2/3   0.2500   0.9000    0.1250   0.9500  1.0e-3    1,000    4.0s    4.0s",
    ]
    assert [line for line in lines if line in kept] == kept


def test_live_lines_show_where_it_is(recorded):
    text = "\n".join(recorded.lines())
    assert "    1/3   0.7000   0.5000                                 800    2.0s     10s" in text
    assert "1,600 / 3,200 images  2.0s left in this epoch" in text
    assert "2,000 / 4,000 images  1,950/s  1.0s left" in text
    assert "starting" in text
    assert "preparing" in text
    assert "compiling" in text
    assert "validating" in text


def test_the_cursor_is_given_back(recorded):
    text = recorded.file.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") > 0
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_closing_twice_is_fine():
    clock = Clock()
    reporter = Recorded(80, clock)
    with reporter:
        reporter.close()
    reporter.close()


def test_errors_take_the_live_lines_away():
    reporter = Recorded(80, Clock())
    with pytest.raises(ValueError, match="wrong"), reporter:
        raise ValueError("wrong")
    assert reporter.file.getvalue().endswith("\x1b[2K")


def test_training_outlives_its_reader(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    clock = Clock()
    play(PlainReporter(clock), clock)
    assert clock.now == 11


@pytest.mark.parametrize(
    ("is_terminal", "term", "kind"),
    [(True, "xterm", LiveReporter), (True, "dumb", PlainReporter), (False, "xterm", PlainReporter)],
)
def test_the_reporter_suits_where_stdout_goes(monkeypatch, is_terminal, term, kind):
    class Stream(io.StringIO):
        def isatty(self):
            return is_terminal

    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", Stream())
    assert type(make_reporter()) is kind
    assert type(make_reporter(quiet=True)) is CommandReporter


def test_waiting_says_nothing_in_a_pipe(capsys):
    with waiting("building"):
        pass
    assert capsys.readouterr() == ("", "")
