"""What went wrong, where, and how to put it right: the errors that shapenet raises."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

Key = tuple[str | int, ...]
"""The road to a value in a config: ``("model", "layers", 2, "Conv2D", "filters")``."""


@dataclass(frozen=True)
class Place:
    """A position in a file, or the name of something that is not a file.

    Attributes:
        file: The file as the user named it, or a name such as ``command line``.
        line: Line, from 1; None where lines make no sense.
        column: Column, from 1; None where columns make no sense.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        code: What kind of problem, as ``group/name``, for example ``config/unknown-key``.
        message: What was expected and what was received.
        place: Where it stands, if known.
        key: The road to it in the config; lets a loader fill in the place.
        hint: How to put it right.
    """

    code: str
    message: str
    place: Place | None = None
    key: Key = ()
    hint: str | None = None

    @property
    def line(self) -> str:
        """Place, message and hint on one line, as a warning is told."""
        return ": ".join(str(part) for part in (self.place, self.message, self.hint) if part)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        text = f"error[{self.code}]: {where}{self.message}"
        return f"{text}\n  help: {self.hint}" if self.hint else text


class ShapenetError(Exception):
    """Base of all errors that a user can cause and put right.

    Args:
        problems: Everything that is wrong, in the order in which to report it; or
            one code and message, with the other attributes of a ``Problem``.
    """

    exit_code = 70

    def __init__(
        self,
        code: str | Iterable[Problem],
        message: str = "",
        *,
        place: Place | None = None,
        key: Key = (),
        hint: str | None = None,
    ) -> None:
        if isinstance(code, str):
            self.problems: tuple[Problem, ...] = (Problem(code, message, place, key, hint),)
        else:
            self.problems = tuple(code)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the problems, so that errors cross from worker processes whole."""
        return type(self), (self.problems,)

    def replacing(self, problems: Iterable[Problem]) -> Self:
        """The same kind of error with other problems, for example with places filled in."""
        return type(self)(problems)

    def under(self, prefix: Key) -> Self:
        """The same error, its keys put below `prefix`."""
        return self.replacing(replace(p, key=(*prefix, *p.key)) for p in self.problems)


class ConfigError(ShapenetError):
    """The config or the command line is wrong."""

    exit_code = 2


class DataError(ShapenetError):
    """The data is missing, damaged or unfit."""

    exit_code = 3


class RunError(ShapenetError):
    """A run, a checkpoint or a model can't be used."""

    exit_code = 4


class MachineError(ShapenetError):
    """The machine refuses: disk, permissions, memory or device."""

    exit_code = 5


class DivergedError(ShapenetError):
    """Training reached a loss that is not a finite number."""

    exit_code = 6


class RunInterruptedError(ShapenetError):
    """A signal ended the command, or the run after its state was saved.

    Args:
        signal_number: 2 (SIGINT) or 15 (SIGTERM); the exit code is 128 more.
        message: Which signal came; of a run, what was saved, and where.
        hint: How to go on.
    """

    def __init__(self, signal_number: int, message: str, hint: str | None = None) -> None:
        super().__init__("run/interrupted", message, hint=hint)
        self.exit_code = 128 + signal_number

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.exit_code - 128, self.problems[0].message, self.problems[0].hint)

    def replacing(self, problems: Iterable[Problem]) -> Self:
        """The same interruption with another message."""
        first = next(iter(problems))
        return type(self)(self.exit_code - 128, first.message, first.hint)


def did_you_mean(name: object, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known names, or lists them all if they are few.

    Args:
        name: What was received.
        known: What would have been right.

    Returns:
        ``did you mean NAME?``, ``one of: A, B, C``, or None if nothing helps.
    """
    choices = sorted(set(known))
    lowered = {choice.lower(): choice for choice in choices}
    written = str(name).lower()
    matches = [written] if written in lowered else difflib.get_close_matches(written, lowered, n=3, cutoff=0.6)
    if matches:
        return f"did you mean {' or '.join(lowered[match] for match in matches)}?"
    if 0 < len(choices) <= 12:
        return f"one of: {', '.join(choices)}"
    return None
