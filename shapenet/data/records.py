"""What a source gives: records of named, typed fields that any worker can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Field:
    """One field of every record.

    Attributes:
        dtype: NumPy's name of the type: ``uint8``, ``uint16``, ``float32``, ``int64``.
        shape: Shape of one record's value; ``()`` for a number.
    """

    dtype: str
    shape: tuple[int, ...]


class Records(Protocol):
    """Records that can be read by position, in any process.

    An instance is pickled once per worker process, so it holds names and numbers,
    not pixels, and importing its module imports neither TensorFlow nor Keras.

    Attributes:
        fields: Every field by name. ``image`` is ``(height, width, channels)``;
            ``label`` is an ``int64`` index into `classes`.
        classes: Class names in label order.
        key: Digest of everything that decides the content: for files their
            paths, sizes and modification times, and the decode options.
        describe: What to call the source in messages, for example its CSV path.
    """

    fields: Mapping[str, Field]
    classes: tuple[str, ...]
    key: str
    describe: str

    def __len__(self) -> int:
        """Number of records."""
        ...

    def read(self, start: int, stop: int) -> Arrays:
        """The records from `start` up to `stop`, one array ``(stop - start, *shape)`` per field.

        Raises:
            DataError: Some of them can't be read; lists every one in the range.
        """
        ...

    def label_of(self) -> npt.NDArray[np.int64]:
        """Labels of all records, known before any image is read. Shape ``(len(self),)``."""
        ...

    def name_of(self, index: int) -> str:
        """What to call a record in messages and predictions, for example its path."""
        ...
