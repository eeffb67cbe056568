"""The section that says what a run computes with."""

from __future__ import annotations

from typing import Literal

from shapenet.config.section import Section


class RuntimeConfig(Section):
    """What the model is computed with; the data is read and augmented the same way whatever it is."""

    backend: Literal["tensorflow", "jax"] = "tensorflow"
    """Keras's backend. JAX needs ``pip install "shapenet[jax]"``; its numbers differ from TensorFlow's
    in the last digits, and what it draws (initial weights, dropout) differs altogether."""
