"""Hand-drawn shapes: near the true outline, never quite on it, thick and thin, dark on paper."""

import math
from itertools import pairwise

import numpy as np
import pytest

from shapenet.data.shapes.colours import luma
from shapenet.data.shapes.contours import contours
from shapenet.data.shapes.geometry import SHAPE_FORMS
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render
from shapenet.data.shapes.sampling import draw_facts


def distance_to(shape, points, centre=(0.0, 0.0)):
    form = SHAPE_FORMS[shape.shape].distance
    offsets = (np.float32([[x - centre[0]], [y - centre[1]]]) for x, y in points)
    return np.array([form(x[None], y[None], shape.figure)[0, 0] for x, y in offsets])


@pytest.mark.parametrize("shape", SHAPES)
def test_contours_run_along_the_edge_and_close(shape):
    parameters = ShapesParameters(classes=[shape], size=400)
    for index in range(5):
        main = draw_facts(parameters, index).main
        outlines = contours(shape, main.figure)
        assert len(outlines) == (2 if shape == "ring" else 1)
        for outline in outlines:
            for side, following in pairwise([*outline, outline[0]]):
                assert side[-1] == pytest.approx(following[0])
            middles = [((a + c) / 2, (b + d) / 2) for side in outline for (a, b), (c, d) in pairwise(side)]
            points = [point for side in outline for point in side]
            assert np.abs(distance_to(main, points)).max() < 0.01 * main.size
            assert np.abs(distance_to(main, middles)).max() < 0.01 * main.size
        length = sum(math.dist(a, b) for outline in outlines for side in outline for a, b in pairwise(side))
        assert length > 2 * main.size


@pytest.mark.parametrize("shape", SHAPES)
def test_strokes_follow_the_outline_unsteadily(shape):
    parameters = ShapesParameters(classes=[shape], hand_drawn=True)
    for index in range(20):
        main = draw_facts(parameters, index).main
        points = [point for stroke in main.strokes for point in stroke.points]
        away = np.abs(distance_to(main, points, main.centre)) / main.size
        assert np.median(away) < 0.035
        assert away.max() < 0.2
        assert away.max() > 0.004


def test_lines_vary_in_width_around_the_fact():
    parameters = ShapesParameters(classes=list(SHAPES), hand_drawn=True, scale=[0.4, 0.6])
    for index in range(20):
        main = draw_facts(parameters, index).main
        widths = np.array([2 * half for stroke in main.strokes for half in stroke.half_widths])
        assert widths.max() > 1.2 * widths.min()
        assert widths.mean() == pytest.approx(main.line_width, rel=0.25)
        assert widths.min() > 0.3


def test_some_are_drawn_side_by_side_and_some_in_one_go():
    parameters = ShapesParameters(classes=["square"], hand_drawn=True)
    counts = [len(draw_facts(parameters, index).main.strokes) for index in range(100)]
    assert set(counts) == {1, 4}
    assert 30 < counts.count(4) < 85


def test_some_outlines_stay_open_and_some_overshoot():
    parameters = ShapesParameters(classes=["circle"], hand_drawn=True)
    strokes = [draw_facts(parameters, index).main for index in range(100)]
    lengths = [
        sum(math.dist(a, b) for a, b in pairwise(main.strokes[0].points)) / (math.pi * main.size) for main in strokes
    ]
    assert min(lengths) < 0.97
    assert max(lengths) > 1.03


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_the_dials_are_fractions_of_the_images(fraction):
    paper = 0.5 if fraction else 0.0
    parameters = ShapesParameters(classes=list(SHAPES), hand_drawn=fraction, paper=paper, num_shapes=[2, 3])
    drawings = [draw_facts(parameters, index) for index in range(300)]
    by_hand = [drawing for drawing in drawings if drawing.main.strokes]
    assert len(by_hand) / 300 == pytest.approx(fraction, abs=0.08 * (0 < fraction < 1))
    assert all(
        {bool(shape.strokes) for shape in drawing.shapes} == {bool(drawing.main.strokes)} for drawing in drawings
    )
    on_paper = [drawing for drawing in by_hand if len(drawing.clutter) == 2]
    assert all(drawing.main.strokes for drawing in drawings if drawing.clutter)
    assert len(on_paper) == pytest.approx(len(by_hand) / 2, abs=45)


@pytest.mark.parametrize("contrast", [0.02, 0.25, 0.9])
def test_ink_is_dark_on_light_paper(contrast):
    parameters = ShapesParameters(
        classes=list(SHAPES), hand_drawn=True, paper=True, contrast=contrast, noise=0.0, num_shapes=[1, 3],
        foreground_luma=[0, 1], background_luma=[0, 1], scale=[0.4, 0.6],
    )  # fmt: skip
    for index in range(30):
        image, drawing = render(parameters, index)
        assert luma(drawing.background) / 255 > 0.85
        assert all(luma(shape.foreground) / 255 < 0.43 for shape in drawing.shapes)
        lightest = max(luma(shape.foreground) for shape in drawing.shapes) / 255
        assert luma(drawing.background) / 255 - lightest >= contrast
        corner = luma(image[:4, :4].reshape(-1, 3).mean(axis=0)) / 255
        assert corner - lightest > contrast - 0.02


def test_the_hand_does_not_move_the_shape():
    plain, drawn = (ShapesParameters(classes=list(SHAPES), hand_drawn=hand, paper=hand) for hand in (0.0, 1.0))
    for index in range(20):
        one, other = draw_facts(plain, index).main, draw_facts(drawn, index).main
        assert (one.centre, one.figure, one.angle, one.area) == (other.centre, other.figure, other.angle, other.area)
