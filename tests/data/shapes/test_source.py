"""The source as a config names it, and its records."""

import subprocess
import sys

import numpy as np
import pytest

import shapenet.data.shapes.source  # noqa: F401 - registers
from shapenet.data.shapes.parameters import default_values
from shapenet.data.shapes.render import render
from shapenet.errors import ConfigError
from shapenet.registry import REGISTRIES

ENTRY = REGISTRIES["source"].get("shapes")


def make(**config):
    return ENTRY.factory(**{"classes": ["square", "triangle"], "num_images": 20, "size": 16, **config})


def test_the_entry_has_every_parameter_with_its_default():
    defaults = {name: p.default for name, p in ENTRY.parameters.items() if not p.required}
    assert defaults == {**default_values(), "fields": ("image", "label")}
    assert [name for name, p in ENTRY.parameters.items() if p.required] == ["classes"]
    assert ENTRY.origin == "shapenet"


def test_records_hold_images_and_balanced_labels():
    records = make()
    part = records.read(3, 9)
    assert part["image"].shape == (6, *records.fields["image"].shape) == (6, 16, 16, 3)
    assert part["image"].dtype == np.uint8
    np.testing.assert_array_equal(part["label"], [1, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(records.label_of(), [0, 1] * 10)
    np.testing.assert_array_equal(part["image"][2], render(records.parameters, 5)[0])
    assert (len(records), records.name_of(5)) == (20, "shapes/triangle/000005")


def test_an_empty_range_reads():
    assert make().read(4, 4)["image"].shape == (0, 16, 16, 3)


def test_the_key_goes_by_content():
    assert make().key == make().key
    assert len({make(**more).key for more in ({}, {"seed": 1}, {"noise": 0.0}, {"num_images": 21}, {"size": 17})}) == 5


def test_seeds_give_other_images():
    assert not np.array_equal(make(seed=1).read(0, 20)["image"], make(seed=2).read(0, 20)["image"])


def test_wrong_values_are_a_config_error():
    with pytest.raises(ConfigError, match="size"):
        make(size=3)


def test_registering_imports_no_numpy():
    code = "import shapenet.data.shapes.source, sys; sys.exit(bool({'numpy', 'PIL', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
