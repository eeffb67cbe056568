"""Loads weights that may come from a stranger: only plain arrays that the model has room for are read."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from shapenet.errors import Place, RunError
from shapenet.rundir.reading import check_regular

_SUFFIX = ".weights.h5"
_OPTIMIZER = "optimizer"
_SIZES_OF_MODEL = 8
"""The weights, and what an optimizer keeps of each: at most four moments, an average, a sum of gradients, a copy."""
_BYTES_PER_PART = 16_384
"""What HDF5 takes besides for each weight and layer; it was 2,000."""
_BYTES_AT_LEAST = 1_000_000
_MAX_DEPTH = 100
_MAX_ATTRIBUTE_BYTES = 1_024


def load_weights_safely(model: Any, path: Path, root: Path | None = None) -> None:
    """Load a file of Keras's weights into a model that is built, after checking that nothing else is in it.

    HDF5 files can lead to other files (external and soft links, external storage, virtual
    datasets) and declare arrays that are far larger than themselves; both have been used against
    Keras (CVE-2026-1669, CVE-2026-0897). So all of the file is looked at before anything of it is
    read: it takes at most eight times the memory of the model's weights, and a constant.

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
    import h5py

    place = Place(str(path))
    if not path.name.endswith(_SUFFIX):  # Keras would read it as something else, some of which can run code
        raise RunError("run/weights", f"expected a file *{_SUFFIX}, received {path.name}", place=place)
    max_bytes = _max_bytes(model)
    try:
        check_regular(path, root or path.parent, max_bytes)
        with h5py.File(path, "r") as file:
            shapes = check_objects(file, path)
    except RunError:
        raise
    except Exception as error:  # damaged HDF5 makes h5py raise errors of many types
        reason = " ".join(str(error).split())[:300]
        raise RunError("run/checkpoint", f"the weights can't be read: {reason}", place=place) from error
    expected = Counter(tuple(variable.shape) for variable in model.weights)
    missing = expected - shapes  # there may be more of a shape: layers that share a weight write it twice
    unknown = Counter({shape: count for shape, count in shapes.items() if shape not in expected})
    if missing or unknown:
        received = f"{_listed(unknown)} in their place" if unknown else "fewer"
        _misfit(path, f"expected arrays of shape {_listed(missing or expected)}, received {received}")


def check_objects(file: Any, path: Path) -> Counter[tuple[int, ...]]:
    """Refuse an HDF5 file that holds anything but arrays of numbers, as Keras writes them; reads none.

    Links to other files, arrays that lie in others or declare more than they hold, and objects with two
    names are refused.

    Args:
        file: The open ``h5py.File``.
        path: Where it is.

    Returns:
        How many arrays of each shape there are for the model itself.

    Raises:
        RunError: There is something that Keras does not write.
    """
    return _Walk(path, path.stat().st_size).shapes(file)


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


class _Walk:
    """Looks at every object of a weights file, reading none.

    Args:
        path: The file, for messages.
        num_bytes: Its size.
    """

    def __init__(self, path: Path, num_bytes: int) -> None:
        self._path = path
        self._left = num_bytes
        self._seen: set[int] = set()

    def shapes(self, file: Any) -> Counter[tuple[int, ...]]:
        """How many arrays of each shape there are for the model itself.

        Raises:
            RunError: There is something that Keras does not write.
        """
        import h5py

        found: Counter[tuple[int, ...]] = Counter()
        groups = [("", file, 0)]
        self._once("", file)
        while groups:
            road, group, depth = groups.pop()
            self._check_attributes(road, group)
            if depth > _MAX_DEPTH:
                self._refuse(road, f"more than {_MAX_DEPTH} levels of groups")
            for name in group:
                place = f"{road}/{name}"
                link = group.get(name, getlink=True)
                if not isinstance(link, h5py.HardLink):
                    self._refuse(place, f"a link of the kind {type(link).__name__}")
                item = group[name]
                self._once(place, item)
                if isinstance(item, h5py.Group):
                    groups.append((place, item, depth + 1))
                else:
                    self._check_array(place, item)
                    if not place.startswith(f"/{_OPTIMIZER}/"):
                        found[tuple(item.shape)] += 1
        return found

    def _once(self, place: str, item: Any) -> None:
        """Refuse an object that has two names: groups could lead round in circles, arrays count twice."""
        import h5py

        address = h5py.h5o.get_info(item.id).addr
        if address in self._seen:
            self._refuse(place, "a second name of an object")
        self._seen.add(address)

    def _check_array(self, place: str, item: Any) -> None:
        """Refuse all but numbers that stand in the file as they are."""
        import h5py

        if not isinstance(item, h5py.Dataset):
            self._refuse(place, f"a {type(item).__name__}")
        self._check_attributes(place, item)
        if item.external or item.is_virtual:
            self._refuse(place, "an array that lies in another file")
        is_bfloat16 = item.dtype.str == "|V2" and item.dtype.names is None  # which HDF5 has no name for
        if item.shape is None or not (is_bfloat16 or item.dtype.kind in "fiub"):
            self._refuse(place, f"an array of {item.dtype}")
        declared = math.prod(item.shape) * item.dtype.itemsize
        self._left -= declared
        if item.chunks is not None or item.id.get_storage_size() != declared or self._left < 0:
            self._refuse(place, f"an array that declares {declared:,} bytes and does not hold them")

    def _check_attributes(self, place: str, item: Any) -> None:
        for name in item.attrs:
            if item.attrs.get_id(name).get_storage_size() > _MAX_ATTRIBUTE_BYTES:
                self._refuse(place, "an attribute that is too large")

    def _refuse(self, place: str, received: str) -> NoReturn:
        message = f"expected weights as Keras writes them, received {received} at {place or '/'}"
        hint = "nothing of the file was loaded: it is damaged, or made to do harm"
        raise RunError("run/weights", message, place=Place(str(self._path)), hint=hint)
