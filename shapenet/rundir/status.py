"""The words for how a run goes."""

from __future__ import annotations

from typing import Literal

Status = Literal["running", "done", "interrupted", "failed", "diverged"]
"""What a run says about itself."""

ShownStatus = Literal[Status, "dead"]
"""What others say about a run: ``dead`` is one that says ``running`` and whose process is gone."""

RowStatus = Literal[ShownStatus, "damaged"]
"""A run's status in a list; ``damaged`` where its manifest can't be read."""
