"""One pass over all records in blocks, which collects what can't be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, TypeVar

from shapenet.data.records import Records, UnreadableError
from shapenet.data.unreadable import unreadable
from shapenet.data.workers import Block, available_cores, run_blocks
from shapenet.errors import Problem

_Result = TypeVar("_Result")

_WORTH_A_POOL_RECORDS = 1000


def each_block(
    function: Callable[..., _Result],
    records: Records,
    context: tuple[Any, ...],
    blocks: Sequence[Block],
    progress: Callable[[Block], None],
) -> list[_Result]:
    """Call ``function(records, *context, start, stop)`` for every block, in parallel if it is worth it.

    Args:
        function: A module's function; it may raise `UnreadableError`.
        records: What it reads.
        context: More arguments, sent to each process once.
        blocks: The ranges to do; positions of records, or whatever `function` takes.
        progress: Called with each block that is done.

    Returns:
        What it returned for each block, in their order.

    Raises:
        DataError: Records can't be read; see `shapenet.data.unreadable`.
        MachineError: A worker was killed.
    """
    num_workers = available_cores() if len(records) >= _WORTH_A_POOL_RECORDS else 1
    results: dict[Block, _Result] = {}
    faults: dict[int, Problem] = {}
    with closing(run_blocks(_guarded, (function, records, context), blocks, num_workers)) as done:
        for block, outcome in done:
            if isinstance(outcome, UnreadableError):
                faults.update(outcome.faults)
            else:
                results[block] = outcome
            progress(block)
    if faults:
        raise unreadable([faults[position] for position in sorted(faults)], len(records), records.describe)
    return [results[block] for block in blocks]


def _guarded(function: Callable[..., Any], records: Records, context: tuple[Any, ...], start: int, stop: int) -> Any:
    try:
        return function(records, *context, start, stop)
    except UnreadableError as error:
        return error
