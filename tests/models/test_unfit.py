"""Layers that don't fit each other: the whole message, and what to insert."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.config.schema import ModelConfig
from shapenet.errors import ShapenetError
from shapenet.models.build import InputSpec, build_model
from shapenet.tasks.classification.single import BoundClassification
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()


def conv(filters: int, **more: object) -> dict[str, object]:
    return {"Conv2D": {"filters": filters, "kernel_size": 3, "padding": "same", **more}}


def merge(kind: str, *names: str) -> dict[str, object]:
    return {kind: {"inputs": list(names)}}


def pool(name: str, size: int = 2) -> dict[str, object]:
    return {"MaxPooling2D": {"pool_size": size, "name": name, "inputs": "input"}}


TWO_LEVELS = [
    {"UNetDown": {"filters": 2, "pool_size": 1, "name": "a"}}, {"UNetDown": {"filters": 2, "name": "b"}},
    {"UNetDown": {"filters": 2}},
]  # fmt: skip
CASES: dict[str, tuple[list[object], str, str, str | None, int]] = {
    "Dense on a map": (
        [conv(4), {"Dense": {"units": 8}}],
        "model/head",
        "the classification head needs a vector for each image, received (16, 12, 8) from the last layer",
        "insert Flatten or GlobalAveragePooling2D before Dense: it works on each place of the map by itself",
        1,
    ),
    "a map at the end": (
        [conv(4), "ReLU"],
        "model/head",
        "the classification head needs a vector for each image, received (16, 12, 4) from the last layer",
        "end model.layers with Flatten or GlobalAveragePooling2D",
        1,
    ),
    "Conv2D after Flatten": (
        ["Flatten", conv(4)],
        "model/shape",
        "Conv2D can't take an input of shape (576,): it expects height x width x channels or more",
        "insert Reshape: {target_shape: [24, 24, 1]} before it, or put Conv2D before the layer that makes vectors: "
        "Flatten, GlobalAveragePooling2D, ...",
        1,
    ),
    "MaxPooling2D after Flatten": (
        ["Flatten", "MaxPooling2D"],
        "model/shape",
        "MaxPooling2D can't take an input of shape (576,): it expects height x width x channels",
        "insert Reshape: {target_shape: [24, 24, 1]} before it, or put MaxPooling2D before the layer that makes "
        "vectors: Flatten, GlobalAveragePooling2D, ...",
        1,
    ),
    "LSTM on a map": (
        [{"LSTM": {"units": 4}}],
        "model/shape",
        "LSTM can't take an input of shape (16, 12, 3): it expects length x channels",
        "insert Reshape: {target_shape: [-1, 3]} before it, or PatchEmbedding",
        0,
    ),
    "channels differ": (
        [conv(4, name="a"), conv(6, name="b"), merge("Add", "a", "b")],
        "model/shape",
        "Add can't merge inputs of shapes (16, 12, 4), (16, 12, 6): channels 4 and 6",
        "insert Conv2D: {filters: 4, kernel_size: 1} after the one with 6 channels, or merge them by Concatenate",
        2,
    ),
    "sizes differ by a factor": (
        [conv(4, name="a"), pool("b"), merge("Concatenate", "a", "b")],
        "model/shape",
        "Concatenate can't merge inputs of shapes (16, 12, 4), (8, 6, 3): height 16 and 8 and width 12 and 6",
        "insert MaxPooling2D: {pool_size: 2} after the larger one, or UpSampling2D: {size: 2} after the smaller one",
        2,
    ),
    "sizes differ by the edges": (
        [conv(4, name="a", padding="valid"), merge("Concatenate", "input", "a")],
        "model/shape",
        "Concatenate can't merge inputs of shapes (16, 12, 3), (14, 10, 4): height 16 and 14 and width 12 and 10",
        "insert Resizing: {height: 14, width: 10} after the larger one; or padding: same in the layers between them",
        1,
    ),
    "a map and a vector": (
        [conv(4, name="a"), {"Flatten": {"name": "b"}}, merge("Concatenate", "a", "b")],
        "model/shape",
        "Concatenate can't merge inputs of shapes (16, 12, 4), (768,): one has more axes",
        "bring them to one form: Flatten or GlobalAveragePooling2D of the map, or Reshape of the vector",
        2,
    ),
    "vectors differ": (
        [
            {"Flatten": {"name": "f"}}, {"Dense": {"units": 4, "name": "a"}}, {"Dense": {"units": 5, "name": "b"}},
            merge("Add", "a", "b"),
        ],
        "model/shape",
        "Add can't merge inputs of shapes (4,), (5,): length 4 and 5",
        "insert Dense: {units: 4} before the second of them",
        3,
    ),
    "a skip of another level": (
        [*TWO_LEVELS, {"UNetUp": {"filters": 2, "inputs": ["previous", "a"]}}],
        "model/shape",
        "UNetUp enlarges 4 x 3 to 8 x 6, and its skip has 16 x 12",
        "name the level of the same size as skip: inputs: [previous, LEVEL]; or give size: 4",
        3,
    ),
    "a skip that is missing": (
        [conv(4), {"UNetUp": {"filters": 2}}],
        "model/inputs",
        "UNetUp takes 2 inputs, received 1",
        "name them: inputs: [previous, NAME], where NAME is the name: of a layer before",
        1,
    ),
    "a merge of one": (
        [conv(4), "Add"],
        "model/inputs",
        "Add takes at least 2 inputs, received 1",
        "name them: inputs: [previous, NAME], where NAME is the name: of a layer before",
        1,
    ),
    "two inputs for a layer of one": (
        [conv(4, name="a"), {"Dropout": {"rate": 0.5, "inputs": ["a", "input"]}}],
        "model/inputs",
        "Dropout takes 1 input, received 2",
        "merge them first, by Concatenate or Add for example",
        1,
    ),
    "two inputs for a block of one": (
        [conv(4, name="a"), {"Residual": {"filters": 2, "inputs": ["a", "input"]}}],
        "model/inputs",
        "Residual takes 1 input, received 2",
        "merge them first, by Concatenate or Add for example",
        1,
    ),
    "channels that groups do not divide": (
        [conv(4, groups=2)],
        "model/shape",
        "Conv2D can't take an input of shape (16, 12, 3): The number of input channels must be evenly divisible by the "
        "number of groups. Received groups=2, but the input has 3 channels (full input shape is (None, 16, 12, 3)).",
        "3 channels can be divided into groups: 1, 3",
        0,
    ),
    "more groups than channels": (
        [conv(6), {"GroupNormalization": {"groups": 32}}],
        "model/shape",
        "GroupNormalization can't take an input of shape (16, 12, 6): Number of groups (32) cannot be more than the "
        "number of channels (6).",
        "6 channels can be divided into groups: 1, 2, 3, 6",
        1,
    ),
    "Reshape to another size": (
        [{"Reshape": {"target_shape": [10, 10, 3]}}],
        "model/shape",
        "Reshape can't take an input of shape (16, 12, 3): The total size of the tensor must be unchanged. "
        "Received: input_shape=(16, 12, 3), target_shape=(10, 10, 3)",
        "the input has 16 x 12 x 3 = 576 numbers, target_shape 10 x 10 x 3 = 300; "
        "one side may be -1, which is what the others leave",
        0,
    ),
    "Reshape to sides that do not divide the size": (
        [{"Reshape": {"target_shape": [-1, 7]}}],
        "model/shape",
        "Reshape can't take an input of shape (16, 12, 3): The total size of the tensor must be unchanged, however, "
        "the input size cannot by divided by the specified dimensions in target_shape. "
        "Received: input_shape=(16, 12, 3), target_shape=(-1, 7)",
        "the input has 16 x 12 x 3 = 576 numbers, target_shape asks for a multiple of 7",
        0,
    ),
    "an axis that there is not": (
        [{"BatchNormalization": {"axis": 4}}],
        "model/shape",
        "BatchNormalization can't take an input of shape (16, 12, 3): it has no axis of that number",
        "give axis 1 to 3, or -1 for the last: axis 0 is the batch",
        0,
    ),
    "too much pooling": (
        ["MaxPooling2D"] * 4,
        "model/too-small",
        "MaxPooling2D can't take an input of shape (2, 1, 3): Computed output size would be zero or negative",
        "these layers need images of at least 16 x 16; use larger images or less pooling",
        3,
    ),
    "too many levels": (
        [{"UNetDown": {"filters": 2}}] * 4,
        "model/too-small",
        "UNetDown would leave nothing: pool_size 2, received (2, 1, 2)",
        "these layers need images of at least 16 x 16; use larger images or less pooling",
        3,
    ),
    "a block of maps after a vector": (
        ["Flatten", {"Residual": {"filters": 2}}],
        "model/shape",
        "Residual expects height x width x channels, received (576,)",
        "put Residual before Flatten and global poolings; Reshape makes a map of a vector",
        1,
    ),
    "a transformer on a map": (
        [conv(4), {"TransformerEncoder": {"num_heads": 2}}],
        "model/shape",
        "TransformerEncoder expects tokens x channels, received (16, 12, 4)",
        "insert PatchEmbedding before it, or Reshape: {target_shape: [-1, 4]}",
        1,
    ),
    "heads that don't divide": (
        [{"PatchEmbedding": {"patch_size": 4, "dim": 8}}, {"TransformerEncoder": {"num_heads": 3}}],
        "model/shape",
        "TransformerEncoder: num_heads 3 does not divide the 8 values of a token",
        "give num_heads: 4, or another dim before it",
        1,
    ),
}  # fmt: skip


def problem_of(layers: list[object], shape: tuple[int | None, ...] = (16, 12, 3)) -> Any:
    config = ModelConfig.model_validate({"layers": layers})
    with pytest.raises(ShapenetError) as caught:
        build_model(config, {"": BoundClassification(spec_of(3))}, InputSpec(shape, "uint8"), "test")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_told_with_what_to_insert(case: str) -> None:
    layers, code, message, hint, index = CASES[case]
    problem = problem_of(layers)
    assert (problem.code, problem.message, problem.hint) == (code, message, hint)
    assert problem.key == ("model", "layers", index)


@pytest.mark.parametrize("block", ["PatchEmbedding", "MixerBlock"])
def test_blocks_that_learn_places_need_one_size(block: str) -> None:
    patches: dict[str, Any] = {"patch_size": 4, "dim": 8}
    mixer = [{"PatchEmbedding": {**patches, "positions": False}}, {"MixerBlock": {"tokens_units": 2,
        "channels_units": 2}}]  # fmt: skip
    layers: list[object] = [{"PatchEmbedding": patches}] if block == "PatchEmbedding" else [*mixer]
    problem = problem_of(layers, shape=(None, None, 3))
    assert problem.message.endswith("expected images of one size, received any size")
    assert "Resizing: {height: 64, width: 64}" in problem.hint
