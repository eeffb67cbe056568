"""Files that extend each other."""

from pathlib import Path

import pytest

from shapenet.config.compose import compose, merge
from shapenet.config.nodes import place_of, to_plain
from shapenet.config.yaml_loader import parse_yaml
from shapenet.errors import ConfigError, Place
from shapenet.experiment import load_experiment


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def problem_of(path):
    with pytest.raises(ConfigError) as caught:
        compose(path)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("a: {x: 1, y: 2}", "a: {y: 3, z: 4}", {"a": {"x": 1, "y": 3, "z": 4}}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: {x: 1}", "a: null", {"a": None}),
        ("o: {SGD: {lr: 1}}", "o: {Adam: {b: 2}}", {"o": {"Adam": {"b": 2}}}),
        ("o: {Adam: {lr: 1}}", "o: {Adam: {b: 2}}", {"o": {"Adam": {"lr": 1, "b": 2}}}),
        ("o: Adam", "o: {SGD: {lr: 1}}", {"o": {"SGD": {"lr": 1}}}),
        ("optimizer: {Adam: {b: 2}}", "optimizer: {my_adam: {lr: 1}}", {"optimizer": {"my_adam": {"lr": 1}}}),
        ("loss: {my_loss: {b: 2}}", "loss: {MeanSquaredError: null}", {"loss": {"MeanSquaredError": None}}),
        ("learning_rate: {mine: {b: 2}}", "learning_rate: {yours: {}}", {"learning_rate": {"yours": {}}}),
        ("optimizer: {Adam: {b: 2}}", "optimizer: {lr: 1}", {"optimizer": {"Adam": {"b": 2}, "lr": 1}}),
        ("bias_initializer: {Zeros: {}}", "bias_initializer: {ones: {}}", {"bias_initializer": {"ones": {}}}),
        ("training: {a: {b: 2}}", "training: {c: {d: 1}}", {"training": {"a": {"b": 2}, "c": {"d": 1}}}),
        ("o: {Adam: {lr: 1}}", "o: Adam", {"o": "Adam"}),
        ("d: {source: {shapes: {a: 8}}}", "d: {source: {csv: {path: a}}}", {"d": {"source": {"csv": {"path": "a"}}}}),
        ("split: {test: 0.1, val: 0.1}", "split: {test: {csv: {}}}", {"split": {"test": {"csv": {}}, "val": 0.1}}),
        ("test: {csv: {path: a}}", "test: {folder: {}}", {"test": {"folder": {}}}),
        ("task: {a: x, b: y}", "task: {c: z}", {"task": {"a": "x", "b": "y", "c": "z"}}),
        ("training: {epochs: 1}", "training: {batch_size: 2}", {"training": {"epochs": 1, "batch_size": 2}}),
    ],
)  # fmt: skip
def test_merge(base, over, result):
    nodes = [parse_yaml(text, "f", Path()) for text in (base, over)]
    assert to_plain(merge(*nodes)) == result
    assert to_plain(nodes[0]) == to_plain(parse_yaml(base, "f", Path()))


@pytest.mark.parametrize(
    ("over", "hint"),
    [
        ("{learning_rate: 1e-3}", "Adam's arguments belong one level deeper, below Adam:"),
        (
            "{learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}",
            "learning_rate is an argument: it belongs one level deeper, below the optimizer's name",
        ),
    ],
)
def test_an_argument_that_stands_too_high_gets_its_hint(tmp_path, over, hint):
    write(tmp_path, base="optimizer: {Adam: {beta_1: 0.5}}", top=f"extends: base.yaml\noptimizer: {over}")
    with pytest.raises(ConfigError) as caught:
        load_experiment(tmp_path / "top.yaml")
    assert hint in [problem.hint for problem in caught.value.problems]


def test_later_files_win_and_values_keep_their_places(tmp_path):
    (tmp_path / "bases").mkdir()
    write(tmp_path / "bases", one="seed: 1\nname: one\npath: x.csv", two="name: two\nextends: one.yaml\nlr: 1")
    write(tmp_path, top="extends: [bases/one.yaml, bases/two.yaml]\nlr: 2\n")
    tree = compose(tmp_path / "top.yaml")
    assert to_plain(tree) == {"seed": 1, "name": "two", "path": "x.csv", "lr": 2}
    assert place_of(tree, ("path",)) == Place(str(tmp_path / "bases/one.yaml"), 3, 7)
    assert place_of(tree, ("name",)) == Place(str(tmp_path / "bases/two.yaml"), 1, 7)
    assert place_of(tree, ("lr",)) == Place(str(tmp_path / "top.yaml"), 2, 5)
    assert to_plain(tree)["path"].base_dir == tmp_path / "bases"


def test_a_circle(tmp_path):
    write(tmp_path, a="extends: b.yaml", b="x: 1\nextends: [c.yaml]", c="extends: a.yaml")
    problem = problem_of(tmp_path / "a.yaml")
    assert problem.code == "config/extends-cycle"
    assert problem.message == "files extend each other: a.yaml > b.yaml > c.yaml > a.yaml"
    assert problem.place == Place(str(tmp_path / "c.yaml"), 1, 10)


def test_a_missing_base_is_a_fault_of_the_line_that_names_it(tmp_path):
    write(tmp_path, base="x: 1", top="y: 1\nextends:\n  - bose.yaml")
    problem = problem_of(tmp_path / "top.yaml")
    assert problem.code == "config/missing-file"
    assert str(problem.hint).startswith("did you mean base.yaml")
    assert problem.place == Place(str(tmp_path / "top.yaml"), 3, 5)


def test_a_fault_in_a_base_keeps_its_place(tmp_path):
    write(tmp_path, base="x: 1\nx: 2", a="extends: base.yaml")
    assert problem_of(tmp_path / "a.yaml").place == Place(str(tmp_path / "base.yaml"), 2, 1)


@pytest.mark.parametrize("value", ["3", "[a.yaml, 3]", "{a: 1}", "''", "null", '"a\\0"'])
def test_extends_must_name_files(tmp_path, value):
    write(tmp_path, a=f"extends: {value}")
    assert problem_of(tmp_path / "a.yaml").code in ("config/extends", "config/missing-file")


def test_diamonds_are_read_once(tmp_path):
    for i in range(40):
        write(tmp_path, **{f"f{i}": f"extends: [f{i + 1}.yaml, f{i + 1}.yaml]\nx{i}: {i}"})
    write(tmp_path, f40="y: 1")
    assert len(to_plain(compose(tmp_path / "f0.yaml"))) == 41


def test_too_many_files_or_values(tmp_path):
    write(tmp_path, base="x: 1", a=f"extends: [{'base.yaml, ' * 101}]")
    assert problem_of(tmp_path / "a.yaml").code == "config/extends"
    write(tmp_path, b="b: [" + "1," * 60_000 + "]", c="extends: b.yaml\nc: [" + "1," * 60_000 + "]")
    assert problem_of(tmp_path / "c.yaml").code == "config/too-big"
