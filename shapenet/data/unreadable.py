"""One error for all records that can't be read: those with the same fault stand in one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shapenet.data.files.faults import MAX_LISTED, listing
from shapenet.errors import DataError, Place, Problem
from shapenet.words import counted

_SKIP = "data.on_bad: skip leaves them out, if they are few"


@dataclass(frozen=True)
class OtherSize(Problem):
    """An image of another size than the first.

    Attributes:
        what: Its path as it is listed.
        like: The field whose first value all must be like: ``image``.
        expected: The first one's size, height x width.
        received: Its own.
    """

    what: str = ""
    like: str = "image"
    expected: str = ""
    received: str = ""


def unreadable(
    problems: Sequence[Problem], num_records: int, described: str, max_bad_fraction: float | None = None
) -> DataError:
    """The error for records that can't be read.

    Args:
        problems: Why each of them can't be read, in the order of the records; at least one.
        num_records: Number of all records.
        described: What to call their source.
        max_bad_fraction: How large a part of the records may be unreadable, 0 to 1; None where that can't be asked for.
    """
    groups: dict[tuple[object, ...], list[Problem]] = {}
    for problem in problems:
        like = problem.like if isinstance(problem, OtherSize) else None
        groups.setdefault((problem.code, problem.hint, like), []).append(problem)
    hint = _SKIP if max_bad_fraction == 0 else None
    found = [_joined(group, num_records, described, hint) for group in groups.values()]
    if max_bad_fraction:
        share = len(problems) / num_records
        what = f"{len(problems):,} of {counted(num_records, 'record')} can't be read ({share:.3g})"
        limit = f"expected at most data.max_bad_fraction, {max_bad_fraction:g} of them"
        found.append(Problem("data/unreadable", f"{what}: {limit}", Place(described)))
    return DataError(found)


def _joined(group: Sequence[Problem], num_records: int, described: str, hint: str | None) -> Problem:
    """One problem in the place of several."""
    first = group[0]
    if len(group) == 1:
        return first
    items = [(_line(problem, described), _text(problem, described)) for problem in group[:MAX_LISTED]]
    items += [(None, "")] * (len(group) - len(items))  # these are counted only
    place = Place(described, items[0][0])
    if isinstance(first, OtherSize):
        return Problem(first.code, _sizes(first, group, num_records) + listing(items), place, hint=first.hint)
    message = f"{len(group):,} of {counted(num_records, 'record')} can't be read"
    return Problem(first.code, message + listing(items), place, hint=first.hint or hint)


def _line(problem: Problem, described: str) -> int | None:
    """The line of the source's own list in which the record stands."""
    return problem.place.line if problem.place and problem.place.file == described else None


def _text(problem: Problem, described: str) -> str:
    text = f"{problem.what} is {problem.received}" if isinstance(problem, OtherSize) else problem.message
    return text if problem.place is None or _line(problem, described) is not None else f"{problem.place}: {text}"


def _sizes(first: OtherSize, group: Sequence[Problem], num_records: int) -> str:
    """Which sizes there are, the most frequent first."""
    counts = Counter(problem.received for problem in group if isinstance(problem, OtherSize))
    counts[first.expected] = num_records - len(group)
    sizes = ", ".join(f"{size} ({count:,})" for size, count in counts.most_common(MAX_LISTED))
    more = f" and {len(counts) - MAX_LISTED:,} more" if len(counts) > MAX_LISTED else ""
    expected = f"expected {first.expected} pixels (height x width) like the first {first.like}"
    return f"{expected}, received {len(counts):,} sizes: {sizes}{more}"
