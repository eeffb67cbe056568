"""What differs between two sets of values, by dotted names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNSET = "unset"

Changes = dict[str, tuple[str, str]]
"""What was changed: field, then what it was and what it is, as text."""


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of nested mappings and lists under dotted names."""
    found: dict[str, Any] = {}

    def add(road: str, value: Any) -> None:
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
        if items is None or not value:
            found[road] = value
            return
        for name, item in items:
            add(f"{road}.{name}" if road else str(name), item)

    add("", values)
    return found


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
    """What differs between values under names; what one of them lacks is ``unset`` there."""
    names = dict.fromkeys([*before, *now])
    pairs = {name: (str(before.get(name, _UNSET)), str(now.get(name, _UNSET))) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def listed(changes: Changes) -> str:
    """A line for each change, to follow a text."""
    return "".join(f"\n  {name}: {before} -> {now}" for name, (before, now) in changes.items())
