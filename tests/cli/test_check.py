"""The command ``shapenet check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CONFIG = """\
name: small
seed: 1
data:
  source: {shapes: {classes: [square, ring], num_images: 200, size: 12, noise: 0.02}}
  split: {val: 0.2, test: 0.1}
model:
  layers: [Flatten, {Dense: {units: 32, activation: relu}}]
optimizer: {Adam: {learning_rate: 3e-3}}
training: {batch_size: 20}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config that is sound, in the working directory."""
    (tmp_path / "small.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("small.yaml")


def test_a_sound_config_passes_and_leaves_nothing(cli, config: Path) -> None:
    done = cli("check", "--config", config, "--seconds", 1000)
    assert done.code == 0, done.out
    lines = done.out.splitlines()
    assert lines[0].startswith("small.yaml: 140 of 140 training images, ")
    assert lines[-1].startswith("passed: ")
    assert "gradients reach each of 2 trainable layers" in done.out
    assert "checking: one batch\n" in done.err
    assert [path.name for path in Path().iterdir()] == ["small.yaml"]


def test_a_problem_exits_with_1_and_json_has_every_finding(cli, config: Path) -> None:
    given = ("-o", "optimizer.Adam.learning_rate=1e-12", "--format", "json", "--seconds", 1000)
    done = cli("check", "--config", config, *given)
    report = json.loads(done.out)
    assert (done.code, report["passed"], report["name"]) == (1, False, "small")
    found = {finding["code"]: finding for finding in report["findings"]}
    assert found["check/overfit"]["severity"] == "error"
    assert found["check/overfit"]["numbers"]["share"] == pytest.approx(1, abs=0.01)
    assert "lr-find" in found["check/overfit"]["help"]
    assert sum(report["counts"].values()) == len(report["findings"])


def test_little_time_is_told(cli, config: Path) -> None:
    done = cli("check", "--config", config, "--seconds", 1, "-o", "optimizer.Adam.learning_rate=1e-12")
    assert done.code in (0, 1)
    assert "loss of one batch of 20 images" in done.out


def test_a_config_that_is_wrong_is_told_before_anything_else(cli, config: Path) -> None:
    done = cli("check", "--config", config, "-o", "training.batch_size=0")
    assert (done.code, done.out) == (2, "")
    assert "batch_size" in done.err
