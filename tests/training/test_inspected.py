"""Data is opened to be looked at, whatever state it is in."""

import numpy as np
import pytest
from PIL import Image

from shapenet.data.inspect.subject import ALL
from shapenet.errors import DataError
from shapenet.training.data import load_data, open_sources
from shapenet.training.inspected import subject_at, subject_of
from shapenet.training.reporter import Reporter

from .conftest import experiment_in

CSV_CONFIG = """\
name: tiny
data:
  source: {csv: {path: list.csv}}
  test: {csv: {path: list.csv}}
  split: {val: 0.25}
model: {layers: [Flatten]}
training: {batch_size: 4}
"""


@pytest.fixture
def listed(tmp_path):
    """A CSV of 40 images, one of them damaged."""
    random = np.random.default_rng(0)
    rows = ["path,label"]
    for index in range(40):
        Image.fromarray(random.integers(0, 256, (6, 6), dtype=np.uint8)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{index % 2}")
    (tmp_path / "7.png").write_bytes(b"")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_config_is_divided_as_training_would(tmp_path):
    subject = subject_of(experiment_in(tmp_path, "data.limit=100"), Reporter(), tolerant=False)
    assert {name: len(split) for name, split in subject.splits.items()} == {"train": 60, "val": 20, "test": 20}
    assert (subject.described, subject.num_records) == ("tiny.yaml", 200)


def test_damage_is_borne_only_on_request(listed):
    with pytest.raises(DataError, match="received an empty file"):
        subject_at(listed, Reporter(), tolerant=False)
    subject = subject_at(listed, Reporter(), tolerant=True)
    assert (len(subject.splits[ALL]), subject.num_records, len(subject.faults)) == (39, 40, 1)
    assert subject.name(ALL, 7) == "8.png"


def test_sources_that_overlap_are_shown_all_the_same(listed, tmp_path):
    subject = subject_of(experiment_in(tmp_path, config=CSV_CONFIG), Reporter(), tolerant=True)
    assert (len(subject.splits["test"]), subject.num_records, len(subject.faults)) == (39, 40, 1)
    assert subject.problems == ()


def test_what_can_not_be_divided_is_given_whole(tmp_path):
    experiment = experiment_in(tmp_path, "data.limit=1")
    with pytest.raises(DataError, match="at least two classes"):
        subject_of(experiment, Reporter(), tolerant=False)
    subject = subject_of(experiment, Reporter(), tolerant=True)
    assert [problem.code for problem in subject.problems] == ["data/single-class"]
    assert len(subject.splits[ALL]) == 200


def test_a_path_without_a_source_is_an_error(tmp_path):
    (tmp_path / "data.xyz").write_text("")
    with pytest.raises(DataError, match="ends in"):
        subject_at(tmp_path / "data.xyz", Reporter(), tolerant=True)


def test_missing_files_are_borne_on_request(listed):
    (listed.parent / "9.png").unlink()
    with pytest.raises(DataError, match="1 of 40 image files are missing"):
        subject_at(listed, Reporter(), tolerant=False)
    subject = subject_at(listed, Reporter(), tolerant=True)
    assert (len(subject.splits[ALL]), subject.num_records) == (38, 40)
    assert "9.png: No such file" in subject.faults[1]


def test_missing_files_of_a_config_are_borne_too(listed, tmp_path):
    (listed.parent / "9.png").unlink()
    subject = subject_of(experiment_in(tmp_path, config=CSV_CONFIG), Reporter(), tolerant=True)
    assert (len(subject.splits["test"]), len(subject.faults)) == (38, 2)


def test_sizes_that_vary_are_taken_as_they_are(listed, tmp_path):
    Image.fromarray(np.zeros((9, 5), np.uint8)).save(tmp_path / "7.png")
    subject = subject_at(listed, Reporter(), tolerant=False)
    assert subject.image.is_ragged
    assert len(subject.splits[ALL]) == 40


def test_images_of_one_size_share_the_store_of_training(tmp_path, listed):
    Image.fromarray(np.full((6, 6), 3, np.uint8)).save(tmp_path / "7.png")
    trained_on = CSV_CONFIG.replace("  test: {csv: {path: list.csv}}\n", "")
    of_config = subject_of(experiment_in(tmp_path, config=trained_on), Reporter(), tolerant=False)
    assert of_config.stores[0].folder == subject_at(listed, Reporter(), tolerant=True).stores[0].folder


def test_training_leaves_missing_files_out_where_its_config_says_so(listed, tmp_path):
    (listed.parent / "9.png").unlink()
    config = CSV_CONFIG.replace("  split", "  on_bad: skip\n  max_bad_fraction: 0.1\n  allow_overlap: true\n  split")
    experiment = experiment_in(tmp_path, config=config)
    dataset = load_data(experiment, open_sources(experiment.config), Reporter())
    assert len(dataset.splits["test"]) == 38
    assert any("2 of 40 records can't be read and are left out" in warning for warning in dataset.warnings)


def test_what_training_streams_is_packed_to_be_looked_at(tmp_path):
    subject = subject_of(experiment_in(tmp_path, "data.stream=true"), Reporter(), tolerant=False)
    assert subject.stores[0].folder.is_dir()
    assert sum(map(len, subject.splits.values())) == 200
