"""Looks through a file of HDF5, which may come from a stranger, and reads none of its arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from shapenet.errors import Place, RunError
from shapenet.rundir.reading import check_regular

_MAX_DEPTH = 100
_MAX_OBJECTS = 200_000


@contextmanager
def open_arrays(
    path: Path, root: Path | None, max_bytes: int, max_attribute_bytes: int = 1_024
) -> Iterator[tuple[Any, dict[str, tuple[int, ...]]]]:
    """Open a file of HDF5 after looking at every object in it.

    Such files can lead to others (external and soft links, external storage, virtual datasets)
    and declare arrays that are far larger than themselves (compressed, in chunks that are not
    there, filled with one value); all of that is refused, so that whatever is read afterwards
    takes no more memory than the file takes bytes.

    Args:
        path: The file.
        root: The folder that links may not lead out of; None for a file that the user named.
        max_bytes: The most that the file may hold.
        max_attribute_bytes: The most that one attribute may hold.

    Yields:
        The open ``h5py.File``, and the shape of each of its arrays, by its road in it.

    Raises:
        RunError: The file is missing, no regular one, too large, or there is something in it that Keras
            does not write.
    """
    import h5py

    with ExitStack() as stack:
        try:
            check_regular(path, root, max_bytes)
            file = stack.enter_context(h5py.File(path, "r"))
            shapes = _Walk(path, path.stat().st_size, max_attribute_bytes).shapes(file)
        except RunError:
            raise
        except Exception as error:  # damaged HDF5 makes h5py raise errors of many types
            reason = " ".join(str(error).split())[:300]
            message = f"expected a file of weights, received what can't be read: {reason}"
            raise RunError("run/weights", message, place=Place(str(path))) from error
        yield file, shapes


class _Walk:
    """Looks at every object of a file.

    Args:
        path: The file, for messages.
        num_bytes: Its size.
        max_attribute_bytes: The most that one attribute may hold.
    """

    def __init__(self, path: Path, num_bytes: int, max_attribute_bytes: int) -> None:
        self._path = path
        self._left = num_bytes
        self._max_attribute_bytes = max_attribute_bytes
        self._seen: set[int] = set()

    def shapes(self, file: Any) -> dict[str, tuple[int, ...]]:
        """The shape of each array, by its road.

        Raises:
            RunError: There is something that Keras does not write.
        """
        import h5py

        found: dict[str, tuple[int, ...]] = {}
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
                    found[place] = tuple(item.shape)
        return found

    def _once(self, place: str, item: Any) -> None:
        """Refuse an object that has two names: groups could lead round in circles, arrays count twice."""
        import h5py

        address = h5py.h5o.get_info(item.id).addr
        if address in self._seen:
            self._refuse(place, "a second name of an object")
        self._seen.add(address)
        if len(self._seen) > _MAX_OBJECTS:
            self._refuse(place, f"more than {_MAX_OBJECTS:,} objects")

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
            attribute = item.attrs.get_id(name)
            if math.prod(attribute.shape) * attribute.get_type().get_size() > self._max_attribute_bytes:
                self._refuse(place, "an attribute that is too large")

    def _refuse(self, place: str, received: str) -> NoReturn:
        message = f"expected weights as Keras writes them, received {received} at {place or '/'}"
        hint = "nothing of the file was loaded: it is damaged, or made to do harm"
        raise RunError("run/weights", message, place=Place(str(self._path)), hint=hint)
