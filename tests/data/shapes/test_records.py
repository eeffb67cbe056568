"""Records with more fields than image and label."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapenet.data.pack import open_packed
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.records import ShapesRecords
from shapenet.data.shapes.sampling import draw_facts
from shapenet.data.shapes.truth import draw_mask, main_visible_area
from shapenet.errors import ConfigError
from tests.data.shapes.dials import any_parameters

ALL = (
    "image", "label", "mask", "clean", "labels", "centre", "size", "angle", "area", "traits", "foreground", "background"
)  # fmt: skip


@settings(max_examples=25)
@given(any_parameters(), st.integers(0, 50))
def test_every_field_is_what_the_facts_say(parameters, start):
    records = ShapesRecords(parameters, ALL)
    block = records.read(start, start + 3)
    assert list(block) == list(ALL)
    for name, field in records.fields.items():
        assert (block[name].dtype, block[name].shape) == (np.dtype(field.dtype), (3, *field.shape))
    for offset in range(3):
        drawing = draw_facts(parameters, start + offset)
        assert block["label"][offset] == drawing.main.label
        np.testing.assert_allclose(block["centre"][offset], drawing.main.centre, rtol=1e-6)
        assert block["size"][offset] == pytest.approx(drawing.main.size, rel=1e-6)
        assert block["angle"][offset] == pytest.approx(drawing.main.angle, rel=1e-6)
        assert block["area"][offset] == pytest.approx(main_visible_area(drawing), rel=1e-6)
        np.testing.assert_array_equal(block["foreground"][offset], drawing.main.foreground)
        np.testing.assert_array_equal(block["background"][offset], drawing.background)
        traits = [*drawing.main.traits, *[0.0] * 3][: block["traits"].shape[1]]
        np.testing.assert_allclose(block["traits"][offset], traits, rtol=1e-6)
        assert set(np.flatnonzero(block["labels"][offset])) == {shape.label for shape in drawing.shapes}
        mask = np.empty((parameters.size, parameters.size), np.uint8)
        draw_mask(mask, drawing)
        np.testing.assert_array_equal(block["mask"][offset, :, :, 0], mask)


def test_fields_change_the_key_but_not_the_images():
    parameters = ShapesParameters(classes=["star", "ring"], size=16, num_images=8, clutter=[1, 3], num_shapes=[1, 3])
    some, all_fields = ShapesRecords(parameters), ShapesRecords(parameters, ALL)
    assert some.key != all_fields.key
    assert ShapesRecords(parameters, ["label", "image"]).key == some.key
    np.testing.assert_array_equal(some.read(0, 8)["image"], all_fields.read(0, 8)["image"])


def test_the_store_holds_every_field(tmp_path):
    records = ShapesRecords(ShapesParameters(classes=["star", "ring"], size=16, num_images=40, blur=[0, 0.1]), ALL)
    store = open_packed(records, tmp_path)
    block = records.read(0, 40)
    for name in ALL:
        np.testing.assert_array_equal(store[name], block[name])


@pytest.mark.parametrize(
    "fields", [[], ["image"], ["image", "label", "label"], ["image", "label", "colour"], "image", ["image", "label", 1]]
)
def test_wrong_fields_are_refused(fields):
    with pytest.raises(ConfigError) as caught:
        ShapesRecords(ShapesParameters(classes=["star"]), fields)
    assert [problem.key for problem in caught.value.problems] == [("fields",)]


def test_a_shape_that_is_no_class_never_appears():
    parameters = ShapesParameters(classes=["star", "ring"], num_shapes=[5, 5], scale=[0.1, 0.2], overlap=0.0)
    labels = ShapesRecords(parameters, ("image", "label", "labels")).read(0, 50)["labels"]
    assert labels.shape == (50, 2)
    assert {tuple(row) for row in labels} <= {(0, 1), (1, 0), (1, 1)}
    assert len(SHAPES) > 2
