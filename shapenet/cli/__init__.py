"""The command `shapenet`: finds the subcommand, reports what goes wrong, gives the exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import click

from shapenet import __version__
from shapenet.cli.options import wants_colour
from shapenet.interruption import Interruption, heeded

_NO_READER = 128 + 13  # what a process ends with that SIGPIPE killed


class _Lazy(NamedTuple):
    """Where a command stands, and the first line of its help, so that listing imports nothing."""

    target: str
    help: str


_COMMANDS = {
    "train": _Lazy("shapenet.cli.train:train", "Train the model that a config describes, or go on in a run."),
    "eval": _Lazy("shapenet.cli.eval:evaluate_run", "Evaluate the best model of a run."),
    "sweep": _Lazy("shapenet.cli.sweep:sweep", "Train every trial of a sweep."),
    "lr-find": _Lazy("shapenet.cli.lr_find:lr_find", "Find a learning rate for a config."),
    "validate": _Lazy("shapenet.cli.validate:validate", "Check configs without training."),
    "check": _Lazy("shapenet.cli.check:check", "Check that a config can learn, before it trains for long."),
    "list": _Lazy("shapenet.cli.list:list_parts", "List what a config may name."),
    "data": _Lazy("shapenet.cli.data:data", "Make data sets, convert them, look at them."),
    "runs": _Lazy("shapenet.cli.runs:runs", "Look at runs."),
}


class _Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of their use."""
        return [*_COMMANDS]  # not list(): the module shapenet.cli.list has taken that name here

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what click would take for an abort keeps its own meaning."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _Signalled(signal.SIGINT) from None
        except BrokenPipeError as error:
            raise _NoReaderError from error
        except EOFError as error:
            raise RuntimeError("a file or a pipe ended unexpectedly") from error


class _Signalled(BaseException):
    """A signal arrived; a BaseException, so that nothing but clean-up takes notice."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _NoReaderError(Exception):
    """Whoever read our output has gone."""


_HELP = """Experiments on Keras, driven by YAML.

\b
shapenet train --config configs/demo.yaml   trains a model
shapenet eval                               evaluates the newest one
"""


@click.group(cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="shapenet %(version)s", help="Show the version.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="How to write errors.",
)  # fmt: skip
@click.pass_context
def shapenet(context: click.Context, debug: bool, form: str) -> None:
    """Set how errors and colours are shown; the help text stands above."""
    if not wants_colour():
        context.color = False


def main() -> int:
    """Run the command line ``sys.argv``; errors are reported here, and nowhere else.

    Returns:
        The exit code.
    """
    arguments = sys.argv[1:]
    try:
        with _terminated_in_order():
            code = shapenet.main(arguments, prog_name="shapenet", standalone_mode=False)
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (_NoReaderError, BrokenPipeError):
        _drop_output()
        return _NO_READER
    except SystemExit:
        raise
    except BaseException as error:
        return _report(error, arguments)


def run() -> NoReturn:
    """The console script: `main`, then the end of the process at once.

    The interpreter would take 0.7 s to free TensorFlow piece by piece, which the system does in no time.
    All files are closed by then; only what the standard streams hold is still to be written.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads any more; main has said what there is to say
            stream.flush()
    os._exit(code)


def _report(error: BaseException, arguments: list[str]) -> int:
    from shapenet.cli.errors import report
    from shapenet.errors import RunInterruptedError

    if isinstance(error, _Signalled):
        error = RunInterruptedError(error.number, f"{signal.Signals(error.number).name} received")
    context = shapenet.make_context("shapenet", [*arguments], resilient_parsing=True)
    try:
        return report(error, debug=bool(context.params.get("debug")), as_json=context.params.get("form") == "json")
    except BrokenPipeError:
        _drop_output()
        return getattr(error, "exit_code", _NO_READER)


@contextmanager
def _terminated_in_order() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise while the block lasts, so that temporary folders are removed.

    A second SIGINT raises wherever it comes; a second SIGTERM kills.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()
    interruption = Interruption()

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        if os.getpid() != process:  # a forked child ends as if there were no handler
            raise KeyboardInterrupt
        interruption.ask(KeyboardInterrupt(), frame)

    def terminate(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != process:
            os.kill(os.getpid(), number)
        interruption.ask(_Signalled(number), frame)

    with interruption:
        handlers = {signal.SIGTERM: terminate, **dict.fromkeys(heeded(signal.SIGINT), interrupt)}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _drop_output() -> None:
    """Send what is still to be written nowhere, since the interpreter would complain at its end."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 -- a device
        for stream in (sys.stdout, sys.stderr):
            try:
                os.dup2(nowhere.fileno(), stream.fileno())
            except (OSError, ValueError):  # a stream in memory
                continue
