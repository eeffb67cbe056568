"""What decides how a training goes on, beside the weights: as arrays and plain values, and back."""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shapenet.errors import RunError

if TYPE_CHECKING:
    import numpy.typing as npt

Arrays = dict[str, "npt.NDArray[Any]"]

_OF_KERAS = frozenset({"params", "validation_data", "_model", "model"})
"""What Keras itself puts into every callback."""


@dataclass
class TrainingState:
    """The optimizer with its averages, seed generators, metric accumulators, callbacks, random numbers.

    Numbers that layers of a plug-in draw from ``tf.random`` are not part of it: TensorFlow
    keeps their state to itself. ``keras.random`` with a ``SeedGenerator`` of the layer is.

    Attributes:
        model: The compiled ``keras.Model``.
        callbacks: The Keras callbacks that remember something. What they remember in plain
            attributes counts: None, bool, int, float, str, lists, tuples and mappings of these, arrays.
    """

    model: Any
    callbacks: Sequence[Any]
    _metrics: Arrays | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        _seeds(
            self.model
        )  # makes Keras's own seed generator, which draws a number, at a moment that is always the same

    @cached_property
    def weights_model(self) -> Any:
        """The same layers as a model without an optimizer: what a file of weights is written from, and read to."""
        import keras

        return keras.Model(self.model.inputs, self.model.outputs)

    def hold_metrics(self) -> None:
        """Keep the training's metric accumulators as they are: the validation is about to reset them."""
        self._metrics = _values("metric", self.model.metrics_variables)

    def release_metrics(self) -> None:
        """From here on the accumulators hold the training's own values again."""
        self._metrics = None

    def collect(self) -> tuple[dict[str, Any], Arrays]:
        """The state as plain values, which JSON can hold, and arrays."""
        import numpy as np

        version, numbers, gauss = random.getstate()
        _, key, position, has_gauss, cached = np.random.get_state()
        arrays = {
            **_values("optimizer", self.model.optimizer.variables),
            **_values("seed", _seeds(self.model)),
            **(self._metrics or _values("metric", self.model.metrics_variables)),
            "random/python": np.asarray(numbers, np.uint32),
            "random/numpy": np.asarray(key, np.uint32),
        }
        values: dict[str, Any] = {
            "stopped": bool(self.model.stop_training),
            "random": {"python": [version, gauss], "numpy": [int(position), int(has_gauss), float(cached)]},
            "callbacks": [],
        }
        for index, callback in enumerate(self.callbacks):
            plain, own = _attributes(callback)
            values["callbacks"].append({"class": type(callback).__name__, "attributes": plain})
            arrays.update((f"callback/{index}/{name}", array) for name, array in own.items())
        return values, arrays

    def restore(
        self, values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], *, new_rate: bool, new_callbacks: bool
    ) -> None:
        """Put back what `collect` returned; the model must be built, its optimizer and metrics too.

        Args:
            values: The plain values.
            arrays: The arrays.
            new_rate: Leave the learning rate as it is: the config has another one now.
            new_callbacks: Leave the arguments of callbacks as they are, and bear that there are others now.

        Raises:
            RunError: The state is that of another model, or of other callbacks.
        """
        import numpy as np

        optimizer = self.model.optimizer
        rate = copied(optimizer.learning_rate) if new_rate else None
        _assign("optimizer", optimizer.variables, arrays)
        own = getattr(optimizer, "inner_optimizer", optimizer)  # where losses are scaled, for mixed_float16
        if rate is not None and not callable(own._learning_rate):
            optimizer.learning_rate = rate
        _assign("seed", _seeds(self.model), arrays)
        _assign("metric", self.model.metrics_variables, arrays)
        self._restore_callbacks(values["callbacks"], arrays, new=new_callbacks)
        version, gauss = values["random"]["python"]
        random.setstate((version, tuple(arrays["random/python"].tolist()), gauss))
        np.random.set_state(("MT19937", arrays["random/numpy"], *values["random"]["numpy"]))

    def _restore_callbacks(
        self, saved: Sequence[Mapping[str, Any]], arrays: Mapping[str, npt.NDArray[Any]], *, new: bool
    ) -> None:
        names = [type(callback).__name__ for callback in self.callbacks]
        left = dict(enumerate(saved))
        if not new and [one["class"] for one in saved] != names:
            raise _unlike("the callbacks are others")
        for callback, name in zip(self.callbacks, names, strict=True):
            index = next((index for index, one in left.items() if one["class"] == name), None)
            if index is not None:
                prefix = f"callback/{index}/"
                own = {road.removeprefix(prefix): array for road, array in arrays.items() if road.startswith(prefix)}
                _set_attributes(callback, {**left.pop(index)["attributes"], **own}, keep_arguments=new)


