"""The journal of a sweep: what happened, in order, one event a line."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapenet.errors import Place, RunError
from shapenet.rundir.atomic import append_line, machine_errors
from shapenet.rundir.reading import read_regular


class Journal:
    """Events on disk; each is there before what follows it begins.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """All events, the oldest first; one whose line was cut short did not happen.

        Raises:
            RunError: A line is damaged, or the file is no regular one.
        """
        events = []
        for number, line in enumerate(self._whole().splitlines(), start=1):
            try:
                event = json.loads(line)
                if not isinstance(event["event"], str) or not isinstance(event.get("trial", 0), int):
                    raise TypeError("its event is no text, or its trial no number")
                if event["event"] == "run" and not isinstance(event["run"], str):
                    raise TypeError("its run is no text")
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                message = f"expected an event of the sweep, received {line[:40]!r}: {error}"
                hint = "shapenet sweep --new begins another sweep and leaves this one as it is"
                raise RunError("run/study", message, place=Place(str(self.path), number), hint=hint) from None
            events.append(event)
        return events

    def write(self, event: str, **facts: Any) -> None:
        """Add an event.

        Raises:
            MachineError: The disk refuses.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(self.path, json.dumps({"time": now, "event": event, **facts}, ensure_ascii=False))

    def mend(self) -> None:
        """Remove a last line that was cut short, so that the next one stands by itself.

        Raises:
            MachineError: The disk refuses.
        """
        if self.path.exists() and len(whole := self._whole()) < self.path.stat().st_size:
            with machine_errors(self.path):
                os.truncate(self.path, len(whole))

    def _whole(self) -> bytes:
        try:
            content = read_regular(self.path, self.path.parent)
        except FileNotFoundError:
            return b""
        return content[: content.rfind(b"\n") + 1]
