"""How fast a training goes and how long it will take."""

from __future__ import annotations

_NUM_RECENT = 10


class Pace:
    """Estimates rate and time left from what has been done so far.

    Args:
        epochs: The most epochs there will be.
        now: Time in seconds on any clock; all times given later are on the same one.
    """

    def __init__(self, epochs: int, now: float) -> None:
        self._epochs = epochs
        self._done_epochs = 0
        self._first_seconds: float | None = None
        self._later_seconds: list[float] = []
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._began = now
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] = (now, 0)
        self._total = 0

    def step(self, images_done: int, images_total: int, now: float) -> None:
        """So many images of the epoch are done."""
        self._last, self._total = (now, images_done), images_total
        self._first = self._first or self._last

    def end_epoch(self, now: float) -> None:
        """The epoch and its validation are done; the next begins."""
        seconds = now - self._began
        if self._first_seconds is None:
            self._first_seconds = seconds
        else:
            self._later_seconds.append(seconds)
        self._done_epochs += 1
        self._begin(now)

    @property
    def images_per_second(self) -> float | None:
        """Rate within the epoch; its first report does not count, for it holds compilation."""
        first, last = self._first, self._last  # another thread may draw
        if first is None or last[0] <= first[0]:
            return None
        return (last[1] - first[1]) / (last[0] - first[0])

    def elapsed(self, now: float) -> float:
        """Seconds since the epoch began."""
        return now - self._began

    def epoch_left(self, now: float) -> float | None:
        """Seconds that the epoch's remaining images will take; None if unknown."""
        rate = self.images_per_second
        if not rate:
            return None
        return max(0.0, (self._total - self._last[1]) / rate - (now - self._last[0]))

    def total_left(self, now: float) -> float | None:
        """Seconds until the last epoch would end; None if unknown.

        The first epoch compiles, so it counts only while it is the only one.
        """
        left_in_epoch = self.epoch_left(now)
        if self._later_seconds:
            recent = self._later_seconds[-_NUM_RECENT:]
            each: float | None = sum(recent) / len(recent)
        elif self._first_seconds is not None:
            each = self._first_seconds
        else:
            each = None if left_in_epoch is None else self.elapsed(now) + left_in_epoch
        if each is None:
            return None
        ahead = self._epochs - self._done_epochs
        if self._total == 0:  # between two epochs
            return ahead * each
        current = each - self.elapsed(now) if left_in_epoch is None else left_in_epoch
        return max(0.0, (ahead - 1) * each + current)


def duration(seconds: float | None) -> str:
    """Seconds in six characters at most: ``4.2s``, ``42s``, ``3m05s``, ``1h02m``, ``3d04h``; ``-`` if unknown."""
    if seconds is None:
        return "-"
    if 0 < seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    hours = round(seconds / 3600)
    return f"{hours // 24}d{hours % 24:02d}h"
