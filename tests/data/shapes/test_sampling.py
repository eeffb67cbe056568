"""The facts of an image: pure, inside, distinct and in contrast."""

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapenet.data.shapes.colours import luma
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.sampling import draw_facts
from shapenet.data.shapes.streams import Stream, bit_generator, raw_bits
from shapenet.errors import ConfigError


def contrast_of(drawing):
    return abs(luma(drawing.main.foreground) - luma(drawing.background)) / 255


def test_shapes_lie_inside_at_the_asked_size():
    parameters = ShapesParameters(classes=list(SHAPES), size=100, scale=[0.2, 0.8])
    for drawing in (draw_facts(parameters, index) for index in range(1000)):
        assert 20 <= drawing.main.size <= 80
        assert all(drawing.main.size / 2 + 1 <= place <= 99 - drawing.main.size / 2 for place in drawing.main.centre)
        assert 0 <= drawing.main.angle <= 360


def test_contrast_holds_over_2000_draws():
    parameters = ShapesParameters(classes=list(SHAPES), num_images=2000)
    contrasts = [contrast_of(draw_facts(parameters, index)) for index in range(2000)]
    assert min(contrasts) >= 0.25
    assert min(contrasts) < 0.27
    assert max(contrasts) > 0.7


unit = st.floats(0, 1)
ranges = st.tuples(unit, unit).map(lambda pair: tuple(sorted(pair)))


@settings(max_examples=200, deadline=None)
@given(ranges, ranges, st.floats(0.02, 0.9), st.integers(0, 2**63 - 1))
def test_contrast_holds_in_every_range(foreground, background, contrast, seed):
    try:
        parameters = ShapesParameters(
            classes=["cross"], seed=seed, contrast=contrast, foreground_luma=foreground, background_luma=background
        )
    except ConfigError:
        assert max(foreground[1] - background[0], background[1] - foreground[0]) < contrast + 2 / 255
        return
    for index in range(5):
        drawing = draw_facts(parameters, index)
        assert contrast_of(drawing) >= contrast
        for colour, (low, high) in ((drawing.main.foreground, foreground), (drawing.background, background)):
            assert low - 0.002 <= luma(colour) / 255 <= high + 0.002


def test_hue_and_saturation_are_as_asked():
    parameters = ShapesParameters(
        classes=["ring"], foreground_hue=[0, 0], foreground_saturation=[0.9, 0.9], background_saturation=[0, 0]
    )
    for drawing in (draw_facts(parameters, index) for index in range(50)):
        red, green, blue = drawing.main.foreground
        assert red > max(green, blue)
        assert len(set(drawing.background)) == 1


def test_labels_take_turns():
    parameters = ShapesParameters(classes=["star", "ring", "cross"])
    drawings = [draw_facts(parameters, index) for index in range(99)]
    assert Counter(drawing.main.shape for drawing in drawings) == {"star": 33, "ring": 33, "cross": 33}
    assert all(parameters.classes[drawing.main.label] == drawing.main.shape for drawing in drawings)


def test_every_seed_index_and_class_is_its_own():
    def centres(seed, shape):
        parameters = ShapesParameters(classes=[shape], seed=seed)
        return [draw_facts(parameters, index).main.centre for index in range(100)]

    keys = itertools.product((0, 1, 2, 2**62), ("square", "circle"))
    everything = [centre for seed, shape in keys for centre in centres(seed, shape)]
    assert len(set(everything)) == len(everything)


def test_the_difficulty_does_not_move_the_shape():
    plain = draw_facts(ShapesParameters(classes=["star"]), 5)
    hard = draw_facts(ShapesParameters(classes=["star"], noise=0.1, outline=1.0, distractors=[2, 4]), 5)
    assert (plain.main.centre, plain.main.figure, plain.main.foreground) == (
        hard.main.centre,
        hard.main.figure,
        hard.main.foreground,
    )


@pytest.mark.parametrize(("outline", "low", "high"), [(False, 0, 0), (True, 400, 400), (0.25, 70, 130)])
def test_outline_is_a_fraction_of_the_images(outline, low, high):
    parameters = ShapesParameters(classes=["star"], outline=outline)
    outlined = sum(draw_facts(parameters, index).main.line_width is not None for index in range(400))
    assert low <= outlined <= high


def test_marks_are_as_many_as_asked_and_small():
    parameters = ShapesParameters(classes=["star"], distractors=[2, 5], scale=[0.3, 0.5], size=64)
    drawings = [draw_facts(parameters, index) for index in range(300)]
    assert {len(drawing.marks) for drawing in drawings} == {2, 3, 4, 5}
    lengths = [2 * (mark.half_length + mark.half_width) for drawing in drawings for mark in drawing.marks]
    assert max(lengths) < 0.3 * 64 / 2


@pytest.mark.parametrize("count", [1, 3, 4, 13, 6144])
def test_the_fast_way_to_a_stream_gives_the_same_bits(count):
    parameters = ShapesParameters(classes=["star", "ring"], seed=2**63 - 1)
    for index in (0, 1, 2**47 + 1):
        for stream in (Stream.NOISE, Stream.SHAPE, Stream.NOISE):
            expected = bit_generator(parameters, index, stream).random_raw(count)
            np.testing.assert_array_equal(raw_bits(parameters, index, stream, count), expected)


def test_threads_do_not_share_a_generator():
    parameters = ShapesParameters(classes=["star", "ring"])
    expected = [draw_facts(parameters, index) for index in range(200)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(partial(draw_facts, parameters), range(200))) == expected
