"""Outputs that must be as high and wide as what they are compared with, and what to insert where they are not."""

from __future__ import annotations

from shapenet.errors import ConfigError

Size = tuple[int | None, ...]
"""Height and width; None where they vary."""


def check_sides(received: Size, expected: Size, what: str, *, is_output: bool = False) -> None:
    """Refuse features that are not of the size of the target, as far as both are known.

    Args:
        received: Height and width of the features.
        expected: Those of the target.
        what: What the target is called: ``the mask``.
        is_output: Whether they are the model's output already, whose channels have to stay as they are.

    Raises:
        ConfigError: With the layers that would make them so.
    """
    known = [(a, b) for a, b in zip(received, expected, strict=True) if a is not None and b is not None]
    if all(a == b for a, b in known):
        return
    message = f"{what} is {in_words(expected)} pixels, the last layer gives {in_words(received)}"
    raise ConfigError("model/head", message, hint=_how_to_resize(known, expected, is_output=is_output))


def in_words(size: Size) -> str:
    """``64 x any``."""
    return " x ".join("any" if side is None else str(side) for side in size)


def _how_to_resize(known: list[tuple[int, int]], expected: Size, *, is_output: bool) -> str:
    if all(b % a == 0 for a, b in known):
        size = _in_yaml([b // a for a, b in known])
        learnt = f", or Conv2DTranspose: {{filters: 32, kernel_size: 3, strides: {size}, padding: same}}"
        return f"add UpSampling2D: {{size: {size}}}" + ("" if is_output else learnt)
    if all(a % b == 0 for a, b in known):
        size = _in_yaml([a // b for a, b in known])
        return f"leave out an enlarging layer, or add AveragePooling2D: {{pool_size: {size}}}"
    hint = "use padding: same in convolutions, and images whose sides the pooling divides without a rest"
    resizing = f"; or end with Resizing: {{height: {expected[0]}, width: {expected[1]}}}"
    return hint if None in expected else hint + resizing


def _in_yaml(factors: list[int]) -> int | list[int]:
    return factors[0] if len(set(factors)) == 1 else factors
