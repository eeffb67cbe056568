"""Many plain images at once are those drawn one by one, facts and pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapenet.data.shapes.colours import mixed, mixed_many
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.plain import draw_plain, is_plain
from shapenet.data.shapes.render import render, render_block
from shapenet.data.shapes.sampling import draw_facts
from tests.data.shapes.dials import any_parameters

unit = st.floats(0, 1)


@settings(max_examples=30, deadline=None)
@given(any_parameters(num_shapes=(1, 1), hand_drawn=0.0, clutter=(0, 0), distractors=(0, 0), occlusion=(0, 0),
                      blur=(0, 0)), st.integers(0, 500), st.integers(1, 30))  # fmt: skip
def test_facts_and_pixels_are_those_of_single_images(parameters, start, count):
    assert is_plain(parameters)
    images = np.empty((count, parameters.size, parameters.size, 3), np.uint8)
    drawings = list(render_block(images, parameters, start))
    alone = [render(parameters, index) for index in range(start, start + count)]
    assert drawings == [drawing for _, drawing in alone]
    np.testing.assert_array_equal(images, [image for image, _ in alone])


@pytest.mark.parametrize("size", [8, 128, 300])
def test_every_size_and_the_largest_shapes(size):
    parameters = ShapesParameters(classes=list(SHAPES), size=size, scale=[0.01, 1.0], outline=0.5, noise=0.0)
    images = np.empty((60, size, size, 3), np.uint8)
    render_block(images, parameters, 0)
    np.testing.assert_array_equal(images, [render(parameters, index)[0] for index in range(60)])


@settings(max_examples=15, deadline=None)
@given(any_parameters())
def test_other_images_are_drawn_one_by_one(parameters):
    images = np.empty((3, parameters.size, parameters.size, 3), np.uint8)
    drawings = list(render_block(images, parameters, 4))
    assert drawings == [draw_facts(parameters, index) for index in range(4, 7)]
    np.testing.assert_array_equal(images, [render(parameters, index)[0] for index in range(4, 7)])


@pytest.mark.parametrize(
    "dial",
    [{"num_shapes": (1, 2)}, {"hand_drawn": 0.1}, {"clutter": (0, 1)}, {"distractors": (0, 1)},
     {"occlusion": (0, 0.1)}, {"blur": (0, 0.1)}],
)  # fmt: skip
def test_any_dial_but_noise_makes_images_that_are_not_plain(dial):
    assert is_plain(ShapesParameters(classes=["star"], noise=0.1, outline=0.5))
    assert not is_plain(ShapesParameters(classes=["star"], **dial))


@given(st.lists(st.tuples(unit, st.floats(-360, 360), unit), min_size=1, max_size=20))
def test_many_colours_are_mixed_as_single_ones(colours):
    many = mixed_many(*np.array(colours).T)
    assert [tuple(colour) for colour in many.tolist()] == [mixed(*colour) for colour in colours]


def test_facts_do_not_depend_on_where_a_block_starts():
    parameters = ShapesParameters(classes=["star", "ring"], outline=0.5)
    whole, part = (list(draw_plain(parameters, start, 20).drawings()) for start in (0, 13))
    assert whole[13:] == part
