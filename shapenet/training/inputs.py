"""What a model is given of a record: its image, or fields in place of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapenet.config.schema import ExperimentConfig
from shapenet.data.augmentation.augmenter import mixes_labels
from shapenet.errors import ConfigError, Key
from shapenet.models.build import AnySpec, InputSpec
from shapenet.models.field_input import fields_spec
from shapenet.tasks.base import BoundTask, DataSpec
from shapenet.training.fields import IMAGE, target_fields

_AUGMENT: Key = ("data", "augment")


def input_spec(config: ExperimentConfig, data: DataSpec) -> AnySpec:
    """What the data gives the model of an experiment.

    Raises:
        ConfigError: A field that the model is given holds no numbers.
    """
    if config.model.input is not None:
        return fields_spec(config.model.input, data)
    image = data.fields["image"]
    return InputSpec(image.shape, image.dtype)


def given_of(batch: Mapping[str, Any], inputs: Sequence[str]) -> Any:
    """What a model is given of a batch: its images, or the fields by their names.

    Args:
        batch: The values of the fields of a batch.
        inputs: The fields that the model is given.
    """
    return batch["image"] if inputs == IMAGE else {name: batch[name] for name in inputs}


def check_scaling(config: ExperimentConfig) -> None:
    """Refuse ``model.input_scaling`` where no image goes in.

    Raises:
        ConfigError: It is given.
    """
    if config.model.input is not None and config.model.input_scaling != "auto":
        message = "model.input_scaling is for images, and model.input names fields"
        hint = "leave it out: numbers are standardised by the train split's means and deviations"
        raise ConfigError("config/conflict", message, key=("model", "input_scaling"), hint=hint)


def check_augmentable(config: ExperimentConfig, tasks: Mapping[str, BoundTask]) -> None:
    """Refuse augmentation of images where numbers go in that would not follow them.

    Args:
        config: The experiment.
        tasks: The tasks on the data.

    Raises:
        ConfigError: A number would say of an image what is no longer so, or no image is learnt.
    """
    if config.model.input is None or not config.data.augment:
        return
    moves = [task.moves for task in tasks.values()]
    if IMAGE[0] not in target_fields(config) and not any(move.images or move.masks for move in moves):
        message = "data.augment does nothing: no image goes in, and none is learnt"
        raise ConfigError("config/conflict", message, key=_AUGMENT, hint="leave it out")
    mixer = mixes_labels(config.data.augment)
    moved = {name for move in moves for name in move.point_names}
    for name in config.model.input.fields:
        if name == "label" and mixer is None:
            continue
        if name == "label":
            message = f"{mixer} mixes images of several classes, and the model is given one label for each"
        elif name not in moved:
            message = f"data.augment changes the images that are learnt, and the input {name!r} would not follow"
        else:
            continue
        hint = "leave data.augment out; only labels, and points that a task names, keep to an image that moves"
        raise ConfigError("config/conflict", message, key=_AUGMENT, hint=hint)
