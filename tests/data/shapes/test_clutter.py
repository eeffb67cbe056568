"""Clutter is as much as asked, varied, behind the shapes, and leaves them their contrast."""

import numpy as np
import pytest
from hypothesis import given, settings

from shapenet.data.shapes.clutter import clutter_cover
from shapenet.data.shapes.colours import LUMA_WEIGHTS, luma
from shapenet.data.shapes.facts import Blob, Curve, Gradient, Texture
from shapenet.data.shapes.geometry import coverage
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.paint import shape_distance
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render
from shapenet.data.shapes.sampling import draw_facts
from tests.data.shapes.dials import any_parameters


def test_there_is_as_much_as_asked_of_every_kind():
    parameters = ShapesParameters(classes=list(SHAPES), clutter=[2, 5])
    drawings = [draw_facts(parameters, index) for index in range(200)]
    assert {len(drawing.clutter) for drawing in drawings} == {2, 3, 4, 5}
    assert {type(item) for drawing in drawings for item in drawing.clutter} == {Curve, Blob, Gradient, Texture}


@pytest.mark.parametrize("size", [8, 33, 128])
def test_every_kind_covers_a_part_between_none_and_all(size):
    parameters = ShapesParameters(classes=list(SHAPES), clutter=[6, 6], size=size)
    for index in range(20):
        for item in draw_facts(parameters, index).clutter:
            cover = clutter_cover(item, size)
            assert (cover.shape, cover.dtype) == ((size, size), np.float32)
            assert cover.min() >= 0
            assert cover.max() <= 1
            if isinstance(item, Gradient | Texture) and size == 128:
                assert cover.min() < 0.3
                assert cover.max() > 0.7


@settings(max_examples=60)
@given(
    any_parameters(noise=0.0, occlusion=(0.0, 0.0), blur=(0.0, 0.0), distractors=(0, 0), clutter=(1, 8), outline=0.0)
)
def test_every_shape_keeps_its_contrast_to_everything_behind(parameters):
    for index in range(3):
        image, drawing = render(parameters, index)
        behind = np.ones(image.shape[:2], bool)
        for shape in drawing.shapes:
            behind &= ~near(shape, parameters.size)
        levels = image[behind] @ np.array(LUMA_WEIGHTS)
        if levels.size:
            for shape in drawing.shapes:
                assert np.abs(levels - luma(shape.foreground)).min() / 255 >= parameters.contrast - 2 / 255


def near(shape, size):
    """The pixels that the shape may touch: its circle, and as far as a hand strays from it."""
    steps = np.arange(size) + 0.5
    reach = shape.size / 2 * (1.5 if shape.strokes else 1.0) + 2
    return np.hypot(steps[None, :] - shape.centre[0], steps[:, None] - shape.centre[1]) < reach


def test_clutter_never_covers_a_shape():
    plain, full = (ShapesParameters(classes=list(SHAPES), noise=0.0, clutter=[c, c]) for c in (0, 12))
    for index in range(10):
        (before, drawing), (after, _) = render(plain, index), render(full, index)
        (left, top, right, bottom), distance = shape_distance(drawing.main, 128)
        whole = coverage(distance) == 1
        assert whole.any()
        assert np.array_equal(before[top:bottom, left:right][whole], after[top:bottom, left:right][whole])
        assert np.mean(np.any(before != after, axis=-1)) > 0.1
