"""Loads weights that may come from a stranger: only plain arrays that the model has room for are read."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from shapenet.errors import Place, RunError
from shapenet.rundir.hdf5 import open_arrays

_SUFFIX = ".weights.h5"
_OPTIMIZER = "optimizer"
_SIZES_OF_MODEL = 8
"""The weights, and what an optimizer keeps of each: at most four moments, an average, a sum of gradients, a copy."""
_BYTES_PER_PART = 16_384
"""What HDF5 takes besides for each weight and layer; it was 2,000."""
_BYTES_AT_LEAST = 1_000_000


def load_weights_safely(model: Any, path: Path, root: Path | None = None) -> None:
    """Load a file of Keras's weights into a model that is built, after checking that nothing else is in it.

    Files that lead to others, and arrays far larger than their files, have been used against
    Keras (CVE-2026-1669, CVE-2026-0897). So all of the file is looked at before anything of it is
    read (see `shapenet.rundir.hdf5`): it takes at most eight times the memory of the model's
    weights, and a constant.

    Args:
        model: The ``keras.Model``; its optimizer's state is loaded too if that is built.
        path: The file, ``*.weights.h5``.
        root: The folder that links may not lead out of; the file's own folder unless given.

    Raises:
        RunError: It is missing, no regular file, too large, not what Keras writes, or another model's.
    """
    check_weights_file(model, path, root)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an optimizer's state that the model has no room for
            model.load_weights(path)
    except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
        _misfit(path, " ".join(str(error).split())[:300], error)


def check_weights_file(model: Any, path: Path, root: Path | None = None) -> None:
    """Check all that `load_weights_safely` checks before it loads.

    Raises:
        RunError: As there.
    """
    if not path.name.endswith(_SUFFIX):  # Keras would read it as something else, some of which can run code
        message = f"expected a file *{_SUFFIX}, received {path.name}"
        raise RunError("run/weights", message, place=Place(str(path)))
    with open_arrays(path, root or path.parent, _max_bytes(model)) as (_, found):
        shapes = Counter(shape for road, shape in found.items() if not road.startswith(f"/{_OPTIMIZER}/"))
    expected = Counter(tuple(variable.shape) for variable in model.weights)
    missing = expected - shapes  # there may be more of a shape: layers that share a weight write it twice
    unknown = Counter({shape: count for shape, count in shapes.items() if shape not in expected})
    if missing or unknown:
        received = f"{_listed(unknown)} in their place" if unknown else "fewer"
        _misfit(path, f"expected arrays of shape {_listed(missing or expected)}, received {received}")


def check_room(build: Callable[[], Any], path: Path) -> None:
    """Refuse weights for a model that has more of them than the file has bytes; no memory is taken for them.

    Whoever sends a run sends its config too, which may describe a model of any size.

    Args:
        build: Makes the model. Keras forgets all models and settings afterwards.
        path: The file.

    Raises:
        RunError: The model has more weights.
        OSError: The file is missing.
    """
    import keras

    try:
        with keras.StatelessScope(initialize_variables=False):
            num_weights: int = sum(math.prod(variable.shape) for variable in build().weights)
    finally:
        keras.backend.clear_session()
    status = path.stat()
    num_bytes = min(status.st_size, status.st_blocks * 512)  # holes hold nothing
    if num_weights > num_bytes + _BYTES_AT_LEAST:
        _misfit(path, f"the config describes {num_weights:,} weights, the file has {num_bytes:,} bytes")


def _misfit(path: Path, reason: str, cause: Exception | None = None) -> NoReturn:
    message = f"the weights don't fit the run's config: {reason}"
    raise RunError("run/checkpoint", message, place=Place(str(path))) from cause


def _listed(shapes: Counter[tuple[int, ...]]) -> str:
    shown = [str(shape) for shape in sorted(shapes.elements())]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(shown[:5]) + more


def _max_bytes(model: Any) -> int:
    weights = model.weights
    num_parts = len(weights) + sum(1 for _ in model._flatten_layers())
    num_bytes: int = sum(math.prod(variable.shape) for variable in weights) * 4
    return _SIZES_OF_MODEL * (num_bytes + num_parts * _BYTES_PER_PART) + _BYTES_AT_LEAST
