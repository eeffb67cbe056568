"""The command ``shapenet data pack``."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from shapenet.cli.render.data_progress import DataReporter

CONFIG = """\
name: small
data:
  source: {shapes: {classes: [square, triangle], num_images: 40, size: 8, seed: SEED}}
  test: {shapes: {classes: [square, triangle], num_images: 20, size: 8, seed: TEST}}
model: {layers: [Flatten]}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("SHAPENET_CACHE", str(tmp_path / "cache"))

    def write(seed, test):
        path = tmp_path / "small.yaml"
        path.write_text(CONFIG.replace("SEED", str(seed)).replace("TEST", str(test)), encoding="utf-8")
        return path

    return write


def test_every_source_is_packed_once(cli, config, tmp_path):
    first = cli("data", "pack", "--config", config(1, 2))
    assert first.code == 0
    lines = first.out.splitlines()
    rate = r"packed in [\d.]+s \([\d,]+ images/s\)"
    assert re.fullmatch(rf"shapes \(square, triangle; seed 1\): 40 images, [\d.]+ KiB, {rate}", lines[0])
    assert lines[1].startswith(f"  {tmp_path / 'cache' / 'stores'}")
    assert re.fullmatch(rf"shapes \(square, triangle; seed 2\): 20 images, [\d.]+ KiB, {rate}", lines[2])
    assert first.err == (
        "packing 40 images of shapes (square, triangle; seed 1)\n"
        "packing 20 images of shapes (square, triangle; seed 2)\n"
    )
    again = cli("data", "pack", "--config", config(1, 2))
    assert again.err == ""
    assert again.out.count("packed already") == 2


def test_a_path_is_read_by_the_source_that_its_name_tells(cli, tmp_path):
    made = tmp_path / "made"
    flags = ["--shape", "square", "--shape", "ring", "--num-images", 4, "--size", 8]
    assert cli("data", "generate", *flags, "--out", made).code == 0
    done = cli("data", "pack", made / "dataset.csv")
    assert done.out.startswith(f"{made / 'dataset.csv'}: 8 images, ")


def test_a_terminal_shows_a_bar_with_rate_and_time_left():
    screen = io.StringIO()
    times = iter(range(0, 1000, 2))
    console = Console(file=screen, force_terminal=True, width=100, color_system=None, legacy_windows=False)
    with DataReporter(console, lambda: next(times)) as reporter:
        for done in (0, 500, 1000):
            reporter.packing("digits", done, 2000)
            reporter._live.refresh()
    assert "1,000 / 2,000 images  250/s  4.0s left" in screen.getvalue()
    assert reporter.packed == ["digits"]


def test_sources_of_one_name_are_told_apart(capsys):
    reporter = DataReporter()
    for total in (10, 20):
        for done in (5, total):
            reporter.packing("digits", done, total)
    assert reporter.packed == ["digits", "digits"]
    assert capsys.readouterr().err == "packing 10 images of digits\npacking 20 images of digits\n"


def test_images_of_several_sizes_are_packed_as_they_are(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("SHAPENET_CACHE", str(tmp_path / "cache"))
    rows = ["path,label"]
    for index in range(4):
        Image.new("L", (4 + index, 3)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2}")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    done = cli("data", "pack", path)
    assert done.code == 0
    assert f"{path}: 4 images, " in done.out
    assert "`size: any`" in done.err
    assert "packed already" in cli("data", "pack", path).out
    Path(tmp_path / "2.png").write_bytes(b"")
    assert "received an empty file" in cli("data", "pack", path).err
