"""Blocks of work over processes that end when they should."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from shapenet.errors import MachineError
from shapenet.interruption import signals_held
from shapenet.plugins import load_plugins, loaded_plugins

Block = tuple[int, int]
"""A range of indices: the first, and the one after the last."""

_Result = TypeVar("_Result")

_FEW_BLOCKS = 8
"""Starting processes takes about as long as doing so many blocks."""

_AHEAD = 3
"""So many blocks wait for each process, so that it has some while this one does its own."""

_work: dict[str, Any] = {}
"""What a worker process was started for."""


def blocks_of(num_items: int, size: int) -> list[Block]:
    """The ranges of `size`, the last one perhaps shorter, that make up ``range(num_items)``."""
    return [(start, min(start + size, num_items)) for start in range(0, num_items, size)]


def run_blocks(
    function: Callable[..., _Result], context: tuple[Any, ...], blocks: Sequence[Block], num_workers: int | None
) -> Generator[tuple[Block, _Result], None, None]:
    """Call ``function(*context, start, stop)`` for every block, in any order.

    Closing the iterator, as an error or Ctrl-C does, lets the running blocks finish, drops the
    others and ends the processes.

    Args:
        function: A module's function.
        context: Its first arguments, sent to each process once.
        blocks: The ranges to do.
        num_workers: Number of processes, this one among them; None: by cores and blocks.

    Yields:
        Each block that is done, and what the function returned.

    Raises:
        MachineError: A worker was killed.
    """
    if num_workers is None:
        num_workers = available_cores() if len(blocks) > _FEW_BLOCKS else 1
    num_workers = min(num_workers, len(blocks))
    if num_workers > 1:
        yield from _run_in_processes(function, context, blocks, num_workers)
        return
    for start, stop in blocks:
        yield (start, stop), function(*context, start, stop)


def available_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run_in_processes(
    function: Callable[..., _Result], context: tuple[Any, ...], blocks: Sequence[Block], num_workers: int
) -> Iterator[tuple[Block, _Result]]:
    """This process is one of them: it works while the others start, and whenever nothing is to be handed on."""
    executor = start_workers(function, context, num_workers - 1)
    waiting = deque(blocks)
    pending: dict[Future[_Result], Block] = {}
    done: SimpleQueue[Future[_Result]] = SimpleQueue()
    try:
        with worker_errors():
            while waiting or pending:
                while waiting and len(pending) < _AHEAD * (num_workers - 1):
                    with signals_held(signal.SIGINT):
                        future = executor.submit(run_in_worker, *waiting[0])
                        pending[future] = waiting.popleft()
                    future.add_done_callback(done.put)
                if waiting and done.empty():
                    block = waiting.popleft()
                    yield block, function(*context, *block)
                else:
                    future = done.get()
                    yield pending.pop(future), future.result()
    finally:
        with signals_held(signal.SIGINT):
            executor.shutdown(cancel_futures=True)


def start_workers(function: Callable[..., Any], context: tuple[Any, ...], num_workers: int) -> ProcessPoolExecutor:
    """Processes that call ``function(*context, *arguments)`` for whatever `run_in_worker` is submitted with.

    They start with the first submission, which `signals_held` must enclose, and end with this
    process even if it is killed.

    Args:
        function: A module's function.
        context: Its first arguments, sent to each process once.
        num_workers: Number of processes.
    """
    # Spawned, not forked: the process that calls may have TensorFlow's threads.
    return ProcessPoolExecutor(
        num_workers,
        multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(loaded_plugins(), pickle.dumps((function, context))),
    )


@contextmanager
def worker_errors() -> Iterator[None]:
    """Tell of a worker that was killed.

    Raises:
        MachineError: One was.
    """
    try:
        yield
    except BrokenProcessPool as error:
        hint = "it may have run out of memory: close other programs, or use smaller images"
        raise MachineError("machine/worker", "a worker process was killed", hint=hint) from error


def _start(plugins: tuple[Path, ...], pickled: bytes) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    load_plugins(plugins)  # what was pickled may come from them
    function, context = pickle.loads(pickled)  # noqa: S301 -- our own parent wrote it
    _work.update(function=function, context=context)


def _end_with_parent() -> None:
    """A parent that was killed can't tell its workers to stop."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_in_worker(*arguments: Any) -> Any:
    """Call what this process was started for by `start_workers`."""
    return _work["function"](*_work["context"], *arguments)
