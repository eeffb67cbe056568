"""Parts within components: one, a list or a mapping of them, each checked in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapenet.config.components import parse_component
from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment
from shapenet.training.data import open_sources
from shapenet.vocabulary import load_vocabulary

CONFIG = """name: parts
task: classification
data:
  source:
    concat:
      sources:
        - shapes: {classes: [square, circle], num_images: 20, size: 16}
        - take:
            count: 10
            source: {SOURCE}
model:
  layers: [Flatten]
optimizer: Adam
"""


@pytest.fixture(autouse=True)
def _vocabulary() -> None:
    load_vocabulary()


def problems_of(value: object) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ConfigError) as caught:
        parse_component("source", value)
    return [(problem.key, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize("value", [[], "shapes", {"shapes": {}}, None, 3])
def test_a_list_of_parts_is_a_list(value: object) -> None:
    ((key, message),) = problems_of({"concat": {"sources": value}})
    assert (key, message.startswith("expected a list of sources")) == (("concat", "sources"), True)


@pytest.mark.parametrize("value", [[], "shapes", {}, None, [{"shapes": {}}]])
def test_a_mapping_of_parts_is_a_mapping(value: object) -> None:
    shapes = {"shapes": {"classes": ["square"]}}
    ((key, message),) = problems_of({"zip": {"source": shapes, "beside": value}})
    assert (key, message.startswith("expected names, each with a source")) == (("zip", "beside"), True)


@pytest.mark.parametrize("value", [[], None, 3, [{"shapes": {"classes": ["square"]}}]])
def test_one_part_is_one(value: object) -> None:
    ((key, message),) = problems_of({"take": {"source": value}})
    assert (key, message.startswith("expected source: a name")) == (("take", "source"), True)


def test_every_part_at_fault_is_told() -> None:
    good, bad = {"shapes": {"classes": ["square"]}}, {"shapse": {}}
    assert [key for key, _ in problems_of({"concat": {"sources": [bad, good, bad]}})] == [
        ("concat", "sources", 0), ("concat", "sources", 2),
    ]  # fmt: skip
    assert [key for key, _ in problems_of({"zip": {"source": bad, "beside": {"a": good, "b": bad}}})] == [
        ("zip", "source"), ("zip", "beside", "b"),
    ]  # fmt: skip


def test_parts_resolve_to_what_reads_back() -> None:
    shapes = {"shapes": {"classes": ["square"], "num_images": 4}}
    value = {"zip": {"source": {"concat": {"sources": [shapes]}}, "beside": {"a": {"take": {"source": shapes}}}}}
    component = parse_component("source", value)
    assert parse_component("source", component.to_config()) == component


def test_paths_of_parts_are_absolute(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(CONFIG.replace("SOURCE", "csv: {path: a.csv}"))
    (part,) = load_experiment(tmp_path / "x.yaml").config.data.source.arguments["sources"][1:]
    assert part.arguments["source"].arguments["path"] == tmp_path / "a.csv"


def test_faults_stand_in_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(CONFIG.replace("SOURCE", "shapes: {classes: [square], num_imags: 3}"))
    with pytest.raises(ConfigError) as caught:
        load_experiment(path)
    (problem,) = caught.value.problems
    assert (str(problem.place), problem.hint) == (f"{path}:10:50", "did you mean num_images?")


def test_faults_of_making_a_part_stand_in_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(CONFIG.replace("SOURCE", "filter: {source: {shapes: {classes: [square]}}}"))
    experiment = load_experiment(path)
    with pytest.raises(ConfigError) as caught, experiment.locating():
        open_sources(experiment.config)
    (problem,) = caught.value.problems
    assert (problem.message, str(problem.place)) == ("expected keep or drop, received neither", f"{path}:10:30")


@pytest.mark.parametrize(("task", "road"), [("", ("task",)), ("where: ", ("task", "where"))])
def test_a_task_whose_arguments_do_not_fit_each_other_is_told_in_its_line(
    task: str, road: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    several = f"{{{task}{{regression: {{fields: [x], points: [y]}}}}, kind: classification}}"
    alone = "{regression: {fields: [x], points: [y]}}"
    text = CONFIG.replace("SOURCE", "shapes: {classes: [square]}")
    path.write_text(text.replace("task: classification", f"task: {several if task else alone}"))
    with pytest.raises(ConfigError, match="expected some of the fields x; received 'y'") as caught:
        load_experiment(path)
    (problem,) = caught.value.problems
    assert problem.key == (*road, "regression", "points")
    assert problem.place is not None
    assert problem.place.line == 2
