"""Refuses to report on outputs that are no numbers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from shapenet.errors import RunError

if TYPE_CHECKING:
    import numpy.typing as npt


def num_not_finite(outputs: Collection[npt.NDArray[Any]]) -> int:
    """How many examples have a NaN or an infinity in one of the outputs, ``(examples, *shape)`` each."""
    import numpy as np

    finite = [np.isfinite(output).reshape(len(output), -1).all(axis=1) for output in outputs]
    return int(np.count_nonzero(~np.logical_and.reduce(finite)))


def check_finite(num_bad: int, num_examples: int) -> None:
    """Refuse outputs that are NaN or infinite.

    Args:
        num_bad: Examples whose outputs are.
        num_examples: All examples.

    Raises:
        RunError: There are some.
    """
    if num_bad:
        message = f"expected finite outputs of the model, received others for {num_bad:,} of {num_examples:,} examples"
        hint = "the model's weights or inputs are not finite; look at the training's losses, or try precision: float32"
        raise RunError("run/not-finite", message, hint=hint)
