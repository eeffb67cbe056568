"""What goes wrong: the form of errors, and exit codes."""

import json
import os
import re
import signal
import subprocess
import sys

import click
import pytest

from shapenet.cli import _COMMANDS, _Lazy
from shapenet.cli.errors import explain
from shapenet.errors import ConfigError, DataError, Place, Problem, RunInterruptedError


@pytest.fixture
def failing(cli, monkeypatch, tmp_path):
    """Run ``shapenet [OPTIONS] fail``, where the command does what is given."""

    def run(action, *options):
        @click.command("fail")
        def fail():
            """Fail."""
            action()

        module = type(sys)("failing")
        module.fail = fail
        monkeypatch.setitem(sys.modules, "failing", module)
        monkeypatch.setitem(_COMMANDS, "fail", _Lazy("failing:fail", "Fail."))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        return cli(*options, "fail")

    return run


def raising(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ("arguments", "code", "message", "help_text"),
    [
        ("trian", "unknown-command", "shapenet has no command 'trian'", "did you mean train?"),
        ("runs lits", "unknown-command", "shapenet runs has no command 'lits'", "did you mean list?"),
        ("train --confg x", "unknown-option", "shapenet train has no option --confg", "did you mean --config?"),
        ("--debgu", "unknown-option", "shapenet has no option --debgu", "did you mean --debug?"),
        (
            "train --debug", "unknown-option", "shapenet train has no option --debug",
            "it stands before the command: shapenet --debug train",
        ),
        ("--format text", "missing-command", "shapenet needs a command", "shapenet --help shows how to call it"),
        ("train", "missing", "shapenet train needs --config", "shapenet train --help shows how to call it"),
        (
            "data join -o x", "missing", "shapenet data join needs INPUTS",
            "shapenet data join --help shows how to call it",
        ),
        (
            "eval --split tset", "value", "--split: 'tset' is not one of 'test', 'val', 'train'",
            "shapenet eval --help shows how to call it",
        ),
        ("train --config", "value", "option '--config' requires an argument", "shapenet --help shows how to call it"),
        ("eval x", "other", "got unexpected extra argument (x)", "shapenet eval --help shows how to call it"),
    ],
)  # fmt: skip
def test_usage_errors(arguments, code, message, help_text, cli):
    done = cli(*arguments.split())
    assert done.err == f"error[usage/{code}]: command line: {message}\n  help: {help_text}\n"
    assert (done.code, done.out) == (2, "")


def test_several_problems_and_their_count(failing):
    problems = [Problem("data/a", "first", Place("x.csv", 3, 4), hint="do this"), Problem("data/b", "second")]
    done = failing(raising(DataError(problems)))
    assert done.err == "error[data/a]: x.csv:3:4: first\n  help: do this\nerror[data/b]: second\n2 errors\n"
    assert done.code == 3


def test_text_from_files_can_not_steer_the_terminal(failing):
    error = ConfigError("config/x", "\x1b[2Jgone\r\nnew", place=Place("a\x1b]0;b\x07"), hint="\x9b1m")
    done = failing(raising(error))
    assert done.err == "error[config/x]: a�]0;b�: �[2Jgone\n  new\n  help: �1m\n"


def test_json(failing):
    error = ConfigError("config/x", "wrong: “twice”", place=Place("a.yaml", 2), key=("model", "layers", 0), hint="so")
    done = failing(raising(error), "--format", "json")
    assert json.loads(done.err) == {
        "errors": [
            {
                "code": "config/x", "message": "wrong: “twice”", "file": "a.yaml", "line": 2, "column": None,
                "key": ["model", "layers", 0], "help": "so",
            }
        ],
        "exit_code": 2,
    }  # fmt: skip
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["trian"], ["train", "--bogus"], ["--bogus"], []])
def test_usage_errors_as_json(arguments, cli):
    done = cli("--format", "json", *arguments)
    assert json.loads(done.err)["errors"][0]["code"].startswith("usage/")
    assert done.code == 2


def test_a_bug_leaves_a_traceback_and_says_how_to_report_it(failing, tmp_path):
    done = failing(lambda: {}["nothing"])
    assert done.code == 70
    (saved,) = tmp_path.glob("shapenet-bug-*.txt")
    assert done.err.splitlines() == [
        "error[bug]: this is a bug in shapenet: KeyError: 'nothing'",
        f"  help: please report it to shapenet's maintainers, with your config and the traceback in {saved}",
    ]
    text = saved.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in text
    assert "command: ['shapenet', 'fail']" in text


def test_a_bug_without_a_place_for_the_traceback(failing, monkeypatch, tmp_path):
    def action():
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
        raise ValueError

    done = failing(action)
    assert done.code == 70
    assert "--debug shows it" in done.err


@pytest.mark.parametrize("options", [["--debug"], ["--debug", "--format", "json"]])
def test_debug_shows_the_traceback(failing, options):
    done = failing(raising(ConfigError("config/x", "wrong")), *options)
    assert "Traceback (most recent call last)" in done.err
    assert "in action" in done.err
    assert done.code == 2


def test_without_debug_there_is_no_traceback(failing):
    assert "Traceback" not in failing(raising(ConfigError("config/x", "wrong"))).err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_clean_up_and_end_with_their_code(failing, number, code):
    cleaned = []
    before = signal.getsignal(signal.SIGTERM)

    def action():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        except Exception as error:
            raise AssertionError("nothing may take a signal for an error") from error
        finally:
            cleaned.append(True)

    done = failing(action)
    assert done.code == code
    assert done.err == f"error[run/interrupted]: {signal.Signals(number).name} received\n"
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_interrupted_run_ends_with_the_code_of_its_signal(failing):
    done = failing(raising(RunInterruptedError(15, "saved in runs/x")))
    assert (done.code, done.err) == (143, "error[run/interrupted]: saved in runs/x\n")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MemoryError(), 5, "error[machine/memory]"),
        (OSError(28, "No space left on device", "/full/x"), 5, "error[machine/io]: /full/x: No space left on device"),
        (EOFError(), 70, "ended unexpectedly"),
        (click.Abort(), 130, "SIGINT"),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
    ],
)
def test_other_exceptions(failing, error, code, text):
    done = failing(raising(error))
    assert done.code == code
    assert text in done.err
    assert bool(text) == bool(done.err)


def test_a_reader_that_goes_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "shapenet", "list", "layer"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, b"")


def test_colour_is_for_terminals_without_no_color(tmp_path):
    def run(**environment):
        reader, terminal = os.openpty()
        command = [sys.executable, "-m", "shapenet", "trian"]
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        subprocess.run(
            command, stderr=terminal, env={**clean, "TERM": "xterm", **environment}, check=False, cwd=tmp_path
        )
        os.close(terminal)
        text = os.read(reader, 10_000).decode()
        os.close(reader)
        return text

    coloured, plain = run(), run(NO_COLOR="1")
    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_usage_errors_of_no_context_are_explained():
    problem = explain(click.UsageError("Something Odd.")).problems[0]
    assert (problem.message, problem.hint) == ("something Odd", "shapenet --help shows how to call it")


def test_module_runs_the_command_line():
    done = subprocess.run([sys.executable, "-m", "shapenet", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("shapenet ")


def test_lists_in_messages_keep_their_lines(failing):
    message = "2 files are missing\n  line 2: a.png\n  line 3: b.png"
    done = failing(raising(DataError("data/x", message, place=Place("x.csv", 2), hint="put them\nback")))
    assert done.err == (
        "error[data/x]: x.csv:2: 2 files are missing\n  line 2: a.png\n  line 3: b.png\n  help: put them\n  back\n"
    )
