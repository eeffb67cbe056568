"""Numbers with their nouns, for messages."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 image``, ``2,000 images``.

    Args:
        number: The number.
        one: The noun in the singular, and what must agree with it: ``image is``.
        many: The same in the plural; with an ``s`` unless given.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
