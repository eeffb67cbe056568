"""Facts of a data set in words."""

from __future__ import annotations

from collections.abc import Mapping


def splits_text(sizes: Mapping[str, int]) -> str:
    """Sizes of splits in a line: ``train 800, val 100, test 100``."""
    return ", ".join(f"{name} {size:,}" for name, size in sizes.items())
