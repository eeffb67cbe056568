"""A file, what it extends, overrides and references together."""

from pathlib import Path

import pytest

from shapenet.config.dump import dump_yaml
from shapenet.config.interpolation import escape
from shapenet.config.nodes import place_of, to_plain
from shapenet.config.read import read_config
from shapenet.errors import ConfigError, Place


@pytest.fixture
def path(tmp_path, monkeypatch):
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases/base.yaml").write_text("seed: 1\ndata: {source: {csv: {path: train.csv}}}\nsizes: [8, 16]\n")
    (tmp_path / "a.yaml").write_text("extends: bases/base.yaml\nname: run-${seed}\nsize: ${sizes.0}\nkeep: $${x}\n")
    monkeypatch.chdir(tmp_path)
    return Path("a.yaml")


def test_references_see_overrides(path):
    tree = read_config(path, ["seed=2", "sizes.0=32", "other=${size}"])
    plain = to_plain(tree)
    assert (plain["name"], plain["size"], plain["other"], plain["keep"]) == ("run-2", 32, 32, "${x}")
    assert place_of(tree, ("name",)) == Place("a.yaml", 2, 7)


def test_paths_start_from_the_file_that_wrote_them(path, tmp_path):
    road = ("data", "source", "csv", "path")
    for overrides, folder in (((), tmp_path / "bases"), (["data.source.csv.path=b.csv"], tmp_path)):
        assert to_plain(read_config(path, overrides))["data"]["source"]["csv"]["path"].base_dir == folder
    assert str(place_of(read_config(path), road)) == "bases/base.yaml:2:29"


def test_what_was_read_can_be_written_and_read_again(path, tmp_path):
    plain = to_plain(read_config(path, ["note='$${env:HOME} no 1e-3'"]))
    (tmp_path / "resolved.yaml").write_text(dump_yaml(escape(plain)))
    assert to_plain(read_config(tmp_path / "resolved.yaml")) == plain


@pytest.mark.parametrize("override", ["seed", "sizes.5=1", "x=${nothing}"])
def test_faults_are_config_errors(path, override):
    with pytest.raises(ConfigError, match="command line"):
        read_config(path, [override])