def _set_attributes(callback: Any, values: Mapping[str, Any], *, keep_arguments: bool) -> None:
    if keep_arguments and values.get("monitor") != getattr(callback, "monitor", None):
        return  # what it remembers is about another value
    if "monitor_op" not in values and getattr(callback, "monitor_op", 1) is None:
        callback._set_monitor_op()  # which Keras does late, and turns the sign of min_delta once
    kept = inspect.signature(type(callback).__init__).parameters if keep_arguments else {}
    for name, value in values.items():
        if name not in kept:
            setattr(callback, name, tuple(value) if isinstance(getattr(callback, name, None), tuple) else value)


def _seeds(model: Any) -> list[Any]:
    """The states of every seed generator: those of layers, and Keras's own for whoever has none."""
    from keras.src.random.seed_generator import global_seed_generator

    others = {id(variable) for variable in (*model.weights, *model.metrics_variables)}
    return [*(variable for variable in model.variables if id(variable) not in others), global_seed_generator().state]


def _values(kind: str, variables: Sequence[Any]) -> Arrays:
    return {f"{kind}/{index}": _native(variable) for index, variable in enumerate(variables)}


def copied(variable: Any) -> npt.NDArray[Any]:
    """A copy of a variable's value."""
    import keras
    import numpy as np

    return np.array(keras.ops.convert_to_numpy(variable))


def _native(variable: Any) -> npt.NDArray[Any]:
    """A copy of a variable's value in a type of NumPy's own: bfloat16 as the integers of its bits."""
    array = copied(variable)
    return array.view(f"u{array.dtype.itemsize}") if array.dtype.kind == "V" else array


def _assign(kind: str, variables: Sequence[Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    saved = [arrays[f"{kind}/{index}"] for index in range(sum(name.startswith(f"{kind}/") for name in arrays))]
    if len(saved) != len(variables):
        raise _unlike(f"expected {len(variables)} variables of the {kind}, received {len(saved)}")
    for variable, array in zip(variables, saved, strict=True):
        own = _as(array, variable)
        if own.shape != tuple(variable.shape):
            raise _unlike(f"{variable.path}: expected shape {tuple(variable.shape)}, received {own.shape}")
        variable.assign(own)


def _as(array: npt.NDArray[Any], variable: Any) -> npt.NDArray[Any]:
    dtype = copied(variable).dtype
    return array.view(dtype) if dtype.kind == "V" else array


def _unlike(message: str) -> RunError:
    hint = "the model, its optimizer or its metrics were changed: begin a new run"
    return RunError("run/other-model", f"the checkpoint does not fit: {message}", hint=hint)


def _attributes(callback: Any) -> tuple[dict[str, Any], Arrays]:
    """What a callback remembers: plain values, and arrays."""
    import numpy as np

    plain: dict[str, Any] = {}
    arrays: Arrays = {}
    for name, value in vars(callback).items():
        if name in _OF_KERAS:
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSU":
            arrays[name] = value.copy()
        elif _is_plain(value):
            plain[name] = _as_plain(value)
    return plain, arrays


def _as_plain(value: Any) -> Any:
    """`value` as JSON holds it: without NumPy's own numbers."""
    import numpy as np

    if isinstance(value, Mapping):
        return {key: _as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _is_plain(value: Any) -> bool:
    import numpy as np

    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.dtype.kind in "biuf"
    return value is None or isinstance(value, bool | int | float | str)
