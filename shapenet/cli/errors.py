"""Errors as a user meets them: lines or JSON on stderr, and an exit code."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

import click

from shapenet import __version__
from shapenet.cli.options import wants_colour
from shapenet.errors import (
    ConfigError,
    MachineError,
    Place,
    Problem,
    RunInterruptedError,
    ShapenetError,
    did_you_mean,
)

_MACHINE_REFUSES = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
_COMMAND_LINE = Place("command line")


class BugError(ShapenetError):
    """Something that no user should meet."""

    exit_code = 70


def report(error: BaseException, *, debug: bool, as_json: bool) -> int:
    """Write an error to stderr.

    Args:
        error: What was raised.
        debug: Write the traceback too.
        as_json: Write one line of JSON instead of text.

    Returns:
        The exit code.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not as_json:
        error.show()
        return error.exit_code
    explained = explain(error)
    trace = "".join(traceback.format_exception(error)) if debug else None
    if as_json:
        content: dict[str, Any] = {
            "errors": [problem_json(problem) for problem in explained.problems],
            "exit_code": explained.exit_code,
        }
        _write(json.dumps({**content, "traceback": trace} if trace else content, ensure_ascii=False))
    else:
        if trace:
            _write(trace.rstrip("\n"))
        echo_problems(explained.problems)
    return explained.exit_code


def echo_problems(problems: Iterable[Problem]) -> None:
    """Write each problem to stderr, and their number where there are several."""
    from shapenet.cli.render.console import stderr_width

    shown, width = list(problems), stderr_width()
    for problem in shown:
        for line in _lines(problem, width):
            _write(line)
    if len(shown) > 1:
        _write(click.style(f"{len(shown):,} errors", bold=True))


def _lines(problem: Problem, width: int | None) -> Iterator[str]:
    from shapenet.cli.render.console import message_lines, printable

    code, place = f"error[{printable(problem.code)}]", printable(problem.place or "")
    where = f"{place}: " if place else ""
    first, *others = message_lines(problem.message, before=len(f"{code}: {where}"), width=width)
    styled = f"{click.style(place, bold=True)}: " if place else ""
    yield f"{click.style(code, fg='red', bold=True)}: {styled}{first}"
    yield from others
    if problem.hint:
        first, *others = message_lines(problem.hint, before=len("  help: "), width=width)
        yield f"  {click.style('help', fg='cyan')}: {first}"
        yield from others


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON holds it."""
    place = problem.place
    return {
        "code": problem.code,
        "message": problem.message,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "key": list(problem.key),
        "help": problem.hint,
    }


def explain(error: BaseException) -> ShapenetError:
    """What was raised, in the words of a user."""
    if isinstance(error, ShapenetError):
        return error
    if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
        return RunInterruptedError(2, "SIGINT received")
    if isinstance(error, click.ClickException):
        return ConfigError([_usage_problem(error)])
    if isinstance(error, MemoryError):
        hint = "close other programs, or use smaller images, batches or models"
        return MachineError("machine/memory", "the memory does not suffice", hint=hint)
    if isinstance(error, OSError) and error.errno in _MACHINE_REFUSES:
        place = Place(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
        return MachineError("machine/io", error.strerror or type(error).__name__, place=place)
    summary = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return BugError("bug", f"this is a bug in shapenet: {summary[:500]}", hint=_saved_traceback(error))


def _usage_problem(error: click.ClickException) -> Problem:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "shapenet"
    see = f"{path} --help shows how to call it"
    code, message, hint = "usage/other", error.message[:1].lower() + error.message[1:].rstrip("."), None
    if isinstance(error, click.exceptions.NoArgsIsHelpError) or message == "missing command":
        code, message = "usage/missing-command", f"{path} needs a command"
    elif isinstance(error, click.NoSuchOption):
        code, message = "usage/unknown-option", f"{path} has no option {error.option_name}"
        hint = _nearest_option(error.option_name, context)
    elif isinstance(error, click.MissingParameter):
        code, message = "usage/missing", f"{path} needs {_named(error.param)}"
    elif isinstance(error, click.BadParameter):
        code, message = "usage/value", f"{_named(error.param)}: {error.message.rstrip('.')}"
    elif (name := getattr(error, "command_name", None)) is not None:
        code, message = "usage/unknown-command", f"{path} has no command {name!r}"
        hint = _nearest_command(name, context)
    elif isinstance(error, click.BadOptionUsage):
        code = "usage/value"
    return Problem(code, message, _COMMAND_LINE, hint=hint or see)


def _named(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return "an option"
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return (parameter.name or "an argument").upper()


def _nearest_option(name: str, context: click.Context | None) -> str | None:
    if context is None:
        return None
    if context.parent is not None and name in _options(context.find_root()):
        return f"it stands before the command: shapenet {name} {context.info_name}"
    return did_you_mean(name, _options(context))


def _options(context: click.Context) -> list[str]:
    parameters = context.command.get_params(context)
    return [name for parameter in parameters if isinstance(parameter, click.Option) for name in parameter.opts]


def _nearest_command(name: str, context: click.Context | None) -> str | None:
    if context is None or not isinstance(context.command, click.Group):
        return None
    return did_you_mean(name, context.command.list_commands(context))


def _saved_traceback(error: BaseException) -> str:
    """Write the traceback to a new file; returns what to do with it."""
    lines = [
        f"shapenet {__version__}, Python {sys.version.split()[0]} on {sys.platform}\n",
        f"command: {sys.argv}\n\n",
        *traceback.format_exception(error),
    ]
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="shapenet-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.writelines(lines)
    except OSError as failure:
        return f"the traceback can't be saved ({failure}); --debug shows it: please report it with your config"
    return f"please report it to shapenet's maintainers, with your config and the traceback in {file.name}"


def _write(text: str) -> None:
    """A line on stderr, coloured on a terminal."""
    click.echo(text, err=True, color=None if wants_colour() else False)
