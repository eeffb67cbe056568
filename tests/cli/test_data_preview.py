"""The command ``shapenet data preview``."""

import numpy as np
import pytest
from PIL import Image

CONFIG = """\
name: small
data:
  source: {shapes: {classes: [square, triangle], num_images: 60, size: 16}}
  split: {val: 0.5, test: 0}
model: {layers: [Flatten]}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_a_sheet_is_written(cli, config, tmp_path):
    done = cli("data", "preview", "--config", config)
    image = Image.open(tmp_path / "preview.png")
    size = f"{image.width} x {image.height} pixels"
    assert (done.code, done.out) == (0, f"preview.png: 30 of 30 images, 2 classes, seed 0; {size}\n")
    assert image.width > 8 * 100


def test_split_seed_and_number_decide_what_is_shown(cli, config, tmp_path):
    def sheet(*flags):
        assert cli("data", "preview", "--config", config, "--num", 8, *flags).code == 0
        return np.asarray(Image.open(tmp_path / "preview.png"))[70:]  # below the heading

    first = sheet()
    np.testing.assert_array_equal(first, sheet("--split", "train", "--seed", 0))
    assert not np.array_equal(first, sheet("--seed", 1))
    assert not np.array_equal(first, sheet("--split", "val"))


def test_a_path_has_no_splits(cli, tmp_path):
    done = cli("data", "preview", tmp_path / "x.csv", "--split", "val")
    assert done.code == 2
    assert "--split is a part of a config's data" in done.err


def test_a_split_that_is_not_there(cli, config):
    done = cli("data", "preview", "--config", config, "--split", "test")
    assert done.code == 3
    assert "small.yaml has no test split; it has train, val" in done.err


def test_only_a_png_can_be_written(cli, config):
    done = cli("data", "preview", "--config", config, "--out", "sheet.jpg")
    assert done.code == 2
    assert "expected a name that ends in .png, received sheet.jpg" in done.err


def test_a_folder_that_can_not_be_written_is_named(cli, config, tmp_path):
    (tmp_path / "file").write_text("")
    done = cli("data", "preview", "--config", config, "--out", tmp_path / "file" / "sheet.png")
    assert done.code == 5
    assert str(tmp_path / "file") in done.err


def test_training_images_stand_above_what_augmentation_makes_of_them(cli, config, tmp_path):
    def sheet(*flags):
        done = cli("data", "preview", "--config", config, "--num", 8, *flags)
        assert (done.code, done.err.replace("packing 60 images of shapes (square, triangle; seed 0)\n", "")) == (0, "")
        return np.asarray(Image.open(tmp_path / "preview.png"), np.int64)

    plain = sheet()
    inverted = sheet("-o", "data.augment=[{Solarization: {addition_factor: 0, threshold_factor: 0}}]")
    height = plain.shape[0] - 62 - 12 - 16
    assert inverted.shape[0] == plain.shape[0] + height + 10
    before = inverted[70 : 70 + 112, 12 + 64 + 8 :][:, :112]
    after = inverted[70 + height + 10 :][:112, 12 + 64 + 8 :][:, :112]
    np.testing.assert_array_equal(before, plain[70 : 70 + 112, 12 + 8 :][:, :112])
    np.testing.assert_allclose(before + after, 255, atol=1)
    assert sheet("--split", "val", "-o", "data.augment=[{RandomFlip: {}}]").shape == plain.shape
