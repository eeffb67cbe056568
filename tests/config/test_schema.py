"""The schema: closed, frozen, and every config of the repository right by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from shapenet.config.schema import ExperimentConfig, TrainingConfig
from shapenet.config.section import Section
from shapenet.errors import ConfigError
from shapenet.experiment import load_experiment
from shapenet.sweeps.config import load_sweep

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
EXPERIMENTS = sorted(path for path in CONFIGS.rglob("*.yaml") if path.parent.name != "sweeps")


def sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    inner = [a for f in model.model_fields.values() for a in (f.annotation, *getattr(f.annotation, "__args__", ()))]
    return {model}.union(*(sections(a) for a in inner if isinstance(a, type) and issubclass(a, BaseModel)))


def test_every_section_is_strict_frozen_and_closed() -> None:
    assert len(sections(ExperimentConfig)) == 12
    for section in sections(ExperimentConfig):
        assert issubclass(section, Section)
    with pytest.raises(ValidationError):
        TrainingConfig().epochs = 3  # type: ignore[misc]


def test_a_value_of_the_users_own_in_the_model_is_told_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    text = (CONFIGS / "shapes_mlp.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("\nmodel:\n", "\nmodel:\n  width: 2\n"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_experiment(path)
    (problem,) = caught.value.problems
    assert problem.message == "model.width is not a field"
    assert "one of: define, " in str(problem.hint)
    assert "${model.parameters.width} refers to one" in str(problem.hint)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.relative_to(CONFIGS).as_posix())
def test_a_resolved_config_is_the_same_experiment(path: Path, tmp_path: Path) -> None:
    experiment = load_experiment(path)
    alone = tmp_path / "config.resolved.yaml"
    alone.write_text(experiment.resolved(), encoding="utf-8")
    again = load_experiment(alone)
    assert again.config == experiment.config
    assert (again.resolved(), again.digest()) == (experiment.resolved(), experiment.digest())


@pytest.mark.parametrize("path", sorted((CONFIGS / "sweeps").glob("*.yaml")), ids=lambda path: path.name)
def test_sweeps_are_right(path: Path) -> None:
    assert load_sweep(path)


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_config_opens_with_what_it_shows_and_how_to_run_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    header = "\n".join(lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))])
    assert "# Command: " in header
    assert re.search("Time on (2 CPU cores|one CPU core): ", header)
    assert "etric to expect: " in header
