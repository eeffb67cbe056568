"""Any task goes the whole way through the command line, alone or beside another on one trunk."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).with_name("second_task.py")
CONFIG = """\
name: far
seed: 2
plugins: [{plugin}]
task: {task}
data:
  source: {{shapes: {{classes: [square, ring], num_images: 120, size: 12}}}}
  augment: [RandomInvert]
model:
  layers: [Flatten, {{Dense: {{units: 8, activation: relu, name: shared}}}}, {{Dense: {{units: 4, name: deep}}}}]
{more}
training: {{batch_size: 16, epochs: 2}}
"""
STEPS = """
import sys
from shapenet.cli import main
for command in (
    ["validate", "--build", "--config", "far.yaml"],
    ["train", "--quiet", "--runs-dir", "runs", "--config", "far.yaml"],
    ["eval", "--runs-dir", "runs"],
    ["eval", "--runs-dir", "runs", "--split", "val", "--format", "json"],
):
    sys.argv = ["shapenet", *command]
    assert main() == 0, command
"""


def gone_through(folder: Path, task: str, more: str = "") -> tuple[str, dict[str, Any], Path]:
    """What `eval` prints of the test split, and as JSON of the val split; and the run.

    In a process of its own, since registering is for good and the registries are tested elsewhere.
    """
    (folder / "far.yaml").write_text(CONFIG.format(plugin=PLUGIN, task=task, more=more))
    done = subprocess.run([sys.executable, "-c", STEPS], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown, _, rest = done.stdout.partition('\n{\n  "run"')
    return shown, json.loads('{"run"' + rest), (folder / "runs" / "latest").resolve()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], Path]:
    """A task of a plug-in, whose field the source is not told to give."""
    return gone_through(tmp_path_factory.mktemp("alone"), "{number: {field: area}}")


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], Path]:
    """Two tasks on one trunk, fed by different layers of it."""
    more = "  outputs: {where: shared}\nloss: {where: Huber}\nloss_weights: {where: 0.5}\n"
    task = "{kind: classification, where: {number: {field: area}}}"
    return gone_through(tmp_path_factory.mktemp("together"), task, more)


def test_a_task_of_a_plug_in_goes_the_whole_way(alone: tuple[str, dict[str, Any], Path]) -> None:
    shown, result, run = alone
    assert "worst" in shown
    assert result["field"] == "area"
    assert set(result) >= {"loss", "mean_absolute_error", "worst"}
    assert result["num_examples"] == len((run / "eval" / "val" / "errors.csv").read_text().splitlines()) == 12
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["best"]["monitor"] == "val_mean_absolute_error"
    assert manifest["statistics"]["area"]["mean"] > 0
    assert (run / "eval" / "test" / "worst.png").is_file()


def test_two_tasks_share_a_trunk(together: tuple[str, dict[str, Any], Path]) -> None:
    shown, result, run = together
    assert {"kind", "where"} <= {line.strip() for line in shown.splitlines()}
    assert set(result["predictions"]) == {"kind", "where"}
    assert {"precision", "recall"} <= set(result["kind"]["macro"])
    assert result["where"]["field"] == "area"
    whole = result["kind_loss"] + 0.5 * result["where_loss"]
    assert result["loss"] == pytest.approx(whole, rel=1e-4)
    assert 0 <= result["kind_accuracy"] <= 1
    row = list(json.loads((run / "metrics.jsonl").read_text().splitlines()[0]))
    assert row[1:4] == ["loss", "kind_loss", "where_loss"]
    assert (run / "eval" / "test" / "where" / "errors.csv").is_file()
    with (run / "eval" / "test" / "kind" / "predictions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 12
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["best"]["monitor"] == "val_loss"
    assert manifest["task"] == "kind: classification, where: number"
    summary = (run / "model.txt").read_text()
    assert "kind_logits" in summary
    assert "where_number" in summary
