"""Plug-in files: Python modules of the user's own, named by their paths."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from shapenet.errors import ConfigError, Place

_loaded: list[Path] = []


def load_plugins(paths: Iterable[Path]) -> None:
    """Run plug-in files, each once a process.

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


def _load(path: Path) -> None:
    if not path.is_file():
        raise ConfigError("config/plugin", f"there is no plug-in file {path}")
    name = f"shapenet_plugin_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError("config/plugin", f"expected a Python file, *.py, received {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise broken_plugin("the plug-in", error, _place_in(path, error)) from error
    _loaded.append(path)


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
