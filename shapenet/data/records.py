"""What a source gives: records of named, typed fields that any worker can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from shapenet.errors import DataError, Problem
from shapenet.fields import Field

Values = npt.NDArray[Any] | Sequence[npt.NDArray[Any]]
"""Values of one field: an array ``(records, *shape)``, or where the field is ragged one array for each record."""

Arrays = dict[str, Values]
"""Values of every field of some records, by name."""


_notes: ContextVar[Counter[str] | None] = ContextVar("notes", default=None)


def note(text: str) -> None:
    """Say that something is true of the record being read, for example that it is an animation.

    Args:
        text: What is true of it, as it follows "3 records": ``are animations: ...``.
    """
    counts = _notes.get()
    if counts is not None:
        counts[text] += 1


@contextmanager
def collected_notes() -> Iterator[Counter[str]]:
    """Count what is noted while the block lasts."""
    counts: Counter[str] = Counter()
    token = _notes.set(counts)
    try:
        yield counts
    finally:
        _notes.reset(token)


_bears_missing: ContextVar[bool] = ContextVar("bears_missing", default=False)


@contextmanager
def bearing_missing() -> Iterator[None]:
    """Let sources open although files are missing, while the block lasts.

    Their records are counted, and reading them fails as it does for damaged ones.
    """
    token = _bears_missing.set(True)
    try:
        yield
    finally:
        _bears_missing.reset(token)


def missing_is_borne() -> bool:
    """Whether a source should open although files are missing."""
    return _bears_missing.get()


_bears_unlabelled: ContextVar[Literal["no", "all", "some"]] = ContextVar("bears_unlabelled", default="no")


@contextmanager
def bearing_unlabelled(*, some: bool) -> Iterator[None]:
    """Let sources open although they say no class of their records, while the block lasts.

    Such records have no classes, and the label 0 each.

    Args:
        some: Bear it too that they say it of some of their records, and forget it then.
    """
    token = _bears_unlabelled.set("some" if some else "all")
    try:
        yield
    finally:
        _bears_unlabelled.reset(token)


def unlabelled_is_borne(*, some: bool = False) -> bool:
    """Whether a source should open although it says no class of its records, or of `some` of them."""
    return _bears_unlabelled.get() in (("some",) if some else ("some", "all"))


class UnreadableError(DataError):
    """Some records can't be read.

    Args:
        faults: Position and problem of each.

    Attributes:
        faults: The same.
    """

    def __init__(self, faults: Mapping[int, Problem]) -> None:
        super().__init__(faults.values())
        self.faults = dict(faults)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.faults,)

    def replacing(self, problems: Iterable[Problem]) -> UnreadableError:
        """The same records with other problems."""
        return UnreadableError(dict(zip(self.faults, problems, strict=True)))


class Records(Protocol):
    """Records that can be read by position, in any process.

    An instance is pickled once per worker process, so it holds names and numbers,
    not pixels, and importing its module imports neither TensorFlow nor Keras.

    Attributes:
        fields: Every field by name. ``image`` is ``(height, width, channels)``;
            ``label`` is an ``int64`` index into `classes`. A ``mask`` is an integer
            ``(height, width, 1)``; other fields are targets of the source's own.
        classes: Class names in label order; none where nothing says the records' classes: all labels are 0 then.
        key: Digest of everything that decides the content: for files their
            paths, sizes and modification times, and the decode options.
        describe: What to call the source in messages, for example its CSV path.
        warnings: What is odd but does not stop us, for the user to read.
        columns: What is known of each record besides its fields, for splitting and
            filtering: column names, each with one text a record.
    """

    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    key: str
    describe: str
    warnings: tuple[str, ...]
    columns: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        """Number of records."""
        ...

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop`: the values of every field.

        Raises:
            UnreadableError: Some of them can't be read; it tells which, and why.
        """
        ...

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all records, known before any image is read. Shape ``(len(self),)``."""
        ...

    def name_of(self, index: int) -> str:
        """What to call a record in messages and predictions, for example its path."""
        ...
