"""Everything that registers: the built-in vocabulary and installed plug-ins."""

from __future__ import annotations

import importlib
import importlib.metadata
from functools import cache

from shapenet.errors import Place
from shapenet.plugins import broken_plugin

_BUILT_IN = (
    "shapenet.keras_vocabulary",
    "shapenet.data.arrays.source",
    "shapenet.data.combine.concat",
    "shapenet.data.combine.filter",
    "shapenet.data.combine.take",
    "shapenet.data.combine.zip",
    "shapenet.data.csv.source",
    "shapenet.data.folder.source",
    "shapenet.data.shapes.source",
    "shapenet.data.text.source",
    "shapenet.data.tfrecord.source",
    "shapenet.layers.backbone",
    "shapenet.layers.bottleneck",
    "shapenet.layers.conv_norm_activation",
    "shapenet.layers.convnext_block",
    "shapenet.layers.dense_block",
    "shapenet.layers.inception",
    "shapenet.layers.inverted_residual",
    "shapenet.layers.mixer_block",
    "shapenet.layers.nested",
    "shapenet.layers.patch_embedding",
    "shapenet.layers.residual",
    "shapenet.layers.squeeze_excite",
    "shapenet.layers.stochastic_depth",
    "shapenet.layers.transformer_encoder",
    "shapenet.layers.transition",
    "shapenet.layers.unet_down",
    "shapenet.layers.unet_up",
    "shapenet.optim.schedules",
    "shapenet.tasks.classification.task",
    "shapenet.tasks.reconstruction.measures",
    "shapenet.tasks.reconstruction.task",
    "shapenet.tasks.regression.r2",
    "shapenet.tasks.regression.task",
    "shapenet.tasks.segmentation.losses",
    "shapenet.tasks.segmentation.metrics",
    "shapenet.tasks.segmentation.task",
)
_ENTRY_POINTS = "shapenet.plugins"


@cache
def load_vocabulary() -> None:
    """Enter the built-in vocabulary and that of installed plug-ins in the registries.

    Raises:
        ConfigError: An installed plug-in fails.
    """
    for module in _BUILT_IN:
        importlib.import_module(module)
    for point in importlib.metadata.entry_points(group=_ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:
            raise broken_plugin(f"the installed plug-in {point.name}", error, Place(point.value)) from error
