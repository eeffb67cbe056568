"""Statistics of the fields of a train split: computed when they are asked for, recorded, and read back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from shapenet.data.stream.store import StreamStore
from shapenet.errors import ConfigError, DataError, RunError
from shapenet.rundir.manifest import FieldStatistics

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shapenet.data.batches import Split
    from shapenet.fields import Field

_RECORDS_AT_ONCE = 1024


class SplitStatistics:
    """Statistics of a split; see `shapenet.tasks.base.Statistics`.

    Args:
        splits: All splits, ``train`` among them.
        names: What the records of a split are called, in order.

    Attributes:
        num_records: How many records the train split has.
        known: True.
    """

    def __init__(self, splits: Mapping[str, Split], names: Callable[[str], Iterator[str]]) -> None:
        self._splits = splits
        self._names = names
        self.num_records = len(splits["train"])
        self.known = True
        self._moments: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {}
        self._counts: dict[str, npt.NDArray[np.int64]] = {}

    def moments(self, field: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Mean and standard deviation; see `Statistics.moments`."""
        import numpy as np

        declared = self._splits["train"].store.meta.fields[field]
        if declared.is_ragged:
            message = f"expected {field!r} to have one shape, to take its mean; received {declared.shape}"
            raise ConfigError("config/task", message)
        if field not in self._moments:
            total, squares = np.zeros(declared.fixed_shape), np.zeros(declared.fixed_shape)
            shift: Any = None
            for values in _parts(self._splits["train"], field):
                numbers = np.asarray(values, np.float64)
                shift = numbers[0] if shift is None else shift  # keeps the sum of squares small beside the spread
                total += (numbers - shift).sum(axis=0)
                squares += ((numbers - shift) ** 2).sum(axis=0)
            mean = total / self.num_records
            deviation = np.sqrt(np.maximum(squares / self.num_records - mean**2, 0))
            self._moments[field] = (shift + mean, deviation)
        return self._moments[field]

    def counts(self, field: str) -> npt.NDArray[np.int64]:
        """How often each value occurs; see `Statistics.counts`."""
        import numpy as np

        if field not in self._counts:
            counts = np.zeros(0, np.int64)
            for values in _parts(self._splits["train"], field):
                if values.min(initial=0) < 0:
                    message = f"expected {field!r} to hold numbers from 0 on, received {values.min()}"
                    raise DataError("data/value", message)
                more = np.bincount(np.asarray(values, np.int64).reshape(-1), minlength=len(counts))
                more[: len(counts)] += counts
                counts = more
            self._counts[field] = counts
        return self._counts[field]

    def stray(self, field: str, values: Collection[int]) -> tuple[int, str] | None:
        """A value that was not expected, and a record that holds it; see `Statistics.stray`."""
        import numpy as np

        expected = np.zeros(max(values) + 2, bool)
        expected[list(values)] = True
        for name, split in self._splits.items():
            if name != "train" and isinstance(split.store, StreamStore):
                continue
            if name == "train" and field in self._counts and set(self._counts[field].nonzero()[0]) <= set(values):
                continue  # counting has read it all
            done = 0
            for part in _parts(split, field):
                strange = ~expected[np.clip(part, -1, len(expected) - 1)]  # the last one is of no value
                if strange.any():
                    first = np.argwhere(strange)[0]
                    return int(part[tuple(first)]), next(islice(self._names(name), done + int(first[0]), None))
                done += len(part)
        return None

    def asked(self) -> dict[str, FieldStatistics]:
        """All that was asked for so far, as the run's manifest holds it."""
        found: dict[str, FieldStatistics] = {}
        for field in sorted({*self._moments, *self._counts}):
            mean, deviation = self._moments.get(field, (None, None))
            counts = self._counts.get(field)
            found[field] = FieldStatistics(
                mean=None if mean is None else mean.tolist(),
                deviation=None if deviation is None else deviation.tolist(),
                counts=None if counts is None else tuple(counts.tolist()),
                num_records=self.num_records,
            )
        return found


class RecordedStatistics:
    """Statistics that a run recorded; see `shapenet.tasks.base.Statistics`.

    Args:
        recorded: What the manifest holds.
    """

    def __init__(self, recorded: Mapping[str, FieldStatistics]) -> None:
        self._recorded = recorded
        self.num_records = max((found.num_records for found in recorded.values()), default=0)
        self.known = True

    def moments(self, field: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Mean and standard deviation; see `Statistics.moments`."""
        import numpy as np

        found = self._recorded.get(field)
        if found is None or found.mean is None or found.deviation is None:
            raise RunError("run/damaged", f"run.json does not say the mean of the field {field!r}")
        try:
            return np.asarray(found.mean, np.float64), np.asarray(found.deviation, np.float64)
        except (ValueError, TypeError) as error:
            message = f"run.json's mean of the field {field!r} is no array of numbers: {error}"
            raise RunError("run/damaged", message) from error

    def counts(self, field: str) -> npt.NDArray[np.int64]:
        """How often each value occurs; see `Statistics.counts`."""
        import numpy as np

        found = self._recorded.get(field)
        if found is None or found.counts is None:
            raise RunError("run/damaged", f"run.json does not say how often each value of {field!r} occurs")
        return np.asarray(found.counts, np.int64)

    def stray(self, field: str, values: Collection[int]) -> None:
        """Nothing: training has looked; see `Statistics.stray`."""


class StandIns:
    """What stands in for statistics while no data is read; see `shapenet.tasks.base.DataSpec`.

    Args:
        fields: The records' fields.
        num_classes: How many classes there are.
    """

    def __init__(self, fields: Mapping[str, Field], num_classes: int) -> None:
        self._fields = fields
        self._num_classes = num_classes
        self.num_records = 1
        self.known = False

    def moments(self, field: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Means 0 and deviations 1; see `Statistics.moments`."""
        import numpy as np

        shape = tuple(side or 1 for side in self._fields[field].shape)
        return np.zeros(shape), np.ones(shape)

    def counts(self, field: str) -> npt.NDArray[np.int64]:
        """Each class once, and one for a background, but one at least; see `Statistics.counts`."""
        import numpy as np

        return np.ones(self._num_classes if field == "label" else 1 + max(1, self._num_classes), np.int64)

    def stray(self, field: str, values: Collection[int]) -> None:
        """Nothing: there is no data yet; see `Statistics.stray`."""


def _parts(split: Split, field: str) -> Iterator[Any]:
    """The values of a field of a split, some records at a time, ``(records, *shape)``."""
    import numpy as np

    if field == "label":
        yield split.labels
    elif split.store.meta.fields[field].is_ragged:
        yield from (split.store.value(field, int(index))[None] for index in split.indices)
    else:
        for start in range(0, len(split), _RECORDS_AT_ONCE):
            yield split.take(field, np.arange(start, min(start + _RECORDS_AT_ONCE, len(split))))
