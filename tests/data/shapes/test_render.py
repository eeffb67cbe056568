"""Pixels agree with the facts."""

import hashlib

import numpy as np
import pytest

from shapenet.data.shapes.colours import luma
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render, render_into

BLACK_ON_WHITE = {"foreground_luma": [0.0, 0.0], "background_luma": [1.0, 1.0], "noise": 0.0}


def covered(image):
    return 1 - image[:, :, 0] / 255.0


@pytest.mark.parametrize("shape", SHAPES)
def test_drawn_area_is_the_analytic_one(shape):
    parameters = ShapesParameters(classes=[shape], size=160, scale=[0.4, 0.9], **BLACK_ON_WHITE)
    for index in range(20):
        image, drawing = render(parameters, index)
        assert covered(image).sum() == pytest.approx(drawing.main.area, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_stays_in_its_circle_and_reaches_it(shape):
    parameters = ShapesParameters(classes=[shape], size=96, scale=[0.3, 0.9], **BLACK_ON_WHITE)
    for index in range(20):
        image, drawing = render(parameters, index)
        rows, columns = np.nonzero(covered(image) > 0.05)
        radii = np.hypot(columns + 0.5 - drawing.main.centre[0], rows + 0.5 - drawing.main.centre[1])
        assert drawing.main.size / 2 - 2 < radii.max() < drawing.main.size / 2 + 1.5
        assert covered(image)[[0, -1]].max() == covered(image)[:, [0, -1]].max() == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_are_soft(shape):
    parameters = ShapesParameters(classes=[shape], size=96, scale=[0.5, 0.5], **BLACK_ON_WHITE)
    image, drawing = render(parameters, 0)
    levels = covered(image)
    soft = np.count_nonzero((levels > 0.02) & (levels < 0.98))
    assert drawing.main.size < soft < 8 * drawing.main.size


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_is_hollow(shape):
    filled = ShapesParameters(classes=[shape], size=160, scale=[0.8, 0.8], **BLACK_ON_WHITE)
    outlined = ShapesParameters(
        classes=[shape], size=160, scale=[0.8, 0.8], outline=True, line_width=0.03, **BLACK_ON_WHITE
    )
    inside, line = covered(render(filled, 3)[0]), covered(render(outlined, 3)[0])
    assert np.all(line <= inside + 1e-6)
    assert 0.05 < line.sum() / inside.sum() < 0.6


def test_noise_has_the_asked_spread_and_no_bias():
    parameters = ShapesParameters(
        classes=["circle"], noise=0.04, background_luma=[0.5, 0.5], background_saturation=[0, 0]
    )
    image, drawing = render(parameters, 0)
    clean, _ = render(ShapesParameters(**{**parameters.as_dict(), "noise": 0.0}), 0)
    noise = (image.astype(float) - clean)[clean == drawing.background[0]]
    assert noise.std() == pytest.approx(0.04 * 255, rel=0.03)
    assert abs(noise.mean()) < 0.3
    assert np.abs(noise).max() <= 3 * 0.04 * 255


def test_noise_differs_between_images_and_pixels():
    parameters = ShapesParameters(classes=["circle"], background_luma=[0.5, 0.5], background_saturation=[0, 0])
    corners = [render(parameters, index)[0][:2].ravel().astype(float) for index in range(40)]
    assert abs(np.corrcoef(corners)[~np.eye(40, dtype=bool)]).max() < 0.25


def test_light_and_dark_do_not_wrap_around():
    parameters = ShapesParameters(classes=["circle"], **{**BLACK_ON_WHITE, "noise": 0.15})
    image, drawing = render(parameters, 0)
    assert image[0].min() > 100
    assert image[int(drawing.main.centre[1]), int(drawing.main.centre[0])].max() < 150


def test_the_colours_are_those_of_the_facts():
    parameters = ShapesParameters(classes=["square"], noise=0.0, scale=[0.4, 0.5])
    for index in range(20):
        image, drawing = render(parameters, index)
        x, y = (int(place) for place in drawing.main.centre)
        assert tuple(image[y, x]) == drawing.main.foreground
        assert tuple(image[0, 0]) == drawing.background
        assert abs(luma(image[y, x]) - luma(image[0, 0])) >= 0.25 * 255


def test_marks_show_and_never_cover_the_shape():
    clean = ShapesParameters(classes=["square"], noise=0.0, scale=[0.5, 0.6])
    cluttered = ShapesParameters(**{**clean.as_dict(), "distractors": (8, 8)})
    for index in range(10):
        (before, drawing), (after, _) = render(clean, index), render(cluttered, index)
        whole = np.all(before == drawing.main.foreground, axis=-1)
        assert np.array_equal(before[whole], after[whole])
        assert np.any(before != after)


@pytest.mark.parametrize("size", [8, 9, 33, 257])
def test_any_size_and_every_extreme_draws(size):
    parameters = ShapesParameters(
        classes=list(SHAPES), size=size, scale=[0.01, 1.0], outline=0.5, distractors=[0, 20], noise=0.15
    )
    for index in range(40):
        image, _ = render(parameters, index)
        assert image.shape == (size, size, 3)


def test_an_image_does_not_depend_on_the_others():
    parameters = ShapesParameters(classes=["star", "ring"], size=32)
    forwards = [render(parameters, index)[0] for index in range(6)]
    out = np.full((6, 32, 32, 3), 9, np.uint8)
    for index in reversed(range(6)):
        render_into(out[index], parameters, index)
    np.testing.assert_array_equal(out, forwards)


@pytest.mark.parametrize(
    ("more", "digests"),
    [
        ({}, "5b520271665418f7 b83ba309af7e26b2 24c61af4c03373f8 a421f150e444bef3 b5ed029c263ac68e"
             " 0804c9506f4aee51 e166a4fd101e3d44 42a6da628762615b d65f3159b851ed1d 0b13148263ab686c"),
        ({"size": 33, "seed": 5, "outline": 0.5, "distractors": (0, 6)},
             "0dca7e0152522a02 56de2afeb276c875 48e47e5af5a455e8 66704df45a3aecab ba9ef497162b0d19"
             " 4b48f8bce22384e9 dd62b407114f3695 690bc743283a03d9 a9b4b1aa849b74df 43a78835914ffa35"),
        ({"noise": 0.0, "size": 64, "seed": 2**62},
             "132094b0e13dddad 66b401df736f0b35 f641d2ab93091f47 60858bd215098f2c f279c6a2c4e20c95"
             " ea0378500a7c79ee 627bfbbab876406c 0a31ab7b44712ecf 2da7ea4f5df65b09 1147f2c1fb3a3dd4"),
    ],
)  # fmt: skip
def test_every_byte_is_that_of_this_version(more, digests):
    """Recorded before there were several shapes, blur, occlusion, clutter and strokes, which all default to off."""
    parameters = ShapesParameters(classes=list(SHAPES), **more)
    drawn = [hashlib.sha256(render(parameters, index)[0].tobytes()).hexdigest()[:16] for index in range(10)]
    assert drawn == digests.split()


def test_the_pixels_are_those_of_this_version():
    """If this fails on purpose, raise RENDER_VERSION, so that packed data is not reused."""
    parameters = ShapesParameters(classes=list(SHAPES), size=48, outline=0.3, distractors=[1, 3])
    means = [round(float(render(parameters, index)[0].mean()), 1) for index in range(10)]
    assert means == pytest.approx([96.4, 100.2, 123.6, 151.4, 215.2, 230.2, 132.9, 102.1, 185.7, 226.3], abs=0.1)
