"""What is kept of the messages of Keras and TensorFlow."""

from __future__ import annotations

import pytest

from shapenet.errors import ConfigError, MachineError
from shapenet.keras_faults import keras_faults, sentence

GRAPH = """\
Graph execution error:

Detected at node Net/Cast defined at (most recent call last):
  File "/usr/lib/python3.11/keras/fit.py", line 12, in <module>

  File "/usr/lib/python3.11/keras/layer.py", line 7, in call

Cast string to float is not supported
\t [[{{node Net/Cast}}]] [Op:__inference_step_1]
"""


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("Exception encountered when calling A.call().\n\n\x1b[1mno\x1b[0m\n\nArguments: 1"), "no"),
        (TypeError(""), "TypeError"),
        (ValueError("Could not automatically infer the output shape\nof A. Error encountered:\n\nodd"), "odd"),
        (NotImplementedError("not\n  yet"), "NotImplementedError: not yet"),
        (RuntimeError(GRAPH), "RuntimeError: Cast string to float is not supported"),
        (RuntimeError("{{function_node __wrapped__And}} Incompatible [2] vs. [4] [Op:And] name: "),
         "RuntimeError: Incompatible [2] vs. [4]"),
    ],
)  # fmt: skip
def test_the_reason_alone(error: Exception, text: str) -> None:
    assert sentence(error) == text


def explained(reason: str) -> ConfigError:
    return ConfigError("test/fault", reason, key=("there",))


def test_our_own_errors_pass() -> None:
    with pytest.raises(ConfigError, match="mine"), keras_faults("A", (), explained):
        raise ConfigError("test/own", "mine")


def test_memory_comes_first() -> None:
    with pytest.raises(MachineError) as caught, keras_faults("A", ("here",), explained):
        raise MemoryError
    assert caught.value.problems[0].key == ("here",)


def test_interruptions_pass() -> None:
    with pytest.raises(KeyboardInterrupt), keras_faults("A", (), explained):
        raise KeyboardInterrupt
