"""Everything that registers: the built-in vocabulary and plug-ins."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from shapenet.errors import ConfigError, Place

_BUILT_IN = (
    "shapenet.keras_vocabulary",
    "shapenet.data.csv.source",
    "shapenet.data.shapes.source",
    "shapenet.tasks.classification",
)
_ENTRY_POINTS = "shapenet.plugins"


@cache
def load_vocabulary() -> None:
    """Enter the built-in vocabulary and that of installed plug-ins in the registries.

    Raises:
        ConfigError: An installed plug-in fails.
    """
    for module in _BUILT_IN:
        importlib.import_module(module)
    for point in importlib.metadata.entry_points(group=_ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:
            raise _broken(f"the installed plug-in {point.name}", error, Place(point.value)) from error


def load_plugins(paths: Iterable[Path]) -> None:
    """Run plug-in files, each once a process.

    Args:
        paths: Python files that register entries.

    Raises:
        ConfigError: A file is missing or fails.
    """
    for path in paths:
        _load_plugin(path.resolve())


@cache
def _load_plugin(path: Path) -> None:
    if not path.is_file():
        raise ConfigError("config/plugin", "there is no such plug-in file", place=Place(str(path)))
    spec = importlib.util.spec_from_file_location(f"shapenet_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError("config/plugin", "expected a Python file, *.py", place=Place(str(path)))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _broken("the plug-in", error, _place_in(path, error)) from error


def _place_in(path: Path, error: Exception) -> Place:
    """The last line of `path` that took part in `error`."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    return Place(str(path), line)


def _broken(what: str, error: Exception, place: Place) -> ConfigError:
    message = f"{what} failed with {type(error).__name__}: {error}"
    return ConfigError("config/plugin", message, place=place, hint="--debug shows the traceback")
