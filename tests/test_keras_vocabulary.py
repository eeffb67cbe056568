"""Keras's names as the committed file has them: complete, safe, and each one can be made."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from shapenet import keras_vocabulary
from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES, Component
from shapenet.vocabulary import load_vocabulary

load_vocabulary()

REPOSITORY = Path(__file__).resolve().parent.parent
VOCABULARY = json.loads(Path(keras_vocabulary.__file__).with_suffix(".json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tool() -> Any:
    """tools/keras_vocabulary.py as a module."""
    spec = importlib.util.spec_from_file_location("tool", REPOSITORY / "tools" / "keras_vocabulary.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_tool_writes(tool: Any) -> None:
    assert tool.vocabulary() == VOCABULARY


def test_every_public_layer_is_there_or_left_out_for_a_reason(tool: Any) -> None:
    import inspect

    import keras

    public = {name for name, value in vars(keras.layers).items() if inspect.isclass(value)}
    assert public == set(VOCABULARY["kinds"]["layer"]) | tool.LEFT_OUT["layer"] & public


@pytest.mark.parametrize("name", ["Lambda", "TFSMLayer", "TorchModuleWrapper", "StringLookup", "InputLayer"])
def test_layers_that_run_code_or_read_files_are_unknown(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no layer"):
        parse_component("layer", name)


NEED_MORE = {"CategoryEncoding", "Discretization", "STFTSpectrogram", "STFT", "STFTInitializer", "stft"}
"""Keras objects that can't be made without arguments although each has a default, or need SciPy."""


def makeable(kind: str) -> list[str]:
    """Names of the entries that need no argument."""
    entries = [entry for entry in REGISTRIES[kind] if entry.origin == "keras" and entry.name not in NEED_MORE]
    return [entry.name for entry in entries if not any(p.required for p in entry.parameters.values())]


@pytest.mark.parametrize("kind", ["layer", "optimizer", "loss", "metric", "initializer", "regularizer", "callback"])
def test_each_name_makes_its_keras_object(kind: str) -> None:
    import keras

    made = {name: Component(kind, name).create() for name in makeable(kind)}
    assert len(made) >= 2
    owner = getattr(keras, f"{kind}s" if kind != "loss" else "losses")
    for name, thing in made.items():
        assert isinstance(thing, getattr(owner, name))


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("layer", {"Dense": {"units": 0}}, "units"),
        ("layer", {"Dense": {"units": True}}, "units"),
        ("layer", {"Dropout": {"rate": 1.5}}, "rate"),
        ("layer", {"Conv2D": {"filters": 2, "kernel_size": [3, 3, 3, 3]}}, "kernel_size"),
        ("layer", {"Conv2D": {"filters": 2, "kernel_size": 3, "padding": "full"}}, "padding"),
        ("layer", {"Conv2D": {"filters": 2, "kernel_size": 3, "padding": None}}, "padding"),
        ("layer", {"LSTM": {"units": 2, "activation": None}}, "activation"),
        ("layer", {"Conv2D": {"filters": 2, "kernel_size": 3, "use_bias": 1}}, "use_bias"),
        ("optimizer", {"Adam": {"learning_rate": 0}}, "learning_rate"),
        ("optimizer", {"Adam": {"beta_1": "much"}}, "beta_1"),
        ("schedule", {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 0}}, "decay_steps"),
        ("loss", {"CategoricalCrossentropy": {"label_smoothing": 2}}, "label_smoothing"),
        *(
            ("callback", {"ReduceLROnPlateau": {name: value}}, name)
            for name, value in {
                "patience": "x",
                "cooldown": -1,
                "factor": 1,
                "min_delta": "small",
                "min_lr": -0.1,
                "monitor": 3,
                "mode": "up",
                "verbose": 1.5,
            }.items()
        ),
        ("callback", {"SwapEMAWeights": {"swap_on_epoch": "yes"}}, "swap_on_epoch"),
        ("metric", {"AUC": {"num_thresholds": "many"}}, "num_thresholds"),
        ("metric", {"AUC": {"curve": "roc"}}, "curve"),
        ("metric", {"Precision": {"thresholds": [0.5, 2]}}, "thresholds"),
        ("metric", {"Precision": {"top_k": 0}}, "top_k"),
        ("metric", {"Recall": {"name": 3}}, "name"),
        ("metric", {"F1Score": {"average": "mean"}}, "average"),
        ("metric", {"FBetaScore": {"beta": 0}}, "beta"),
        ("metric", {"MeanIoU": {"num_classes": 2.5}}, "num_classes"),
        ("metric", {"IoU": {"num_classes": 2, "target_class_ids": 1}}, "target_class_ids"),
        ("metric", {"SensitivityAtSpecificity": {"specificity": 50}}, "specificity"),
        ("metric", {"CategoricalCrossentropy": {"label_smoothing": 2}}, "label_smoothing"),
        ("metric", {"CosineSimilarity": {"axis": "last"}}, "axis"),
    ],
)
def test_arguments_of_a_sure_type_are_checked_without_keras(kind: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_component(kind, value)


def test_of_a_sparse_loss_the_one_is_advised_that_smooths_labels() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_component("loss", {"SparseCategoricalCrossentropy": {"label_smoothing": 0.1}})
    assert caught.value.problems[0].hint == "write CategoricalCrossentropy: {label_smoothing: 0.1}"
    with pytest.raises(ConfigError) as caught:
        parse_component("loss", {"SparseCategoricalCrossentropy": {"ax": 1}})
    assert str(caught.value.problems[0].hint).startswith("did you mean axis")


@pytest.mark.parametrize("kind", ["callback", "metric"])
def test_the_defaults_of_keras_are_of_the_types_that_are_asked_for(kind: str) -> None:
    for entry in REGISTRIES[kind]:
        defaults = {p.name: p.default for p in entry.parameters.values() if not p.required}
        needed = {"num_classes": 2, "target_class_ids": [0]}
        needed |= dict.fromkeys(("precision", "recall", "sensitivity", "specificity"), 0.5)
        required = {p.name: needed[p.name] for p in entry.parameters.values() if p.required}
        assert parse_component(kind, {entry.name: {**defaults, **required}})


def test_null_is_taken_where_it_is_the_default() -> None:
    assert parse_component("layer", {"Dense": {"units": 2, "activation": None}}).arguments["activation"] is None


def test_parts_may_stand_where_keras_takes_objects() -> None:
    dense = parse_component(
        "layer", {"Dense": {"units": 2, "kernel_initializer": "he_normal", "kernel_regularizer": {"L2": {"l2": 0.1}}}}
    ).create()
    assert type(dense.kernel_initializer).__name__ == "HeNormal"
    assert float(dense.kernel_regularizer.l2) == pytest.approx(0.1)
    wrapped = parse_component("layer", {"TimeDistributed": {"layer": {"Dense": {"units": 2}}}}).create()
    assert type(wrapped.layer).__name__ == "Dense"
