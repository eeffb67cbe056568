"""Write Keras's own names, arguments and defaults into shapenet/keras_vocabulary.json.

Run by ``make vocabulary`` after an upgrade of Keras; a test compares the result with
the committed file.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = Path(__file__).parent.parent / "shapenet" / "keras_vocabulary.json"

LEFT_OUT = {
    "layer": {
        # Base classes and specifications.
        "Layer", "Wrapper", "InputLayer", "InputSpec",
        # Run code that no config can check, or load it from a file.
        "Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
        # Read a file that an argument names.
        "StringLookup", "IntegerLookup", "TextVectorization",
        # Work in no model: the one gives its input for its output's form, the other does nothing outside of training.
        "Equalization", "RandomCrop",
    },
    "optimizer": {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"},
    "schedule": {"LearningRateSchedule"},
    "loss": {"Loss", "CTC"},
    "metric": {"Metric", "Mean", "MeanMetricWrapper", "Sum"},
    "initializer": {"Initializer"},
    "regularizer": {"Regularizer"},
    "constraint": {"Constraint"},
    # Our own cover the rest; RemoteMonitor reaches the network.
    "callback": {
        "BackupAndRestore", "Callback", "CallbackList", "CSVLogger", "EarlyStopping", "History", "LambdaCallback",
        "LearningRateScheduler", "ModelCheckpoint", "OrbaxCheckpoint", "ProgbarLogger", "RemoteMonitor",
        "TensorBoard", "TerminateOnNaN",
    },
    # Change the size, which the model fixes, or the number of boxes.
    "augmentation": {"CenterCrop", "MaxNumBoundingBoxes", "RandomCrop", "Resizing"},
}  # fmt: skip
UNUSED = {"self", "args", "kwargs", "quantization_config"}
AUGMENTATION_UNUSED = {"data_format", "seed"}
"""What shapenet decides for augmentations: images are channels last, and draws follow from the experiment's seed."""
LAYER_BASE = {"name": None, "trainable": True, "dtype": None}


def vocabulary() -> dict[str, Any]:
    """Every kind of Keras object: name to parameters and summary; and the activations' names."""
    import keras

    modules = {
        "layer": keras.layers,
        "optimizer": keras.optimizers,
        "schedule": keras.optimizers.schedules,
        "loss": keras.losses,
        "metric": keras.metrics,
        "initializer": keras.initializers,
        "regularizer": keras.regularizers,
        "constraint": keras.constraints,
        "callback": keras.callbacks,
    }
    kinds = {kind: _classes(kind, module) for kind, module in modules.items()}
    kinds["augmentation"] = _augmentations()
    activations = sorted(
        name
        for name in dir(keras.activations)
        if name not in {"deserialize", "get", "serialize"} and not name.startswith("_")
    )
    return {"activations": activations, "kinds": kinds}


def _classes(kind: str, module: ModuleType) -> dict[str, Any]:
    found = {}
    for name in sorted(dir(module)):
        cls = getattr(module, name)
        if inspect.isclass(cls) and not name.startswith("_") and name not in LEFT_OUT[kind]:
            found[name] = {"parameters": _parameters(kind, cls), "summary": _summary(cls)}
    return found


def _augmentations() -> dict[str, Any]:
    """The layers that change images and can take masks along."""
    import keras
    from keras.src.layers.preprocessing.image_preprocessing import base_image_preprocessing_layer as base

    found = _classes("augmentation", keras.layers)
    return {
        name: details
        for name, details in found.items()
        if issubclass(getattr(keras.layers, name), base.BaseImagePreprocessingLayer)
    }


def _parameters(kind: str, cls: type) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.name not in UNUSED | (AUGMENTATION_UNUSED if kind == "augmentation" else set()):
            required = parameter.default is parameter.empty
            parameters[parameter.name] = {} if required else {"default": _plain(parameter.default)}
    if kind == "layer":
        parameters |= {name: {"default": value} for name, value in LAYER_BASE.items() if name not in parameters}
    return parameters


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


if __name__ == "__main__":
    TARGET.write_text(json.dumps(vocabulary(), indent=1, sort_keys=True) + "\n")
    print(f"wrote {TARGET}")
