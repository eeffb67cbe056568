"""Tests of `shapenet runs`: what it prints, and what it must not import."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from click.testing import CliRunner

from shapenet.cli.render.console import as_text
from shapenet.cli.render.runs import _STYLES, run_view, runs_table
from shapenet.cli.runs import runs
from shapenet.errors import RunError
from shapenet.rundir.manifest import Best, RunManifest, write_manifest
from shapenet.rundir.paths import RunDir, update_latest
from shapenet.rundir.status import RowStatus
from shapenet.runs.listing import list_runs, show_run

START = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
LONG = "a-rather-long-name-of-an-experiment-about-augmentation"


def add_run(runs_dir, name, minute, project="course", **changes):
    now = START + timedelta(minutes=minute)
    run = RunDir.create(runs_dir, project, name, "0a1b2c3d", now)
    fields = {"status": "interrupted", "task": "classification", "seed": 0, "pid": 1, "host": "h", "epochs_done": 12}
    best = Best(epoch=2, monitor="val_accuracy", value=0.98765)
    values = {"name": name, "project": project, "started_at": now, "best": best, **fields, **changes}
    write_manifest(run.run_json, RunManifest(**values))
    run.metrics.write_text("".join(f'{{"epoch": {n}, "loss": {1 / n}, "accuracy": null}}\n' for n in range(1, 13)))
    update_latest(runs_dir, run)
    return run


@pytest.fixture
def runs_dir(tmp_path):
    add_run(tmp_path, "cnn", 1)
    add_run(tmp_path, LONG, 2, project="thesis")
    return tmp_path


def invoke(*arguments):
    return CliRunner().invoke(runs, [str(argument) for argument in arguments], catch_exceptions=False)


def test_list_in_a_pipe_is_complete_and_plain(runs_dir):
    out = invoke("list", "--runs-dir", runs_dir).output
    lines = out.splitlines()
    assert lines[0].split() == ["run", "project", "status", "epochs", "best", "test"]
    assert lines[2].split() == [
        f"20260115-103200-{LONG}-0a1b2c3d", "thesis", "interrupted", "12", "val_acc", "0.9877", "-",
    ]  # fmt: skip
    assert "…" not in out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("grouped", [True, False])
def test_list_fits_a_narrow_terminal(runs_dir, grouped):
    lines = as_text(runs_table(list_runs(runs_dir), grouped=grouped), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == (7 if grouped else 4), "no row breaks"
    assert sum("interrupted      12  val_acc 0.9877" in line for line in lines) == 2


def test_list_as_json_with_filters(runs_dir):
    def names(*arguments):
        return [
            row["name"]
            for row in json.loads(invoke("list", "--runs-dir", runs_dir, "--format=json", *arguments).output)
        ]

    assert names() == [LONG, "cnn"]
    assert names("--limit", 1) == [LONG]
    assert names("--limit", 0) == [LONG, "cnn"]
    assert names("--project", "course") == ["cnn"]
    assert names("--status", "done") == []


def test_empty_list(tmp_path):
    result = invoke("list", "--runs-dir", tmp_path)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "shapenet train" in result.stderr
    assert json.loads(invoke("list", "--runs-dir", tmp_path, "--format", "json").output) == []


def test_show(runs_dir):
    out = invoke("show", "cnn", "--runs-dir", runs_dir).output
    assert out.startswith("cnn  interrupted\n")
    assert "val_accuracy 0.9877 in epoch 2" in out
    epochs = [line.split() for line in out.splitlines() if line.strip()[:1] in set("*…0123456789")]
    assert [row[0] for row in epochs] == ["*", "…", "8", "9", "10", "11", "12", "*"]
    assert epochs[2] == ["8", "0.1250", "-"]


def test_show_takes_the_newest_by_default(runs_dir):
    assert json.loads(invoke("show", "--runs-dir", runs_dir, "--format", "json").output)["name"] == LONG


def test_show_fits_a_narrow_terminal(runs_dir):
    run = add_run(runs_dir, "x" * 80, 9, command=["shapenet", "train", "--config", "Q" * 200], error="e" * 100)
    lines = as_text(run_view(show_run(run)), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.count("Q") for line in lines) == 200, "a command is never cut"


FIVE = ("accuracy", "top_k_categorical_accuracy", "precision", "recall", "auc")


def run_with_five_metrics(runs_dir):
    run = add_run(runs_dir, "five", 9, best=Best(epoch=2, monitor="val_recall", value=0.5))
    names = ["loss", *FIVE, "val_loss", *(f"val_{name}" for name in FIVE), "learning_rate", "images_per_second"]
    rows = [{"epoch": n, **{name: n + k / 100 for k, name in enumerate(names)}} for n in range(1, 13)]
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = {"epoch": 2, "loss": 0.125, **dict.fromkeys(FIVE, 0.25), "recall": 0.75, "num_examples": 9}
    for split in ("test", f"data-123456-{'far-' * 7}away"):
        run.eval_metrics(split).parent.mkdir(parents=True)
        run.eval_metrics(split).write_text(json.dumps(figures))
    return run, names


def test_show_leaves_out_whole_columns_in_a_narrow_terminal(runs_dir):
    run, names = run_with_five_metrics(runs_dir)
    lines = as_text(run_view(show_run(run)), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    start = next(index for index, line in enumerate(lines) if line.split()[:2] == ["epoch", "loss"])
    heading = lines[start].split()
    assert heading[:3] == ["epoch", "loss", "acc"]
    assert heading[-2:] == ["val_loss", "val_recall"]
    rows = [line.split() for line in lines[start + 2 :] if line.strip()[:1].isdigit()]
    assert [row[:2] for row in rows] == [[f"{n}", f"{n}.0000"] for n in range(8, 13)]
    assert [row[-1] for row in rows] == [f"{n + names.index('val_recall') / 100:.4f}" for n in range(8, 13)]
    assert not any("…" in word for row in rows for word in row)
    assert sum("images_per_second" in line for line in lines) == 1, "what is left out is named"


def test_figures_of_evaluations_are_never_cut(runs_dir):
    run, _ = run_with_five_metrics(runs_dir)
    lines = as_text(run_view(show_run(run)), width=80).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("evaluated on"))
    heading, data, test = (lines[start + number].split() for number in (0, 2, 3))
    assert heading[2:5] == ["epoch", "loss", "accuracy"]
    assert "recall" in heading
    assert test[:4] == ["test", "2", "0.1250", "0.2500"]
    assert test[heading.index("recall") - 1] == "0.7500"
    assert data[0].startswith("data-123456-")
    assert data[1:] == test[1:]


def test_show_in_a_pipe_leaves_out_nothing(runs_dir):
    run, _ = run_with_five_metrics(runs_dir)
    text = as_text(run_view(show_run(run)))
    assert "too wide" not in text
    assert "away" in text
    assert all(name in text for name in ("val_auc", "lr", "img/s", "num_examples"))


def test_names_can_not_steer_the_terminal(runs_dir):
    run = add_run(runs_dir, "evil\x1b[2J\nname", 9, project="[red]x[/red]")
    text = as_text(runs_table(list_runs(runs_dir)), run_view(show_run(run)))
    assert "\x1b" not in text
    assert "evil�[2J name" in text
    assert "[red]x[/red]" in text


def test_unknown_run_is_a_run_error(runs_dir):
    with pytest.raises(RunError, match="did you mean cnn"):
        invoke("show", "cnnn", "--runs-dir", runs_dir)


def test_every_status_has_a_colour_and_can_be_chosen(runs_dir):
    for status in get_args(RowStatus):
        assert invoke("list", "--runs-dir", runs_dir, "--status", status).exit_code == 0
    assert set(_STYLES) == set(get_args(RowStatus))


def test_text_in_brackets_is_no_markup(runs_dir):
    error = "error[training/diverged]: the loss became nan\n  help: :smile: [/plug/in.py] [bold]x"
    run = add_run(runs_dir, "evil", 9, command=["shapenet", "-o", "plugins=[/plug/in.py]"], error=error)
    run.metrics.write_text('{"epoch": "[/x]", "loss": "[/y]", "[/z]": 1}\n')
    text = as_text(run_view(show_run(run)))
    assert "error[training/diverged]: the loss became nan\n" in text
    assert "help: :smile: [/plug/in.py] [bold]x\n" in text
    assert "'plugins=[/plug/in.py]'" in text
    assert all(name in text for name in ("[/x]", "[/y]", "[/z]"))


@pytest.mark.parametrize("command", ["list", "show"])
def test_nothing_heavy_is_imported(runs_dir, command):
    code = (
        "import sys; from shapenet.cli.runs import runs; runs(sys.argv[1:], standalone_mode=False);"
        "sys.exit(str({'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, "--runs-dir", runs_dir], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == ["set()"]
    assert "cnn" in done.stdout or LONG in done.stdout
