"""What decides how a training goes on, beside the weights: as arrays and plain values, and back."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.attributes import attributes, set_attributes
from shapenet.errors import RunError

if TYPE_CHECKING:
    import numpy.typing as npt

Arrays = dict[str, "npt.NDArray[Any]"]

_BYTES_PER_ARRAY, _BYTES_PER_CALLBACK = 1_024, 64_000_000


@dataclass
class TrainingState:
    """The optimizer with its averages, seed generators, metric accumulators, callbacks, random numbers.

    Numbers that layers of a plug-in draw from ``tf.random`` are not part of it: TensorFlow
    keeps their state to itself. ``keras.random`` with a ``SeedGenerator`` of the layer is.

    Attributes:
        model: The compiled ``keras.Model``.
        callbacks: The Keras callbacks that remember something. What they remember in plain
            attributes counts: None, bool, int, float, str, NumPy's numbers, lists, tuples and dicts of these, arrays.
    """

    model: Any
    callbacks: Sequence[Any]
    _metrics: Arrays | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Makes Keras's own seed generator, which draws a number, at a moment that is always the same.
        _seeds(self.model)

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
            plain, own = attributes(callback)
            values["callbacks"].append({"class": type(callback).__name__, "attributes": plain})
            arrays.update((f"callback/{index}/{name}", array) for name, array in own.items())
        return values, arrays

    def restore(
        self, values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]],
        *, new_rate: bool, new_callbacks: bool, trial: bool = False,
    ) -> None:  # fmt: skip
        """Put back what `collect` returned; the model must be built, its optimizer and metrics too.

        Args:
            values: The plain values.
            arrays: The arrays.
            new_rate: Leave the learning rate as it is: the config has another one now.
            new_callbacks: Leave the arguments of callbacks as they are, and bear that there are others now.
            trial: Leave callbacks as they are: they have no model before ``fit``.

        Raises:
            RunError: The state is that of another model, or of other callbacks.
        """
        try:
            self._restore(values, arrays, new_rate=new_rate)
            self._restore_callbacks(values["callbacks"], arrays, new=new_callbacks, trial=trial)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            reason = " ".join(str(error).split())[:300]
            raise _unlike(f"{type(error).__name__}: {reason}") from error

    def _restore(self, values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], *, new_rate: bool) -> None:
        import numpy as np

        optimizer = self.model.optimizer
        rate = copied(optimizer.learning_rate) if new_rate else None
        _assign("optimizer", optimizer.variables, arrays)
        own = getattr(optimizer, "inner_optimizer", optimizer)  # where losses are scaled, for mixed_float16
        if rate is not None and not callable(own._learning_rate):
            optimizer.learning_rate = rate
        _assign("seed", _seeds(self.model), arrays)
        _assign("metric", self.model.metrics_variables, arrays)
        version, gauss = values["random"]["python"]
        random.setstate((version, tuple(arrays["random/python"].tolist()), gauss))
        np.random.set_state(("MT19937", arrays["random/numpy"], *values["random"]["numpy"]))

    @property
    def max_bytes(self) -> int:
        """The most that the arrays of its checkpoint may take, that of callbacks being guessed."""
        variables = (*self.model.optimizer.variables, *_seeds(self.model), *self.model.metrics_variables)
        own = sum(8 * math.prod(variable.shape) + _BYTES_PER_ARRAY for variable in variables)
        of_callback = 8 * self.model.count_params() + _BYTES_PER_CALLBACK
        return int(own + (1 + len(self.callbacks)) * of_callback)

    def _restore_callbacks(
        self, saved: Sequence[Mapping[str, Any]], arrays: Mapping[str, npt.NDArray[Any]], *, new: bool, trial: bool
    ) -> None:
        names = [type(callback).__name__ for callback in self.callbacks]
        left = dict(enumerate(saved))
        if not new and [one["class"] for one in saved] != names:
            raise _unlike("the callbacks are others")
        if trial:
            return
        for callback, name in zip(self.callbacks, names, strict=True):
            index = next((index for index, one in left.items() if one["class"] == name), None)
            if index is not None:
                prefix = f"callback/{index}/"
                own = {road.removeprefix(prefix): array for road, array in arrays.items() if road.startswith(prefix)}
                set_attributes(callback, left.pop(index)["attributes"], own, keep_arguments=new)


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
        expected = copied(variable)
        own = array.view(expected.dtype) if expected.dtype.kind == "V" else array
        if own.shape != expected.shape or own.dtype.kind != expected.dtype.kind:
            received = f"{own.dtype} {own.shape}"
            raise _unlike(f"{variable.path}: expected {expected.dtype} {expected.shape}, received {received}")
        variable.assign(own)


def _unlike(message: str) -> RunError:
    hint = "the model, its optimizer or its metrics were changed: begin a new run"
    return RunError("run/other-model", f"the checkpoint does not fit: {message}", hint=hint)
