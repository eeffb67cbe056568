"""The commands `shapenet train` and `shapenet eval`, from YAML to figures."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from shapenet.cli.options import command_text, short_path
from shapenet.rundir.manifest import read_manifest

CONFIG = """\
name: quick
data:
  source: {shapes: {classes: [square, star], num_images: 60, size: 16}}
model:
  layers:
    - Flatten
    - Dense: {units: 8, activation: relu}
training: {batch_size: 8, epochs: 2}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which one run was trained."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.fixture
def trained(folder, cli, monkeypatch):
    """The folder as working directory, with the output of the training if this test is the first."""
    monkeypatch.chdir(folder)
    if not (folder / "train.txt").exists():
        done = cli("train", "--config", "quick.yaml")
        assert (done.code, done.err) == (0, "")
        (folder / "train.txt").write_text(done.out, encoding="utf-8")
    return (folder / "train.txt").read_text(encoding="utf-8")


def test_train_ends_with_where_everything_is_and_what_comes_next(trained):
    lines = trained.splitlines()
    run = Path("runs/latest").resolve().relative_to(Path.cwd().resolve())
    best = read_manifest(run / "run.json").best
    assert lines[-6] == ""
    assert lines[-5].startswith("trained      2 epochs in ")
    assert lines[-4].startswith(f"best         epoch {best.epoch}: val_loss ")
    assert lines[-3] == f"run          {run}"
    assert lines[-2].endswith("shapenet eval --run runs/latest")
    assert lines[-1].endswith("tensorboard --logdir runs/latest")
    assert "\x1b" not in trained


def test_train_shows_a_row_per_epoch(trained):
    rows = [line.replace("*", " ").split() for line in trained.splitlines() if line[4:7] in ("1/2", "2/2")]
    assert [row[0] for row in rows] == ["1/2", "2/2"]
    assert {len(row) for row in rows} == {9}


def test_the_manifest_knows_the_command(trained):
    assert read_manifest(Path("runs/latest/run.json")).command == ("shapenet", "train", "--config", "quick.yaml")


def test_quiet_prints_the_run_only(trained, cli, tmp_path):
    done = cli("train", "--config", "quick.yaml", "--quiet", "-o", "training.epochs=1", "--runs-dir", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert [done.out] == [f"{path.parent}\n" for path in tmp_path.glob("default/*/run.json")]


def test_eval_shows_figures_and_where_they_are(trained, cli):
    done = cli("eval")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("test: 6 images, weights of epoch ")
    assert lines[1].startswith("loss ")
    assert any(line.startswith("true \\ predicted") for line in lines)
    named = [Path(line.split()[-1]) for line in lines if "runs/" in line]
    assert len(named) >= 4
    assert all(path.exists() for path in named)
    assert max(map(len, lines[:-1])) <= 80


def test_eval_as_json(trained, cli):
    done = cli("eval", "--split", "val", "--format", "json", "--run", "quick")
    content = json.loads(done.out)
    assert (content["split"], content["num_examples"], content["warnings"]) == ("val", 6, [])
    assert Path(content["predictions"]).is_file()
    assert all(Path(path).is_file() for path in content["pictures"])


def test_eval_of_no_run(trained, cli):
    done = cli("eval", "--run", "quik")
    assert done.code == 4
    assert "did you mean quick?" in done.err


def test_config_errors_come_before_anything_is_made(trained, cli, tmp_path):
    done = cli("train", "--config", "quick.yaml", "-o", "training.epochs=0", "--runs-dir", tmp_path / "runs")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error[config/value]: command line")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_training_says_what_was_saved(trained, cli, tmp_path, monkeypatch, number, code):
    from shapenet.cli.render.progress import PlainReporter

    def step(self, *arguments):
        os.kill(os.getpid(), number)

    monkeypatch.setattr(PlainReporter, "step", step)
    done = cli("train", "--config", "quick.yaml", "--runs-dir", tmp_path)
    assert done.code == code
    assert done.err.startswith(f"error[run/interrupted]: {signal.Signals(number).name} received: stopped in epoch 1")
    (run,) = tmp_path.glob("default/*")
    assert str(run / "checkpoints" / "last") in done.err
    assert (run / "checkpoints" / "last").is_dir()
    assert read_manifest(run / "run.json").status == "interrupted"


def test_commands_are_written_so_that_the_shell_finds_them(monkeypatch, tmp_path):
    program = tmp_path / "bin" / "shapenet"
    program.parent.mkdir()
    program.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    monkeypatch.setenv("PATH", "")
    assert command_text("shapenet", "eval", "--run", Path("a b")) == "bin/shapenet eval --run 'a b'"
    assert command_text("tensorboard") == "tensorboard"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert command_text("shapenet") == str(program)


def test_the_newest_run_has_a_short_name(tmp_path):
    old, new = tmp_path / "p" / "old", tmp_path / "p" / "new"
    for run in (old, new):
        run.mkdir(parents=True)
    assert short_path(new, tmp_path) == new
    (tmp_path / "latest").symlink_to("p/new")
    assert (short_path(new, tmp_path), short_path(old, tmp_path)) == (tmp_path / "latest", old)


def test_lr_find_suggests_a_rate_and_leaves_no_run(folder, cli, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    done = cli("lr-find", "--config", "quick.yaml", "--steps", "40", "--out", "found")
    assert (done.code, done.err) == (0, "")
    assert "suggestion" in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found", "quick.yaml"]
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["rates.csv", "rates.png"]
    assert cli("lr-find", "--config", "quick.yaml", "--from", "1", "--to", "0.1").code == 2


def test_a_fast_dev_run_says_that_it_works(folder, cli, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quick.yaml").write_text(CONFIG, encoding="utf-8")
    done = cli("train", "--config", "quick.yaml", "--fast-dev-run")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith("ok: 4 batches of train and of val went through in ")
    assert [path.name for path in tmp_path.iterdir()] == ["quick.yaml"]
