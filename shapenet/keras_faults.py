"""What Keras and TensorFlow raise while they make or call something, in the words of a user."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from shapenet.errors import ConfigError, Key, MachineError, ShapenetError

_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_FRAME = re.compile(r"""\s*(File ".*", line \d|Graph execution error:|Detected at node|Stack trace for op)""")
_AROUND = re.compile(
    r"^Exception encountered when calling \S+\s*|Could not automatically infer the output.*?Error encountered:\s*"
    r"|\{\{function_node [^}]*\}\}",
    re.DOTALL,
)
_DETAILS = re.compile(r"\n\s*\n|Arguments received by|\{\{node|\[\[|\[Op:")


@contextmanager
def keras_faults(name: str, key: Key, explain: Callable[[str], ShapenetError]) -> Iterator[None]:
    """Turn whatever is raised in the block into an error of ours.

    Args:
        name: What is made or called.
        key: Where in the config it stands.
        explain: Makes the error of what Keras says, unless it says that memory does not suffice.

    Raises:
        MachineError: The memory does not suffice.
    """
    try:
        yield
    except ShapenetError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            message = f"the memory does not suffice for {name}"
            hint = "make it smaller, or what it is applied to"
            raise MachineError("machine/memory", message, key=key, hint=hint) from error
        raise explain(sentence(error)) from error


def keras_errors(name: str, key: Key, *, hint: str | None = None) -> AbstractContextManager[None]:
    """Turn what Keras raises about `name` or its arguments into a `ConfigError` at `key`."""
    return keras_faults(
        name, key, lambda reason: ConfigError("config/argument", f"{name}: {reason}", key=key, hint=hint)
    )


def is_out_of_memory(error: Exception) -> bool:
    """Whether Python, TensorFlow or JAX says that memory does not suffice."""
    import tensorflow as tf

    of_jax = type(error).__name__ == "JaxRuntimeError" and "RESOURCE_EXHAUSTED" in str(error)
    return of_jax or isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)


def sentence(error: Exception) -> str:
    """The reason that Keras or TensorFlow gives, without what stands around it in its message.

    That is the call's arguments, the graph's nodes and the frames of Python. Errors of
    types that are not raised about arguments are given with their type.
    """
    kind = type(error).__name__
    text = _COLOUR.sub("", str(error.args[0] if len(error.args) == 1 else error))
    text = "\n".join(line for line in text.splitlines() if not _FRAME.match(line)).strip()
    text = _AROUND.sub("", text).strip()
    text = " ".join(_DETAILS.split(text)[0].split())
    if not text:
        return kind
    return text if isinstance(error, ValueError | TypeError) else f"{kind}: {text}"
