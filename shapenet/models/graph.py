"""Connect the layers of a config: chains, branches and merges by name, repetitions and groups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from typing import Any

from shapenet.errors import ConfigError, Key
from shapenet.keras_faults import keras_faults
from shapenet.layers.nested import Nested, nested
from shapenet.models.exact import exact_layers, in_float32
from shapenet.models.inputs import check_number, takes_list
from shapenet.models.names import check_names, input_names, layer_key
from shapenet.models.scope import INPUT, PREVIOUS, SEPARATOR, Scope
from shapenet.models.unfit import empty_output, unfit
from shapenet.registry import Component

LAST = ""
"""Stands for the last layer where others go by their names."""


def connect(layers: Sequence[Component], inputs: Any, road: Key = ("model", "layers")) -> Any:
    """Apply `layers` to `inputs`.

    A layer follows the one before it, unless its ``inputs`` name others. A layer is
    known by its ``name``; ``input`` is what the first layer of a list gets, ``previous``
    the layer before.

    In the model, layers inside a block are called ``block.layer``, after the block's name
    or, where it has none, after what it is and its number: ``residual_2.conv1``.

    Args:
        layers: The layers, first to last.
        inputs: A symbolic Keras tensor.
        road: Where the layers stand in the config.

    Returns:
        The last layer's output.

    Raises:
        ConfigError: A layer refuses its arguments or its input, or names don't fit: see `check_names`.
        MachineError: The memory does not suffice for a layer.
    """
    return connect_all(layers, inputs, road)[LAST]


def connect_all(
    layers: Sequence[Component], inputs: Any, road: Key = ("model", "layers"), *, exact: Collection[int] = ()
) -> dict[str, Any]:
    """Apply `layers` to `inputs`, as `connect` does.

    Args:
        layers: The layers, first to last.
        inputs: A symbolic Keras tensor.
        road: Where the layers stand in the config.
        exact: Places of those that compute in float32 in any case, a list of layers in its last ones.

    Returns:
        The output of each layer that has a name, by the name; that of the last one as `LAST`.
    """
    check_names(layers, road)
    scope = _scope(layers, inputs, {}, "")
    last = _connect(layers, scope, road, exact)
    return {**scope.outputs, LAST: last}


def _scope(layers: Sequence[Component], inputs: Any, outputs: dict[str, Any], prefix: str) -> Scope:
    given = {str(name) for layer in layers if (name := layer.arguments.get("name"))}
    return Scope(inputs, {INPUT: inputs, **outputs}, prefix, given)


def _connect(layers: Sequence[Component], scope: Scope, road: Key, exact: Collection[int] = ()) -> Any:
    for index, component in enumerate(layers):
        scope.previous = _connect_one(component, scope, layer_key(road, index), exact=index in exact)
        if name := component.arguments.get("name"):
            scope.outputs[str(name)] = scope.previous
    return scope.previous


def _connect_one(component: Component, scope: Scope, key: Key, *, exact: bool) -> Any:
    names = input_names(component) or [PREVIOUS]
    received = [scope.previous if name == PREVIOUS else scope.outputs[name] for name in names]
    inner = nested(component)
    if inner is not None:
        return _connect_nested(component, inner, scope, received, key, exact=exact)
    with in_float32() if exact else nullcontext():
        return _apply(component.name, _create(_named(component, scope), key), received, key)


def _connect_nested(
    component: Component, inner: Nested, scope: Scope, received: list[Any], key: Key, *, exact: bool
) -> Any:
    name = scope.full_name(component.arguments.get("name"), inner.label)
    outside = scope.outputs if inner.sees_outside else {}
    output = received[0]
    for number in range(1, inner.times + 1):
        prefix = f"{name}{SEPARATOR}{number}{SEPARATOR}" if inner.sees_outside else f"{name}{SEPARATOR}"
        inputs = {**outside, **dict(zip(inner.input_names, [output, *received[1:]], strict=True))}
        ends = exact_layers(inner.layers, [len(inner.layers) - 1]) if exact and number == inner.times else ()
        within = _scope(inner.layers, output, inputs, prefix)
        output = _connect(inner.layers, within, (*key, component.name, "layers"), ends)
    return output


def _named(component: Component, scope: Scope) -> Component:
    """`component` with its name in the model; Keras's layers outside of blocks are named by the config or by Keras."""
    given = component.arguments.get("name")
    if "name" not in component.entry.parameters or (component.entry.origin == "keras" and not scope.prefix):
        return component
    return component.having(name=scope.full_name(given, component.name))


def _create(component: Component, key: Key) -> Any:
    def refusal(reason: str) -> ConfigError:
        return ConfigError("model/argument", f"{component.name}: {reason}", key=key)

    with keras_faults(component.name, key, refusal):
        layer = component.without("inputs").create()
    for attribute in ("activity_regularizer", "_activity_regularizer"):  # the second is MultiHeadAttention's
        if (regularizer := getattr(layer, attribute, None)) is not None:
            setattr(layer, attribute, _of_float32(regularizer))
    return layer


def _of_float32(regularizer: Any) -> Any:
    """A regularizer of outputs that may be in half precision, which Keras can't add to losses in float32."""
    import keras

    class InFloat32(keras.Regularizer):  # type: ignore[misc]
        """Penalises outputs as `regularizer` does."""

        def __call__(self, outputs: Any) -> Any:
            """The penalty, a scalar in float32."""
            return regularizer(keras.ops.cast(outputs, "float32"))

        def get_config(self) -> dict[str, Any]:
            """What TensorBoard's graph shows."""
            return {"regularizer": keras.regularizers.serialize(regularizer)}

    return InFloat32()


def _apply(name: str, layer: Any, received: list[Any], key: Key) -> Any:
    shapes = [tuple(tensor.shape[1:]) for tensor in received]
    try:
        with keras_faults(name, key, lambda reason: unfit(name, shapes, reason)):
            check_number(name, layer, len(received))
            output = layer(received) if takes_list(layer) and len(received) > 1 else layer(*received)
        if not hasattr(output, "shape"):
            message = f"expected one output from {name}, received {_described(output)}"
            hint = "only what is a single tensor can go on to the next layer: leave return_state and the like at false"
            raise ConfigError("model/several-outputs", message, hint=hint)
        if 0 in output.shape[1:]:
            raise empty_output(name, shapes)
    except ConfigError as error:
        raise error.under(key) from error.__cause__
    return output


def _described(output: Any) -> str:
    return f"{len(output)} of them" if isinstance(output, list | tuple | dict) else f"a {type(output).__name__}"
