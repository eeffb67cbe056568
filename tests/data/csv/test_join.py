"""Joining CSVs: paths that fit the new folder, and what is refused."""

from __future__ import annotations

import pytest

from shapenet.data.csv.join import join_csvs, num_outside
from shapenet.errors import ConfigError, DataError


@pytest.fixture
def inputs(tmp_path):
    """Two CSVs, in the folders a and b, with their columns in different order."""
    for name, text in (("a", "path,label\n1.png,x\nsub/2.png,x\n"), ("b", "label,path\ny,1.png\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "info.csv").write_text(text)
    return [tmp_path / "a" / "info.csv", tmp_path / "b" / "info.csv"]


def test_paths_become_relative_to_the_new_folder(inputs, tmp_path):
    out = tmp_path / "dataset.csv"
    assert join_csvs(inputs, out) == 3
    assert out.read_bytes() == b"path,label\na/1.png,x\na/sub/2.png,x\nb/1.png,y\n"
    assert num_outside(out) == 0


def test_an_input_that_is_given_twice_is_refused(inputs, tmp_path):
    (tmp_path / "link.csv").symlink_to(inputs[0])
    for again in (inputs[0], tmp_path / "b" / ".." / "a" / "info.csv", tmp_path / "link.csv"):
        with pytest.raises(ConfigError, match="expected every input once"):
            join_csvs([*inputs, again], tmp_path / "dataset.csv")
    assert not (tmp_path / "dataset.csv").exists()


def test_masks_and_clean_images_move_too(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        text = f"path,label,mask,clean\n{name}1.png,x,m/{name}1.png,c/{name}1.PNG\n"
        (tmp_path / name / "info.csv").write_text(text)
    out = tmp_path / "dataset.csv"
    join_csvs([tmp_path / name / "info.csv" for name in "ab"], out)
    assert out.read_text() == (
        "path,label,mask,clean\na/a1.png,x,a/m/a1.png,a/c/a1.PNG\nb/b1.png,x,b/m/b1.png,b/c/b1.PNG\n"
    )


def test_other_columns_of_these_names_stay(tmp_path):
    source = tmp_path / "a" / "info.csv"
    source.parent.mkdir()
    source.write_text("path,label,mask,clean\n1.png,x,1,yes\n2.png,x,,no\n")
    join_csvs([source], tmp_path / "dataset.csv")
    assert (tmp_path / "dataset.csv").read_text() == "path,label,mask,clean\na/1.png,x,1,yes\na/2.png,x,,no\n"


def test_paths_that_lead_out_are_counted(inputs, tmp_path):
    out = tmp_path / "a" / "dataset.csv"
    assert join_csvs(inputs, out) == 3
    assert out.read_text() == "path,label\n1.png,x\nsub/2.png,x\n../b/1.png,y\n"
    assert num_outside(out) == 1


def test_absolute_paths_and_detours(tmp_path):
    source = tmp_path / "info.csv"
    source.write_text(f'path,label\n{tmp_path}/x/1.png,x\nx/../2.png,"a,b"\n../3.png,x\n')
    out = tmp_path / "x" / "all.csv"
    join_csvs([source], out)
    assert out.read_text() == 'path,label\n1.png,x\n../2.png,"a,b"\n../../3.png,x\n'


def test_the_output_is_never_an_input(inputs, tmp_path):
    (tmp_path / "alias.csv").symlink_to(inputs[1])
    for out in (inputs[0], tmp_path / "alias.csv"):
        with pytest.raises(ConfigError, match="one of the inputs"):
            join_csvs(inputs, out, force=True)
    assert inputs[0].read_text().startswith("path,label\n1.png")


def test_an_existing_output_needs_force(inputs, tmp_path):
    out = tmp_path / "dataset.csv"
    out.write_text("precious")
    with pytest.raises(ConfigError, match="--force"):
        join_csvs(inputs, out)
    assert out.read_text() == "precious"
    assert join_csvs(inputs, out, force=True) == 3


def test_other_columns_are_refused_and_nothing_is_written(inputs, tmp_path):
    inputs[1].write_text("path,label,size\n1.png,y,3\n")
    with pytest.raises(DataError) as caught:
        join_csvs(inputs, tmp_path / "dataset.csv")
    (problem,) = caught.value.problems
    assert problem.place.file == str(inputs[1])
    assert "received path, label, size" in problem.message
    assert not (tmp_path / "dataset.csv").exists()


def test_the_same_image_twice_is_refused_with_both_places(inputs, tmp_path):
    inputs[1].write_text("path,label\n2.png,y\n../a/1.png,x\n")
    with pytest.raises(DataError) as caught:
        join_csvs(inputs, tmp_path / "dataset.csv")
    (problem,) = caught.value.problems
    assert (problem.place.file, problem.place.line) == (str(inputs[1]), 3)
    assert f"a/1.png, as in {inputs[0]}:2" in problem.message


def test_joined_csvs_can_be_joined_again(inputs, tmp_path):
    join_csvs(inputs[:1], tmp_path / "first.csv")
    assert join_csvs([tmp_path / "first.csv", inputs[1]], tmp_path / "second.csv") == 3
