"""The command ``shapenet data check``."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shapenet.cli.render.console import as_text
from shapenet.cli.render.data_check import check_view
from shapenet.data.inspect.checks import run_checks
from shapenet.data.inspect.finding import gather
from shapenet.training.inspected import subject_at
from shapenet.training.reporter import Reporter

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CONFIG = """\
name: small
data:
  source: {shapes: {classes: [square, triangle], num_images: 400, size: 16}}
model: {layers: [Flatten]}
"""


def golden(name, text):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    """A folder with a list of 64 images, some of them at fault; the working directory."""
    random = np.random.default_rng(0)
    rows = ["path,label"]
    for index in range(60):
        image = random.integers(0, 100, (12, 12), dtype=np.uint8) + 100 * (index % 2)
        Image.fromarray(image.astype(np.uint8)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{('cat', 'dog')[index % 2] if index > 3 else 'Dog'}")
    (tmp_path / "again.png").write_bytes((tmp_path / "8.png").read_bytes())
    (tmp_path / "other.png").write_bytes((tmp_path / "9.png").read_bytes())
    (tmp_path / "broken.png").write_bytes((tmp_path / "9.png").read_bytes()[:60])
    Image.fromarray(np.full((12, 12), 7, np.uint8)).save(tmp_path / "flat.png")
    rows += ["again.png,cat", "other.png,cat", "broken.png,cat", "flat.png,cat"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_the_report_of_a_faulty_set_is_as_recorded(cli, faulty):
    done = cli("data", "check", "list.csv")
    golden("data_check.txt", done.out.replace(str(faulty), "FOLDER"))
    assert done.code == 1
    assert done.err.splitlines()[-1] == "measuring 63 images"


def test_on_80_columns_it_folds(faulty):
    subject = replace(subject_at(Path("list.csv"), Reporter(), tolerant=True), described="list.csv")
    evidence = gather(subject)
    findings = [replace(f, examples=("short", "long " * 20)) if f.examples else f for f in run_checks(evidence)]
    text = as_text(check_view(evidence, findings, passed=False), width=80)
    golden("data_check_80.txt", text)
    assert max(map(len, text.splitlines())) <= 80


def test_a_sound_config_passes(cli, config):
    done = cli("data", "check", "--config", config)
    assert done.code == 0
    assert done.out.startswith("small.yaml: 400 images; train 320, val 40, test 40\n")
    assert done.out.splitlines()[-1].startswith("passed: ")


def test_strict_fails_on_warnings(cli, config):
    assert cli("data", "check", "--config", config, "--strict").code == 1
    larger = ("-o", "data.split={val: 0.25, test: 0.25}")
    assert cli("data", "check", "--config", config, "--strict", *larger).code == 0


def test_json_has_every_finding(cli, faulty):
    done = cli("data", "check", "list.csv", "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["passed"], report["num_images"]) == (1, False, 64)
    codes = {(finding["severity"], finding["code"]) for finding in report["findings"]}
    assert {("error", "data/unreadable"), ("error", "data/conflict"), ("warning", "data/flat")} <= codes
    assert sum(report["counts"].values()) == len(report["findings"])


def test_data_that_can_not_be_divided_is_checked_whole(cli, config):
    done = cli("data", "check", "--config", config, "-o", "data.limit=1")
    assert done.code == 1
    assert "expected at least two classes in the train split" in done.out
    assert "all 400 images can be read" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected either PATH or --config, received neither"),
        (["a.csv", "--config", "b.yaml"], "expected either PATH or --config, received both"),
        (["a.csv", "-o", "seed=1"], "-o changes a config: expected --config, received PATH"),
        (["a.yaml"], "give it as --config a.yaml"),
    ],
)
@pytest.mark.parametrize("command", ["check", "info", "pack", "preview"])
def test_what_to_look_at_must_be_clear(cli, command, arguments, message):
    done = cli("data", command, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize("command", ["check", "info", "pack", "preview"])
def test_a_missing_file_is_a_data_error(cli, command, tmp_path):
    done = cli("data", command, tmp_path / "none.csv")
    assert (done.code, done.out) == (3, "")
    assert "there is no such file or folder" in done.err
