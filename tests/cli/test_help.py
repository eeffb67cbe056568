"""The help texts, as golden files: UPDATE_GOLDEN=1 writes them anew."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shapenet import __version__
from shapenet.cli import _COMMANDS

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
COMMANDS = [
    "",
    "train",
    "eval",
    "validate",
    "check",
    "list",
    "data",
    "data generate",
    "data join",
    "data convert",
    "data pack",
    "data info",
    "data preview",
    "data check",
    "runs",
    "runs list",
    "runs show",
    "runs gc",
    "sweep",
    "lr-find",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_recorded(command):
    # In a process of its own, since click remembers how a command was called first.
    line = [sys.executable, "-m", "shapenet", *command.split(), "--help"]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    path = GOLDEN / f"help_{command.replace(' ', '_') or 'shapenet'}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == path.read_text(encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if len(line) > 80 and "[square|" not in line] == []


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_table_of_commands_says_what_each_says_itself(name):
    module, _, attribute = _COMMANDS[name].target.partition(":")
    if importlib.util.find_spec(module) is None:
        pytest.skip("not there yet")
    command = getattr(importlib.import_module(module), attribute)
    assert command.get_short_help_str(limit=80) == _COMMANDS[name].help
    assert command.name == name


def test_short_help_and_version(cli):
    assert cli("train", "-h").out == cli("train", "--help").out
    assert cli("--version").out == f"shapenet {__version__}\n"


@pytest.mark.parametrize("command", [[], ["data"], ["runs"]])
def test_a_group_without_a_command_shows_its_help_on_stderr(command, cli):
    done = cli(*command)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: shapenet")
