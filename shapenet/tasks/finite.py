"""Refuses to report on outputs that are no numbers."""

from __future__ import annotations

from shapenet.errors import RunError


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
