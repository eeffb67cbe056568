"""Masks, clean images and areas agree with the facts and with each other."""

import numpy as np
import pytest
from hypothesis import given, settings

from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render, render_clean_into
from shapenet.data.shapes.sampling import draw_facts
from shapenet.data.shapes.truth import draw_mask, main_visible_area, visible_areas
from tests.data.shapes.dials import any_parameters


def mask_of(drawing, size):
    mask = np.full((size, size, 1), 99, np.uint8)
    draw_mask(mask, drawing)
    return mask[:, :, 0]


def clean_of(drawing, size):
    clean = np.empty((size, size, 3), np.uint8)
    render_clean_into(clean, drawing)
    return clean


@settings(max_examples=80)
@given(any_parameters())
def test_the_mask_agrees_with_the_visible_areas(parameters):
    for index in range(3):
        drawing = draw_facts(parameters, index)
        mask = mask_of(drawing, parameters.size)
        areas = visible_areas(drawing, parameters.size)
        assert set(np.unique(mask)) <= {0, *(1 + shape.label for shape in drawing.shapes)}
        for label in {shape.label for shape in drawing.shapes}:
            of_label = [(s, a) for s, a in zip(drawing.shapes, areas, strict=True) if s.label == label]
            tolerance = sum(2 + 0.5 * s.size + 0.02 * s.area for s, _ in of_label)
            assert abs(np.count_nonzero(mask == 1 + label) - sum(a for _, a in of_label)) <= tolerance


@pytest.mark.parametrize("shape", SHAPES)
def test_the_mask_is_the_filled_shape(shape):
    size = 160
    parameters = ShapesParameters(
        classes=[shape], size=size, scale=[0.4, 0.9], noise=0.0, foreground_luma=[0, 0], background_luma=[1, 1]
    )
    for index in range(10):
        image, drawing = render(parameters, index)
        mask = mask_of(drawing, size)
        assert np.array_equal(mask == 1, image[:, :, 0] <= 127)
        assert np.count_nonzero(mask) == pytest.approx(drawing.main.area, rel=0.02)


@pytest.mark.parametrize("manner", [{"outline": True}, {"hand_drawn": True}, {"hand_drawn": True, "paper": True}])
def test_the_mask_is_filled_whatever_the_manner(manner):
    plain = ShapesParameters(classes=list(SHAPES), size=96)
    other = ShapesParameters(classes=list(SHAPES), size=96, **manner)
    for index in range(10):
        assert np.array_equal(mask_of(draw_facts(plain, index), 96), mask_of(draw_facts(other, index), 96))


def test_upper_shapes_hide_lower_ones_and_the_occluder_hides_all():
    parameters = ShapesParameters(
        classes=list(SHAPES), num_shapes=[6, 6], overlap=1.0, scale=[0.4, 0.5], occlusion=[0.3, 0.3], noise=0.0
    )
    for index in range(20):
        image, drawing = render(parameters, index)
        mask = mask_of(drawing, 128)
        for shape, area in zip(drawing.shapes, visible_areas(drawing, 128), strict=True):
            shown = np.all(image == shape.foreground, axis=-1)
            assert np.all(mask[shown] == 1 + shape.label)
            assert 0 <= area <= shape.area + 1e-3
        hidden = np.all(image == drawing.occluder.colour, axis=-1)
        if drawing.occluder.colour != drawing.background:
            assert np.all(mask[hidden] == 0)
        assert main_visible_area(drawing) == pytest.approx(0.7 * drawing.main.area)


def test_a_shape_alone_has_all_its_area():
    drawing = draw_facts(ShapesParameters(classes=["star"]), 3)
    assert visible_areas(drawing, 128) == (drawing.main.area,) == (main_visible_area(drawing),)


@settings(max_examples=40)
@given(any_parameters(noise=0.0, blur=(0.0, 0.0), occlusion=(0.0, 0.0), clutter=(0, 0), distractors=(0, 0), paper=0.0))
def test_the_clean_image_is_the_image_without_dials(parameters):
    for index in range(3):
        image, drawing = render(parameters, index)
        assert np.array_equal(image, clean_of(drawing, parameters.size))


@settings(max_examples=40)
@given(any_parameters(paper=0.0))
def test_the_clean_image_does_not_depend_on_the_dials(parameters):
    off = {"noise": 0.0, "blur": (0, 0), "occlusion": (0, 0), "clutter": (0, 0), "distractors": (0, 0)}
    plain = ShapesParameters(**{**parameters.as_dict(), **off})
    for index in range(3):
        assert np.array_equal(clean_of(draw_facts(parameters, index), parameters.size), render(plain, index)[0])


def test_paper_is_plain_in_the_clean_image():
    parameters = ShapesParameters(classes=["star"], hand_drawn=True, paper=True, noise=0.0)
    image, drawing = render(parameters, 0)
    clean = clean_of(drawing, 128)
    assert tuple(clean[0, 0]) == drawing.background
    assert len(np.unique(clean[:3, :3].reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(image[:3, :3].reshape(-1, 3), axis=0)) > 1
