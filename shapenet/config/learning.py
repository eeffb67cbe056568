"""Sections that say where weights begin, when layers learn, and how long an epoch is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from shapenet.config.problems import raise_in_pydantic
from shapenet.config.section import Section
from shapenet.errors import ConfigError
from shapenet.values import ConfigPath, as_texts

Patterns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(as_texts)]
"""Patterns of layers' names, one or a list."""
_Count = Annotated[int, Field(ge=1)]


class InitConfig(Section):
    """Initial weights from another run, or from a file of weights."""

    run: Annotated[str, Field(min_length=1)] | None = None
    """The run: its directory, its id or its name, or ``latest``."""
    weights: ConfigPath | None = None
    """A file of weights instead, ``*.weights.h5``."""
    checkpoint: Literal["best", "last"] = "best"
    """Which weights of the run."""
    layers: Patterns = ("*",)
    """Which layers get them, by name: ``conv1``, ``stem_*``, ``block/*``; all that fit unless given. Those that
    hold means and deviations of the train split, ``values`` of a regression and ``input_numbers`` of `model.input`,
    keep this run's unless they are named in full."""

    @model_validator(mode="after")
    def _from_one_place(self) -> InitConfig:
        if (self.run is None) == (self.weights is None):
            message = "init: expected either run or weights"
            raise raise_in_pydantic(ConfigError("config/conflict", message))
        return self


class UnfreezeConfig(Section):
    """Layers that `training.freeze` freezes learn from an epoch on."""

    at_epoch: Annotated[int, Field(ge=2)]
    """The first epoch in which they learn, counted from 1. The optimizer counts their steps from there, so that Adam's
    first updates are as long as in a new training; a schedule of the learning rate goes on."""
    layers: Patterns = ("*",)
    """Patterns of layers' names, as in ``training.freeze``; all that are frozen unless given."""


def for_both(value: object) -> object:
    """One number as that of training and of validation."""
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return {"train": value, "val": value} if is_count else value


class LimitBatchesConfig(Section):
    """Use only the first batches of an epoch, to try something out."""

    train: _Count | None = None
    """Batches of each training epoch."""
    val: _Count | None = None
    """Batches of each validation."""
