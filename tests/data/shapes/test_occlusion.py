"""The occluder hides as much as asked, of the main shape, in a colour that can be told from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapenet.data.shapes.colours import luma
from shapenet.data.shapes.geometry import coverage
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.paint import occluder_distance, shape_distance
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render
from shapenet.data.shapes.sampling import draw_facts
from tests.data.shapes.dials import ranges


def hidden_fraction(drawing, size):
    whole, free = np.zeros((2, size, size), np.float32)
    (left, top, right, bottom), distance = shape_distance(drawing.main, size)
    whole[top:bottom, left:right] = coverage(distance)
    (left, top, right, bottom), distance = occluder_distance(drawing.occluder, size)
    free[top:bottom, left:right] = coverage(distance)
    return float((whole * free).sum() / whole.sum())


@settings(max_examples=60)
@given(st.sampled_from(SHAPES), ranges(0.01, 0.9), st.integers(0, 2**63 - 1))
def test_the_hidden_fraction_is_as_drawn_and_within_the_range(shape, occlusion, seed):
    parameters = ShapesParameters(
        classes=[shape], seed=seed, size=120, scale=[0.5, 0.7], occlusion=occlusion, noise=0.0
    )
    for index in range(3):
        drawing = draw_facts(parameters, index)
        assert occlusion[0] <= drawing.occluder.hidden <= occlusion[1]
        assert hidden_fraction(drawing, 120) == pytest.approx(drawing.occluder.hidden, abs=0.012)


def test_every_occluder_can_be_told_from_the_shape():
    parameters = ShapesParameters(classes=list(SHAPES), occlusion=[0.1, 0.5])
    drawings = [draw_facts(parameters, index) for index in range(300)]
    assert all(abs(luma(drawing.occluder.colour) - luma(drawing.main.foreground)) / 255 >= 0.25 for drawing in drawings)
    plain = sum(drawing.occluder.colour == drawing.background for drawing in drawings)
    bars = sum(drawing.occluder.half_length > 128 for drawing in drawings)
    assert 90 < plain < 210
    assert 90 < bars < 210


def test_no_third_colour_leaves_the_background():
    parameters = ShapesParameters(
        classes=["star"], foreground_luma=[0.9, 0.9], background_luma=[0.1, 0.1], occlusion=[0.3, 0.3]
    )
    drawings = [draw_facts(parameters, index) for index in range(20)]
    assert {drawing.occluder.colour == drawing.background for drawing in drawings} == {True}


def test_nothing_to_hide_is_no_occluder():
    assert draw_facts(ShapesParameters(classes=["star"]), 0).occluder is None
    seldom = ShapesParameters(classes=["star"], occlusion=[0.0, 0.3])
    assert all(0 < draw_facts(seldom, index).occluder.hidden <= 0.3 for index in range(20))


def test_only_what_the_occluder_covers_changes():
    plain, hidden = (ShapesParameters(classes=list(SHAPES), noise=0.0, occlusion=[o, o]) for o in (0.0, 0.4))
    for index in range(20):
        (before, _), (after, drawing) = render(plain, index), render(hidden, index)
        (left, top, right, bottom), distance = occluder_distance(drawing.occluder, 128)
        covered = np.zeros((128, 128), bool)
        covered[top:bottom, left:right] = distance < 0.5
        assert np.array_equal(before[~covered], after[~covered])
        assert not np.array_equal(before, after)
