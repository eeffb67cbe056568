"""Models of the layers that a config would list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from shapenet.config.schema import ModelConfig
from shapenet.errors import Problem, ShapenetError
from shapenet.models.build import InputSpec, build_model
from shapenet.tasks.classification.single import BoundClassification
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()

Built = Callable[..., Any]


def build_layers(*layers: object, shape: Sequence[int | None] = (16, 16, 3), head: str = "auto") -> Any:
    """The model of `layers` on images of `shape`, for 3 classes."""
    config = ModelConfig.model_validate({"layers": list(layers), "head": head})
    return build_model(config, {"": BoundClassification(spec_of(3))}, InputSpec(tuple(shape), "uint8"), "test")


@pytest.fixture
def built() -> Built:
    """The function that makes a model of layers."""
    return build_layers


@pytest.fixture
def refused() -> Callable[..., Problem]:
    """The function that gives the one problem of layers that don't fit."""

    def problem(*layers: object, **more: Any) -> Problem:
        with pytest.raises(ShapenetError) as caught:
            build_layers(*layers, **more)
        (found,) = caught.value.problems
        return found

    return problem
