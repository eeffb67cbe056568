"""Blocks that a config defines: what they become, and what is told when they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from shapenet.config.definitions import expand_definitions
from shapenet.config.nodes import child, to_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Problem
from shapenet.experiment import load_experiment
from shapenet.vocabulary import load_vocabulary

load_vocabulary()

HEAD = "name: a\ndata: {source: {shapes: {classes: [square, star], num_images: 40, size: 16}}}\nmodel:\n"
UNIT = """\
  parameters: {width: 8, depth: 2}
  define:
    unit:
      parameters: {filters: 32, stride: 1}
      layers:
        - Conv2D: {filters: $filters, kernel_size: 3, strides: $stride, name: conv}
        - ReLU
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "a.yaml"
    path.write_text(HEAD + text)
    return path


def layers_of(folder: Path, text: str, *overrides: str) -> Any:
    """The layers of a config as its resolved form has them."""
    experiment = load_experiment(written(folder, text), overrides)
    resolved = yaml.safe_load(experiment.resolved())
    assert resolved["model"]["define"] == {}
    return resolved["model"]["layers"]


def problems_of(folder: Path, text: str, *overrides: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_experiment(written(folder, text), overrides)
    return caught.value.problems


def conv(filters: int, stride: int) -> dict[str, Any]:
    return {"Conv2D": {"filters": filters, "kernel_size": 3, "strides": stride, "name": "conv"}}


def group(*layers: object, name: str | None = None, **more: object) -> dict[str, Any]:
    arguments = {"layers": list(layers), "input_names": ["input"], "label": "unit", "name": name}
    return {"group": {**arguments, **more}}


def test_a_use_becomes_a_group_with_its_arguments(tmp_path: Path) -> None:
    text = UNIT + "  layers: [unit, {unit: {filters: 64, stride: 2, name: last, inputs: input}}, Flatten]\n"
    assert layers_of(tmp_path, text) == [
        group(conv(32, 1), "ReLU"),
        group(conv(64, 2), "ReLU", name="last", inputs="input"),
        "Flatten",
    ]


def test_the_resolved_config_gives_the_same_layers_again(tmp_path: Path) -> None:
    text = UNIT + "  layers: [{unit: {filters: 4}}, {repeat: {times: 2, layers: [unit]}}, Flatten]\n"
    first = load_experiment(written(tmp_path, text))
    (tmp_path / "resolved.yaml").write_text(first.resolved())
    again = load_experiment(tmp_path / "resolved.yaml")
    assert again.config == first.config.model_copy(update={"define": {}})
    assert again.digest() == first.digest()


def test_parameters_of_the_model_reach_widths_and_depths(tmp_path: Path) -> None:
    text = UNIT + (
        "  layers: [{repeat: {times: '${model.parameters.depth}', "
        "layers: [{unit: {filters: '${model.parameters.width}'}}]}}, Flatten]\n"
    )
    repeated, _ = layers_of(tmp_path, text, "model.parameters.width=6", "model.parameters.depth=5")
    assert repeated["repeat"]["times"] == 5
    assert repeated["repeat"]["layers"] == [group(conv(6, 1), "ReLU")]


def test_definitions_use_each_other_and_hand_arguments_on(tmp_path: Path) -> None:
    text = (
        UNIT
        + """\
    pair:
      inputs: [input, skip]
      parameters: {width: 5, last: ReLU}
      layers:
        - unit: {filters: $width}
        - repeat: {times: 2, layers: [{unit: {filters: $width, stride: 1}}]}
        - Add: {inputs: [previous, skip]}
        - $last
  layers: [{Flatten: {name: a}}, {pair: {width: 7, last: {Dropout: {rate: 0.5}}, inputs: [a, a]}}]
"""
    )
    _, pair = layers_of(tmp_path, text)
    layers = pair["group"]["layers"]
    assert layers[0] == group(conv(7, 1), "ReLU")
    assert layers[1]["repeat"]["layers"] == [group(conv(7, 1), "ReLU")]
    assert layers[2:] == [{"Add": {"inputs": ["previous", "skip"]}}, {"Dropout": {"rate": 0.5}}]
    assert (pair["group"]["input_names"], pair["group"]["label"]) == (["input", "skip"], "pair")


def test_what_stands_outside_of_definitions_keeps_its_dollars() -> None:
    tree = parse_yaml("model: {define: {a: {layers: [ReLU]}}, layers: [{X: {text: $b}}]}", "t", Path(), with_lines=True)
    model = child(expand_definitions(tree), "model")
    assert model is not None
    assert to_plain(model) == {"layers": [{"X": {"text": "$b"}}]}


def test_values_keep_their_types(tmp_path: Path) -> None:
    text = "  define: {a: {parameters: {p: null, q: true}, layers: [{Conv2D: {filters: 2, kernel_size: 3, "
    text += "activation: $p, use_bias: $q}}]}}\n  layers: [a, {a: {p: relu, q: false}}]\n"
    first, second = (layer["group"]["layers"][0]["Conv2D"] for layer in layers_of(tmp_path, text))
    assert (first["activation"], first["use_bias"]) == (None, True)
    assert (second["activation"], second["use_bias"]) == ("relu", False)


def test_a_mistake_names_the_use_and_the_definition(tmp_path: Path) -> None:
    text = UNIT + "  layers:\n    - Flatten\n    - unit: {filters: wide}\n"
    (problem,) = problems_of(tmp_path, text)
    path = tmp_path / "a.yaml"
    assert problem.message.endswith(f"(in unit, defined at {path}:6:5, used at {path}:13:7)")
    assert str(problem.place) == f"{path}:13:23"  # where the value was given


def test_a_mistake_in_a_definition_stands_there_once_a_use(tmp_path: Path) -> None:
    text = UNIT.replace("kernel_size: 3", "kernel_size: 0") + "  layers:\n    - unit\n    - unit: {stride: 2}\n"
    problems = problems_of(tmp_path, text)
    path = tmp_path / "a.yaml"
    assert [str(problem.place) for problem in problems] == [f"{path}:9:52"] * 2
    uses = [problem.message.rpartition("used at ")[2] for problem in problems]
    assert uses == [f"{path}:12:7)", f"{path}:13:7)"]


PLAIN = UNIT + "  layers: [unit, Flatten]\n"
FAULTS = [
    ("unit: {fliters: 3}", "config/unknown-argument", "unit, defined at FILE:6:5, has no argument 'fliters'",
        "did you mean filters?"),
    ("unti", "config/unknown-layer", "there is no layer 'unti'", "did you mean unit or UNetUp or CutMix?"),
    ("unit: 3", "config/value", "expected the arguments of unit as a mapping", "write unit: {argument: value}"),
]  # fmt: skip


@pytest.mark.parametrize(("use", "code", "message", "hint"), FAULTS)
def test_wrong_uses(use: str, code: str, message: str, hint: str, tmp_path: Path) -> None:
    written_use = use if ":" not in use else f"{{{use}}}"
    (problem,) = problems_of(tmp_path, PLAIN.replace("[unit,", f"[{written_use},"))
    assert (problem.code, problem.hint) == (code, hint)
    assert problem.message == message.replace("FILE", str(tmp_path / "a.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("unit:", "Dense:", "config/definition", "model.define.Dense: there is a layer of this name already"),
        (
            "layers:\n        -",
            "layer:\n        -",
            "config/definition",
            "model.define.unit: expected a mapping",
        ),
        ("parameters: {filters", "params: {filters", "config/unknown-key", "model.define.unit.params is not a field"),
        (
            "{filters: 32, stride: 1}",
            "[filters]",
            "config/definition",
            "model.define.unit.parameters: expected",
        ),
        ("stride: 1}", "stride: 1, name: x}", "config/definition", "model.define.unit.parameters: 'name' can't be"),
        ("- ReLU", "- unit", "config/definition-cycle", "blocks can't contain themselves: unit > unit"),
        ("$filters", "$filter", "config/unknown-parameter", "unit has no parameter 'filter'"),
    ],
)
def test_wrong_definitions(old: str, new: str, code: str, message: str, tmp_path: Path) -> None:
    text = PLAIN.replace(old, new, 1)
    assert text != PLAIN
    problem = problems_of(tmp_path, text)[0]
    assert problem.code == code
    assert problem.message.startswith(message)
    assert problem.place is not None
    assert problem.place.line is not None


def test_circles_over_several_definitions(tmp_path: Path) -> None:
    text = "  define: {a: {layers: [b]}, b: {layers: [{repeat: {times: 2, layers: [a]}}]}}\n  layers: [a]\n"
    (problem,) = problems_of(tmp_path, text)
    assert problem.message == "blocks can't contain themselves: a > b > a"


def test_blocks_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    blocks = ", ".join(f"b{n}: {{layers: [b{n + 1}, b{n + 1}, b{n + 1}, b{n + 1}]}}" for n in range(12))
    text = f"  define: {{{blocks}, b12: {{layers: [ReLU]}}}}\n  layers: [b0]\n"
    (problem,) = problems_of(tmp_path, text)
    assert problem.code == "config/too-big"
    assert problem.message == "the blocks of model.define come to more than 100,000 values or 64 levels"


def test_arguments_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    blocks = ", ".join(f"b{n}: {{parameters: {{x: ReLU}}, layers: [$x, $x, $x, $x]}}" for n in range(14))
    use = "ReLU"
    for number in range(14):
        use = f"{{b{number}: {{x: {use}}}}}"
    (problem,) = problems_of(tmp_path, f"  define: {{{blocks}}}\n  layers: [{use}]\n")
    assert problem.code == "config/too-big"


def test_a_parameter_that_the_model_does_not_have(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, PLAIN, "model.parameters.widht=3")
    assert problem.code == "usage/override"
    assert problem.message == "there is no model.parameters.widht: nothing would refer to it"
    assert problem.hint == "did you mean width?"


def test_definitions_of_several_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(HEAD + "  define: {Head: {layers: [Flatten]}}\n  layers: [Head]\n")
    own = "extends: base.yaml\nmodel: {define: {Body: {layers: [ReLU]}}, layers: [Body, Head]}\n"
    (tmp_path / "own.yaml").write_text(own)
    config = load_experiment(tmp_path / "own.yaml").config
    assert [layer.arguments["label"] for layer in config.model.layers] == ["Body", "Head"]
