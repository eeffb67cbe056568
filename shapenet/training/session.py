"""The process that computes: Keras imported, seeded, and set to a device and precision."""

from __future__ import annotations

import gc
import os
import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

from shapenet.config.schema import TrainingConfig
from shapenet.errors import ConfigError
from shapenet.training.backend import computes_with_jax
from shapenet.training.quiet import quiet_libraries


@dataclass(frozen=True)
class Session:
    """What the process computes with.

    Attributes:
        device_kind: ``cpu`` or ``gpu``.
        device_name: The maker's name.
        num_devices: How many there are.
        precision: The resolved precision.
        deterministic: Whether equal configs give equal numbers.
    """

    device_kind: str
    device_name: str
    num_devices: int
    precision: str
    deterministic: bool


def import_keras() -> None:
    """Import Keras on the backend that was chosen, quietly, and without collecting garbage: half a second of none."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    gc.disable()
    try:
        with quiet_libraries():
            import keras  # noqa: F401
            import tensorflow as tf  # noqa: F401 -- reads the data whatever computes
    finally:
        gc.enable()


def import_keras_meanwhile() -> threading.Thread:
    """Start importing Keras on a thread: it takes seconds that worker processes can use.

    Returns:
        The thread, to be joined before Keras is used.
    """
    thread = threading.Thread(target=import_keras, daemon=True)
    thread.start()
    return thread


def start_session(config: TrainingConfig, seed: int) -> Session:
    """Set memory growth, precision, determinism and every random seed.

    Args:
        config: The training section.
        seed: The experiment's seed.

    Raises:
        ConfigError: The device can't compute in the precision asked for, or not deterministically.
    """
    import_keras()
    import keras

    on_jax = computes_with_jax()
    gpus = _gpus_of_jax() if on_jax else _gpus_of_tensorflow()
    precision = resolve_precision(config.precision, [gpu.capability for gpu in gpus])
    deterministic = config.deterministic
    if deterministic == "auto":
        deterministic = not gpus and (on_jax or not config.jit_compile)
    if deterministic and on_jax and gpus:
        message = "training.deterministic: JAX does not promise the same numbers again on a GPU"
        raise ConfigError("config/conflict", message, key=("training", "deterministic"), hint="leave it at auto")
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)
    if deterministic and not on_jax:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    name = gpus[0].name if gpus else _cpu_name()
    return Session("gpu" if gpus else "cpu", name, len(gpus) or 1, precision, deterministic)


class _Gpu(NamedTuple):
    name: str
    capability: tuple[int, int]


def _gpus_of_tensorflow() -> list[_Gpu]:
    """TensorFlow's GPUs, set to take memory as they need it."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return [_Gpu(str(d.get("device_name", "GPU")), d.get("compute_capability", (0, 0))) for d in details]


def _gpus_of_jax() -> list[_Gpu]:
    """JAX's GPUs; TensorFlow, which reads the data only, is kept off them."""
    import jax
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    gpus = [device for device in jax.local_devices() if device.platform == "gpu"]
    versions = [str(getattr(gpu, "compute_capability", "0.0")).partition(".") for gpu in gpus]
    capabilities = [(int(major), int(minor or 0)) for major, _, minor in versions]
    return [_Gpu(str(gpu.device_kind), one) for gpu, one in zip(gpus, capabilities, strict=True)]


def resolve_precision(asked: str, capabilities: list[tuple[int, int]]) -> str:
    """The precision to compute in.

    Args:
        asked: The config's ``training.precision``.
        capabilities: Compute capability of each GPU; empty on a CPU.

    Returns:
        ``float32``, ``mixed_bfloat16`` or ``mixed_float16``. ``auto`` is float32 on a
        CPU, mixed_bfloat16 on GPUs of compute capability 8 and up, mixed_float16 on 7.

    Raises:
        ConfigError: float16 on a CPU, where it is emulated.
    """
    if asked == "mixed_float16" and not capabilities:
        raise ConfigError(
            "config/precision",
            "training.precision: mixed_float16 needs a GPU, and there is none",
            key=("training", "precision"),
            hint="use auto, float32, or mixed_bfloat16",
        )
    if asked != "auto":
        return asked
    major = min((capability[0] for capability in capabilities), default=0)
    return {7: "mixed_float16"}.get(major, "mixed_bfloat16" if major >= 8 else "float32")


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123 -- not a file of the user's
            names: list[Any] = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0] if names else 'CPU'} x {os.cpu_count()}"
