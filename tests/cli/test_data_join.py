"""The command `shapenet data join`: what it prints and writes."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shapenet.cli.data_join import join
from shapenet.errors import ConfigError, DataError


@pytest.fixture
def csv_path(tmp_path):
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "info.csv"
    path.write_text("path,label\n1.png,x\n")
    return path


def test_says_what_it_wrote(csv_path, tmp_path):
    out = tmp_path / "dataset.csv"
    result = CliRunner().invoke(join, [str(csv_path), "-o", str(out)])
    assert result.exit_code == 0
    assert result.output == f"{out}: 1 row from 1 CSV\n"
    assert out.read_text() == "path,label\na/1.png,x\n"


def test_notes_paths_that_lead_out(csv_path, tmp_path):
    result = CliRunner().invoke(join, [str(csv_path), "-o", str(tmp_path / "b" / "dataset.csv")])
    assert result.exit_code == 0
    assert "1 image path leads out of its folder" in result.stderr
    assert "allow_outside: true" in result.stderr


def test_other_delimiters(tmp_path):
    path = tmp_path / "info.csv"
    for delimiter, name in ((";", ";"), ("\t", "tab")):
        path.write_text(f"path{delimiter}label\n1.png{delimiter}x\n")
        result = CliRunner().invoke(join, [str(path), "-o", str(tmp_path / "other.csv")])
        assert isinstance(result.exception, DataError)
        assert "say so with --delimiter" in str(result.exception)
        arguments = [str(path), "-o", str(tmp_path / "dataset.csv"), "--delimiter", name, "--force"]
        assert CliRunner().invoke(join, arguments).exit_code == 0
        assert (tmp_path / "dataset.csv").read_text() == "path,label\n1.png,x\n"


@pytest.mark.parametrize("text", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(csv_path, tmp_path, text):
    result = CliRunner().invoke(join, [str(csv_path), "-o", str(tmp_path / "d.csv"), "--delimiter", text])
    assert result.exit_code == 2
    assert "expected one character" in result.output


def test_errors_reach_the_one_place_that_prints_them(csv_path):
    result = CliRunner().invoke(join, [str(csv_path), "-o", str(csv_path)])
    assert isinstance(result.exception, ConfigError)


def test_needs_an_input():
    assert CliRunner().invoke(join, ["-o", "dataset.csv"]).exit_code == 2
