"""The command `shapenet train --resume`."""

import os
import signal
from pathlib import Path

import pytest

from shapenet.rundir.manifest import read_manifest

CONFIG = """\
name: quick
data: {source: {shapes: {classes: [square, star], num_images: 60, size: 16}}}
model: {layers: [Flatten, Dense: {units: 8, activation: relu}]}
training: {batch_size: 8, epochs: 2}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def interrupted(cli, monkeypatch, *arguments):
    from shapenet.cli.render.progress import PlainReporter

    with monkeypatch.context() as patch:
        patch.setattr(PlainReporter, "step", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        return cli("train", *arguments)


def test_a_restart_loop_ends(folder, cli, monkeypatch):
    auto = ("--config", "quick.yaml", "--resume", "auto")
    stopped = interrupted(cli, monkeypatch, *auto)
    assert stopped.code == 143
    (run,) = Path("runs/default").iterdir()
    assert f"shapenet train --resume {run} goes on" in stopped.err
    assert f"train --resume {run}" in cli("runs", "show").out.replace("\n            ", "")
    went_on = cli("train", *auto)
    assert (went_on.code, went_on.err) == (0, "")
    assert list(Path("runs/default").iterdir()) == [run]
    assert len(read_manifest(run / "run.json").resumed) == 1
    again = cli("train", *auto)
    assert (again.code, again.out) == (0, "the run is finished: nothing to do\n")
    cli("train", *auto, "-o", "seed=1")
    assert len(list(Path("runs/default").iterdir())) == 2


def test_another_number_of_epochs_needs_a_word(folder, cli):
    assert cli("train", "--config", "quick.yaml", "--quiet").code == 0
    more = ("train", "--resume", "quick", "-o", "training.epochs=3")
    refused = cli(*more)
    assert refused.code == 4
    assert "training.epochs: 2 -> 3" in refused.err
    done = cli(*more, "--allow-changed")
    assert (done.code, done.err) == (0, "")
    assert "2 of them done before" in done.out
    assert "training.epochs: 2 -> 3" in cli("runs", "show").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "shapenet train needs --config"),
        (("--resume", "auto"), "shapenet train needs --config"),
        (("--verify-resume",), "shapenet train needs --config"),
        (("--resume", "x", "--config", "quick.yaml"), "takes the run's own config"),
        (("--config", "quick.yaml", "--allow-changed"), "--allow-changed does nothing without --resume"),
        (("--config", "quick.yaml", "--limit-epochs", 1), "--limit-epochs does nothing without --verify-resume"),
    ],
)
def test_options_that_do_not_go_together(folder, cli, arguments, message):
    done = cli("train", *arguments)
    assert done.code == 2
    assert message in done.err.replace("\n  ", " ")
