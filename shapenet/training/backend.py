"""Keras's backend: chosen before Keras is imported, for it can't be changed afterwards."""

from __future__ import annotations

import importlib.util
import os
import sys

from shapenet.config.runtime import RuntimeConfig
from shapenet.errors import Key, MachineError

_KEY: Key = ("runtime", "backend")


def choose_backend(runtime: RuntimeConfig) -> None:
    """Let Keras compute with the backend of a config, whatever ``KERAS_BACKEND`` or Keras's own config says.

    Args:
        runtime: The runtime section.

    Raises:
        MachineError: JAX is not installed, or Keras has been imported with another backend.
    """
    wanted = runtime.backend
    if wanted == "jax" and not all(importlib.util.find_spec(package) for package in ("jax", "jaxlib")):
        hint = 'pip install "shapenet[jax]", or leave runtime.backend out'
        raise MachineError("machine/backend", "runtime.backend: jax is not installed", key=_KEY, hint=hint)
    if (keras := sys.modules.get("keras")) is not None and keras.config.backend() != wanted:
        message = f"runtime.backend: Keras computes with {keras.config.backend()} in this process already"
        hint = f"let no plug-in import Keras outside of functions, or set KERAS_BACKEND={wanted} before the start"
        raise MachineError("machine/backend", message, key=_KEY, hint=hint)
    os.environ["KERAS_BACKEND"] = wanted


def computes_with_jax() -> bool:
    """Whether the imported Keras computes with JAX."""
    import keras

    return bool(keras.config.backend() == "jax")
