"""The command ``shapenet data generate``."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from shapenet.cli.data import data, generate
from shapenet.data.shapes.parameters import default_values
from shapenet.errors import ConfigError, Place
from shapenet.experiment import load_experiment
from shapenet.training.data import load_data, open_sources
from shapenet.training.reporter import Reporter


def invoke(*arguments):
    return CliRunner().invoke(data, ["generate", *map(str, arguments)])


def test_writes_the_folder_and_names_the_next_command(tmp_path):
    out = tmp_path / "two"
    result = invoke("--shape", "square", "--shape", "triangle", "--num-images", 3, "--out", out, "--size", 16)
    assert result.exit_code == 0
    assert (out / "dataset.csv").read_text().count("\n") == 1 + 6
    assert "6 images of 16 x 16" in result.stdout
    assert f"data.source.csv.path={out / 'dataset.csv'}" in result.stdout
    assert "drawing 6 images" in result.stderr


def test_the_next_command_trains_on_any_folder_without_the_examples_own_test_images(tmp_path):
    shapes = [flag for shape in ("star", "ring", "circle") for flag in ("--shape", shape)]
    result = invoke(*shapes, "--num-images", 20, "--out", tmp_path / "a b", "--size", 16)
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("next: "))
    program, command, *flags = shlex.split(line.removeprefix("next: "))
    assert (Path(program).name, command, flags[::2]) == ("shapenet", "train", ["--config", "-o", "-o", "-o"])
    config, *overrides = flags[1::2]
    experiment = load_experiment(Path(__file__).parents[2] / config, overrides)
    dataset = load_data(experiment, open_sources(experiment.config), Reporter())
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 48, "val": 6, "test": 6}
    assert dataset.splits["train"].image_shape == (16, 16, 3)
    assert dataset.classes == ("circle", "ring", "star")


def test_one_shape_is_told_to_join(tmp_path):
    result = invoke("--shape", "ring", "--num-images", 2, "--out", tmp_path / "rings", "--size", 16)
    assert f"next: shapenet data join {tmp_path / 'rings' / 'info.csv'}" in result.stdout


def test_flags_reach_the_parameters(tmp_path):
    flags = ["--scale", 0.3, 0.4, "--angle", -10, 10, "--noise", 0, "--outline", 1, "--distractors", 1, 2, "--seed", 9]
    colours = ["--foreground-hue", 200, 240, "--background-luma", 0.8, 1, "--contrast", 0.4, "--line-width", 0.05]
    invoke("--shape", "ring", "--num-images", 1, "--out", tmp_path / "out", "--size", 32, *flags, *colours)
    written = json.loads((tmp_path / "out" / "shapes.json").read_text())["parameters"]
    expected = {
        "scale": [0.3, 0.4], "angle": [-10, 10], "noise": 0, "outline": 1, "distractors": [1, 2], "seed": 9,
        "foreground_hue": [200, 240], "background_luma": [0.8, 1], "contrast": 0.4, "line_width": 0.05, "size": 32,
    }  # fmt: skip
    assert {name: written[name] for name in expected} == expected


def test_the_dials_reach_the_parameters(tmp_path):
    flags = ["--num-shapes", 1, 3, "--overlap", 0.2, "--blur", 0.01, 0.02, "--occlusion", 0.1, 0.3, "--clutter", 1, 4]
    flags += ["--hand-drawn", 0.5, "--paper", 0.25]
    result = invoke("--shape", "ring", "--num-images", 2, "--out", tmp_path / "out", "--size", 32, *flags)
    assert result.exit_code == 0
    written = json.loads((tmp_path / "out" / "shapes.json").read_text())["parameters"]
    expected = {
        "num_shapes": [1, 3], "overlap": 0.2, "blur": [0.01, 0.02], "occlusion": [0.1, 0.3], "clutter": [1, 4],
        "hand_drawn": 0.5, "paper": 0.25,
    }  # fmt: skip
    assert {name: written[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("flags", "columns"),
    [
        ([], ""), (["--masks"], ",mask"), (["--clean"], ",clean"), (["--clean", "--masks"], ",mask,clean"),
    ],
)  # fmt: skip
def test_masks_and_clean_images_are_written_if_asked(tmp_path, flags, columns):
    invoke("--shape", "ring", "--num-images", 1, "--out", tmp_path / "out", "--size", 16, *flags)
    assert (tmp_path / "out" / "info.csv").read_text().splitlines()[0] == f"name,path,label{columns}"
    assert [(tmp_path / "out" / name).is_dir() for name in ("masks", "clean")] == [
        "--masks" in flags, "--clean" in flags,
    ]  # fmt: skip


def test_every_parameter_has_a_flag_and_help_shows_its_default():
    assert {option.name for option in generate.params} >= set(default_values())
    text = invoke("--help").stdout
    assert "0.15, 0.6" in text
    assert "128" in text


def test_wrong_values_are_placed_on_the_command_line(tmp_path):
    result = invoke("--shape", "ring", "--num-images", 1, "--out", tmp_path / "out", "--scale", 0.9, 0.1, "--size", 32)
    assert isinstance(result.exception, ConfigError)
    assert "command line: --scale: expected the lower number first" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("force", [False, True])
def test_force_replaces(tmp_path, force):
    arguments = ["--shape", "ring", "--num-images", 1, "--out", tmp_path / "out", "--size", 16]
    invoke(*arguments)
    result = invoke(*arguments, *["--force"][: int(force)])
    assert isinstance(result.exception, ConfigError) != force
    if not force:
        assert "--force" in str(result.exception)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--size", 4], "--size: expected at least 8, received 4"),
        (["--scale", 0.5, 2], "--scale: expected at most 1, received 2.0"),
        (["--line-width", 0.5], "--line-width: expected at most 0.1, received 0.5"),
        (["--scale", 0.5, 0.2], "--scale: expected the lower number first, received [0.5, 0.2]"),
        (["--paper", 0.5], "--paper: does nothing without hand-drawn images, received 0.5"),
    ],
)
def test_faults_are_told_of_the_flag(tmp_path, flags, message):
    result = invoke("--shape", "ring", "--num-images", 1, "--out", tmp_path / "out", *flags)
    (problem,) = result.exception.problems
    assert problem.message.startswith(message)
    assert "Input should" not in problem.message
    assert (problem.place, problem.key) == (Place("command line"), ())
