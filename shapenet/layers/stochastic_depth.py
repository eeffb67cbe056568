"""The layer ``StochasticDepth``: a branch that is left out at random while training."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import Field

from shapenet.registry import REGISTRIES


@REGISTRIES["layer"].register("StochasticDepth")
def stochastic_depth(
    *, rate: Annotated[float, Field(ge=0, lt=1)], seed: int | None = None, name: str | None = None
) -> Any:
    """Leave a branch out for some images of a batch while training (Huang et al., 2016).

    Images that keep it get it divided by ``1 - rate``, so that its mean stays what it is;
    outside of training nothing changes.

    Args:
        rate: Share of the images that go without.
        seed: Decides the draws; drawn from the experiment's seed unless given.
        name: What later layers may call its output.

    Returns:
        A layer from and to a tensor of any shape ``(batch, ...)``.
    """
    return _layer_class()(rate, seed=seed, name=name)


@cache
def _layer_class() -> Any:
    import keras

    @keras.saving.register_keras_serializable(package="shapenet")
    class StochasticDepth(keras.layers.Layer):  # type: ignore[misc]
        """See `stochastic_depth`."""

        def __init__(self, rate: float, seed: int | None = None, **more: Any) -> None:
            super().__init__(**more)
            self.rate = rate
            self.seed = seed
            self.seed_generator = keras.random.SeedGenerator(seed)
            self.supports_masking = True

        def call(self, inputs: Any, training: bool = False) -> Any:
            """`inputs`, zero for the images that go without."""
            if not training or not self.rate:
                return inputs
            shape = (keras.ops.shape(inputs)[0], *(1 for _ in inputs.shape[1:]))
            # In float32: bfloat16 would round the draws to a coarse grid and with it the rate.
            drawn = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
            kept = keras.ops.cast(drawn >= self.rate, inputs.dtype)
            return inputs * kept / keras.ops.cast(1 - self.rate, inputs.dtype)

        def compute_output_shape(self, input_shape: Any) -> Any:
            """That of the input."""
            return input_shape

        def get_config(self) -> dict[str, Any]:
            """The arguments that make the layer."""
            return {**super().get_config(), "rate": self.rate, "seed": self.seed}

    return StochasticDepth
