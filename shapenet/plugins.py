"""Plug-in files: Python modules of the user's own, named by their paths."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NoReturn

from shapenet.errors import ConfigError, Place

_loaded: list[Path] = []


def load_plugins(paths: Iterable[Path]) -> None:
    """Run plug-in files, each once a process, and remember that this user has run them.

    Each becomes a module in `sys.modules` under a name that follows from its path alone, so
    that its objects can be pickled for another process that has loaded it too.

    Args:
        paths: Python files that register entries.

    Raises:
        ConfigError: A file is missing or fails.
    """
    for path in map(Path.resolve, paths):
        if path not in _loaded:
            _load(path)


def loaded_plugins() -> tuple[Path, ...]:
    """The plug-in files that this process has run, in order."""
    return tuple(_loaded)


def was_run(path: Path) -> bool:
    """Whether this user has run just this plug-in file before, at this path and with this content.

    What a run directory names may come from anywhere, and so may the run directory. That
    somebody has passed the file to shapenet is known only outside of it.
    """
    try:
        return _digest(path) in _run_before().read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return False


def _run_before() -> Path:
    """The list of what was run, by digests; in the user's state, which no other user shares."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "shapenet" / "plugins"


def _remember(digest: str) -> None:
    """Add to the list of what was run; where it can't be written, the user is asked again."""
    path = _run_before()
    with suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or digest not in path.read_text(encoding="ascii").split():
            with path.open("a", encoding="ascii") as file:
                file.write(f"{digest}\n")


def _digest(path: Path) -> str:
    """Of path and content: the same text elsewhere may load other files beside it."""
    digest = hashlib.sha256(bytes(path.resolve()) + b"\0")
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


class _FromSource(SourceFileLoader):
    """Compiles the text that the user can read; bytecode that lies beside it may be of another one."""

    def path_stats(self, path: str) -> NoReturn:
        """Without a time of change no bytecode is looked for, and none written."""
        raise OSError(path)


def _load(path: Path) -> None:
    if not path.is_file():
        raise ConfigError("config/plugin", f"there is no plug-in file {path}")
    digest = _digest(path)
    name = f"shapenet_plugin_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise ConfigError("config/plugin", f"expected a Python file, *.py, received {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise broken_plugin("the plug-in", error, _place_in(path, error)) from error
    _loaded.append(path)
    _remember(digest)


def _place_in(path: Path, error: Exception) -> Place:
    """The last line of `path` that took part in `error`."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    return Place(str(path), line)


def broken_plugin(what: str, error: Exception, place: Place) -> ConfigError:
    """The error that a plug-in's own error becomes."""
    message = f"{what} failed with {type(error).__name__}: {error}"
    return ConfigError("config/plugin", message, place=place, hint="--debug shows the traceback")
