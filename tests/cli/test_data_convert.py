"""The command `shapenet data convert`: inputs, configs, and what it says."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from PIL import Image

from shapenet.config.components import parse_component
from shapenet.data.arrays.source import arrays
from shapenet.data.tfrecord.source import tfrecord

CONFIG = """name: x
task: classification
data:
  source:
    filter:
      source: {csv: {path: info.csv}}
      keep: [cat]
model: {layers: [Flatten]}
optimizer: Adam
"""


@pytest.fixture
def csv_path(tmp_path):
    """Four gray images of two classes."""
    path = tmp_path / "in" / "info.csv"
    path.parent.mkdir()
    for index in range(4):
        Image.fromarray(np.full((3, 4), index * 9, np.uint8)).save(path.parent / f"{index}.png")
    rows = "".join(f"{index}.png,{'cat' if index % 2 else 'dog'}\n" for index in range(4))
    path.write_text("path,label\n" + rows)
    return path


def test_from_a_path_to_a_source_that_it_names(cli, csv_path, tmp_path):
    out = tmp_path / "data.npz"
    done = cli("data", "convert", csv_path, out, "--to", "npz")
    assert (done.code, done.err) == (0, "writing 4 records\n")
    first, place, *rest = done.out.splitlines()
    assert first.startswith("4 records in ")
    assert place == f"  npz: {out}"
    assert rest[0] == "read it with this source:"
    assert yaml.safe_load("\n".join(rest[1:])) == {"source": {"arrays": {"path": str(out)}}}
    assert arrays(path=out).classes == ("cat", "dog")


def test_several_inputs_are_joined(cli, csv_path, tmp_path):
    assert cli("data", "convert", csv_path, tmp_path / "data.npz", "--to", "npz").code == 0
    done = cli("data", "convert", csv_path, tmp_path / "data.npz", tmp_path / "tf", "--to", "tfrecord", "--shards", 3)
    assert done.code == 0
    assert len(tfrecord(path=tmp_path / "tf")) == 8
    assert len(list((tmp_path / "tf").glob("tf-*-of-00003.tfrecord"))) == 3


def test_from_a_config_with_overrides(cli, csv_path, tmp_path):
    config = csv_path.parent / "x.yaml"
    config.write_text(CONFIG)
    done = cli("data", "convert", "--config", config, tmp_path / "a", "--to", "tfrecord", "--compression", "gzip")
    assert done.code == 0
    assert tfrecord(path=tmp_path / "a").classes == ("cat",)
    override = "data.source.filter.keep=[dog,cat]"
    assert cli("data", "convert", "--config", config, "-o", override, tmp_path / "b", "--to", "tfrecord").code == 0
    assert len(tfrecord(path=tmp_path / "b")) == 4


def test_faults_of_a_config_stand_in_their_lines(cli, csv_path, tmp_path):
    config = csv_path.parent / "x.yaml"
    config.write_text(CONFIG.replace("      keep: [cat]\n", ""))
    done = cli("data", "convert", "--config", config, tmp_path / "a", "--to", "csv")
    assert done.code == 2
    assert f"{config}:6:7: expected keep or drop, received neither" in done.err


def test_fields_that_have_no_room_are_named(cli, csv_path, tmp_path):
    source = {
        "zip": {"source": {"csv": {"path": str(csv_path)}}, "beside": {"clean": {"csv": {"path": str(csv_path)}}}}
    }
    config = csv_path.parent / "x.yaml"
    config.write_text(CONFIG)
    override = f"data.source={yaml.safe_dump(source, default_flow_style=True, width=1000).strip()}"
    done = cli("data", "convert", "--config", config, "-o", override, tmp_path / "a", "--to", "folder")
    assert done.code == 0
    assert "note: folder has no room for clean, clean_label; tfrecord and npz have" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("OUT", "--to", "csv"), 2, "expected paths to read or --config, received neither"),
        (("IN", "OUT", "--to", "csv", "--config", "x.yaml"), 2, "received both"),
        (("IN", "OUT", "--to", "csv", "-o", "a=b"), 2, "-o changes a config"),
        (("IN", "OUT", "--to", "csv", "--shards", "2"), 2, "--shards is for tfrecord"),
        (("IN", "OUT", "--to", "npz"), 2, "ends in .npz"),
        (("none.csv", "OUT", "--to", "csv"), 3, "there is no such file or folder"),
        (("IN", "OUT", "--to", "tfrecord", "--shards", "9"), 2, "expected from 1 to 4 shards for 4 records"),
    ],
)
def test_usage_at_fault(cli, csv_path, tmp_path, arguments, code, message):
    places = {"IN": csv_path, "OUT": tmp_path / "out"}
    done = cli("data", "convert", *(places.get(argument, argument) for argument in arguments))
    assert (done.code, message in done.err) == (code, True)
    assert not (tmp_path / "out").exists()


def test_a_damaged_shard_is_named_with_its_record(cli, csv_path, tmp_path):
    assert cli("data", "convert", csv_path, tmp_path / "tf", "--to", "tfrecord").code == 0
    shard = tmp_path / "tf" / "tf-00000-of-00001.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-1])
    done = cli("data", "convert", tmp_path / "tf", tmp_path / "a.npz", "--to", "npz")
    assert (done.code, f"error[data/tfrecord]: {shard}: record 3: the file is cut" in done.err) == (3, True)


def test_an_output_that_exists_is_refused_before_anything_is_read(cli, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").touch()
    done = cli("data", "convert", tmp_path / "none.csv", out, "--to", "csv", "--force")
    assert (done.code, "did not make it" in done.err) == (2, True)


@pytest.fixture
def varying(csv_path):
    """The four images, one of them larger."""
    Image.fromarray(np.full((6, 5), 99, np.uint8)).save(csv_path.parent / "2.png")
    return csv_path


@pytest.mark.parametrize("to", ["csv", "folder", "tfrecord"])
def test_images_of_several_sizes_need_no_config(cli, varying, tmp_path, to):
    done = cli("data", "convert", varying, tmp_path / "out", "--to", to)
    assert done.code == 0
    source = yaml.safe_load(done.out.partition("source:\n")[2])["source"]
    assert source[to]["size"] == "any"
    records = parse_component("source", source).create()
    shapes = sorted(image.shape for image in records.read(0, 4)["image"])
    assert shapes == [(3, 4, 1), (3, 4, 1), (3, 4, 1), (6, 5, 1)]


def test_inputs_of_different_sizes_are_joined(cli, csv_path, tmp_path):
    other = tmp_path / "other" / "info.csv"
    other.parent.mkdir()
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(other.parent / "a.png")
    other.write_text("path,label\na.png,cat\n")
    assert cli("data", "convert", csv_path, other, tmp_path / "out", "--to", "tfrecord").code == 0
    assert len(tfrecord(path=tmp_path / "out", size="any")) == 5


def test_an_npz_holds_one_size_only(cli, varying, tmp_path):
    done = cli("data", "convert", varying, tmp_path / "out.npz", "--to", "npz")
    assert done.code == 3
    assert "expected one shape for all records, received image with shapes that vary" in done.err


@pytest.mark.parametrize("to", ["csv", "tfrecord", "npz"])
def test_columns_of_paths_are_left_out_with_a_note(cli, csv_path, tmp_path, to):
    rows = "".join(f"{n}.png,{n % 2},masks/{n}.png,cam{n}\n" for n in range(4))
    csv_path.write_text("path,label,mask,camera\n" + rows)
    out = tmp_path / ("out.npz" if to == "npz" else "out")
    done = cli("data", "convert", csv_path, out, "--to", to)
    assert done.code == 0
    assert "note: left out mask: paths of the input's image files lead nowhere" in done.err
    records = parse_component("source", yaml.safe_load(done.out.partition("source:\n")[2])["source"]).create()
    assert "mask" not in records.columns
    assert list(records.columns["camera"]) == [f"cam{n}" for n in range(4)]
