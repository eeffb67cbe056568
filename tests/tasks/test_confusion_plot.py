"""Tests of the picture of a confusion matrix."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from shapenet.errors import MachineError
from shapenet.tasks.confusion_plot import confusion_shares, write_confusion_plot


def write(path, num_classes, name="class {}"):
    confusion = 18 * np.eye(num_classes, dtype=np.int64)
    confusion[:, 0] += 2
    write_confusion_plot(
        path, [name.replace("{}", str(i)) for i in range(num_classes)], confusion, title="$run\n_^", note="test"
    )


def test_shares_sum_to_one_and_classes_without_examples_are_unknown():
    shares = confusion_shares(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(shares, [[0.5, 0.5, 0], [0, 1, 0], [np.nan] * 3])


@pytest.mark.parametrize(
    ("num_classes", "name"), [(1, "only"), (2, "{}"), (10, "a name {}"), (40, "$x_{}$"), (100, "图\n{}" * 20)]
)
def test_draws_any_number_of_classes_and_any_name(tmp_path, num_classes, name):
    path = tmp_path / "eval/confusion.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(path, num_classes, name)
    with Image.open(path) as image:
        assert 500 < image.width < 2600
        assert 500 < image.height < 2600
        assert len(image.convert("RGB").getcolors(1 << 24)) > 50


def test_draws_without_examples(tmp_path):
    write_confusion_plot(tmp_path / "c.png", "ab", np.zeros((2, 2), np.int64), title="run", note="test")
    assert (tmp_path / "c.png").stat().st_size > 1000


def test_equal_reports_give_equal_files(tmp_path):
    for name in "ab":
        write(tmp_path / name, 3)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError):
        write(tmp_path / "file/c.png", 2)


def test_importing_does_not_import_matplotlib():
    modules = "shapenet.tasks.confusion_plot, shapenet.evaluation.curves"
    code = f"import sys, {modules}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
