"""Running the command line inside the test's own process."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from shapenet.cli import main


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run ``shapenet ARGUMENTS...`` as the console script would."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["shapenet", *map(str, arguments)])
        code = main()
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run
