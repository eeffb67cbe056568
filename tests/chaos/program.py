"""What the programs of this folder begin and end with: a harness in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.fork_server import NoCompilerError


@contextmanager
def harness_in_a_folder(make: Callable[[Path], Any]) -> Iterator[tuple[Any, Path]]:
    """A harness and its folder; where there is no C compiler, the program says so and ends well.

    Args:
        make: Makes the harness in a folder; it is closed at the end.

    Raises:
        SystemExit: There is no compiler.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            harness = make(Path(folder))
        except NoCompilerError as error:
            print(f"skipped: {error}")
            raise SystemExit(0) from None
        yield harness, Path(folder)
        harness.close()
