"""The facts of a shape say what a picture of it shows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.shapes.facts import PlacedShape
from shapenet.data.shapes.geometry import SHAPE_FORMS, Figure
from shapenet.data.shapes.names import SHAPES

STEPS = np.linspace(-22, 22, 89, dtype=np.float32)


def placed(shape, angle, traits):
    return PlacedShape(shape, 0, (0.0, 0.0), Figure(20.0, angle, traits), (0, 0, 0), None)


def inside(shape):
    return SHAPE_FORMS[shape.shape].distance(STEPS[None, :], STEPS[:, None], shape.figure)


def traits_of(shape):
    return tuple((low + 2 * high) / 3 if n else low for n, (low, high) in enumerate(SHAPE_FORMS[shape].traits))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_symmetry_is_the_smallest_one(shape):
    first = placed(shape, 0.3, traits_of(shape))
    if not first.symmetry:
        np.testing.assert_allclose(inside(first), inside(placed(shape, 0.9, traits_of(shape))), atol=1e-3)
        return
    turned = placed(shape, 0.3 + math.radians(first.symmetry), traits_of(shape))
    np.testing.assert_allclose(inside(first), inside(turned), atol=1e-3)
    for part in (2, 3, 5):
        less = placed(shape, 0.3 + math.radians(first.symmetry / part), traits_of(shape))
        assert np.abs(inside(first) - inside(less)).max() > 0.5


@given(st.sampled_from(SHAPES), st.floats(-7, 7))
def test_the_angle_lies_below_the_symmetry_and_does_not_change_with_it(shape, angle):
    first = placed(shape, angle, traits_of(shape))
    assert 0 <= first.angle < max(first.symmetry, 1e-9)
    if first.symmetry:
        turned = placed(shape, angle + math.radians(first.symmetry), traits_of(shape))
        away = abs(first.angle - turned.angle)
        assert min(away, first.symmetry - away) < 1e-6


def test_a_tiny_negative_angle_is_zero():
    assert placed("square", -1e-18, ()).angle == 0.0


@pytest.mark.parametrize("traits", [(0.8, 1.0, 1.2), (1.2, 0.8, 1.0), (1.0, 1.2, 0.8)])
def test_a_triangle_points_with_its_sharpest_corner(traits):
    shape = placed("triangle", 0.4, traits)
    radians = math.radians(shape.angle)
    at = np.array([[20 * math.cos(radians)]], np.float32), np.array([[20 * math.sin(radians)]], np.float32)
    assert abs(SHAPE_FORMS["triangle"].distance(*at, shape.figure)[0, 0]) < 1e-3
    arcs = [math.tau * trait / 3 for trait in traits]
    corners = [0.4, 0.4 + arcs[0], 0.4 + arcs[0] + arcs[1]]
    points = [complex(math.cos(c), math.sin(c)) for c in corners]
    sharpness = [abs(points[(n + 1) % 3] - points[(n + 2) % 3]) for n in range(3)]
    assert math.degrees(corners[sharpness.index(min(sharpness))]) % 360 == pytest.approx(shape.angle)


def test_a_triangles_traits_are_its_corners_seen_from_the_sharpest():
    shape = placed("triangle", 0.4, (0.8, 1.0, 1.2))
    turned = placed("triangle", 2.4, (1.0, 1.2, 0.8))  # the same triangle with another corner as its first
    assert sum(shape.traits) == pytest.approx(360)
    assert shape.traits == pytest.approx(turned.traits)
    assert shape.traits[1] == min(shape.traits)
    for arc in (0.0, shape.traits[0], shape.traits[0] + shape.traits[1]):
        radians = math.radians(shape.angle + arc)
        at = np.array([[20 * math.cos(radians)]], np.float32), np.array([[20 * math.sin(radians)]], np.float32)
        assert abs(SHAPE_FORMS["triangle"].distance(*at, shape.figure)[0, 0]) < 1e-3
    assert placed("ring", 0.4, (0.5,)).traits == (0.5,)
    assert placed("square", 0.4, ()).traits == ()
