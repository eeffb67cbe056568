"""Several shapes: as many as asked, apart, inside, none larger than the main one."""

import math
from itertools import combinations

from hypothesis import given, settings

from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.sampling import draw_facts
from tests.data.shapes.dials import any_parameters


@settings(max_examples=60)
@given(any_parameters())
def test_shapes_keep_their_distance_and_stay_inside(parameters):
    for index in range(4):
        drawing = draw_facts(parameters, index)
        assert len(drawing.shapes) <= parameters.num_shapes[1]
        assert drawing.main.shape == parameters.classes[index % len(parameters.classes)]
        smallest = parameters.scale[0] * parameters.size
        for shape in drawing.shapes:
            assert smallest - 1e-9 <= shape.size <= drawing.main.size + 1e-9
            margin = min(shape.size / 2 + 1, parameters.size / 2)
            assert all(margin - 1e-9 <= place <= parameters.size - margin + 1e-9 for place in shape.centre)
            assert parameters.classes[shape.label] == shape.shape
        for one, other in combinations(drawing.shapes, 2):
            least = (1 - parameters.overlap) * (one.size + other.size) / 2
            assert math.dist(one.centre, other.centre) >= least - 1e-9


def test_there_are_as_many_as_asked_where_there_is_room():
    parameters = ShapesParameters(classes=list(SHAPES), num_shapes=[2, 4], scale=[0.1, 0.15])
    drawings = [draw_facts(parameters, index) for index in range(200)]
    assert {len(drawing.shapes) for drawing in drawings} == {2, 3, 4}
    assert {shape.shape for drawing in drawings for shape in drawing.shapes[:-1]} == set(SHAPES)


def test_shapes_without_room_are_left_out():
    parameters = ShapesParameters(classes=["square"], num_shapes=[50, 50], scale=[0.6, 0.9], overlap=0.0)
    counts = {len(draw_facts(parameters, index).shapes) for index in range(20)}
    assert counts == {1}
    anywhere = ShapesParameters(classes=["square"], num_shapes=[50, 50], scale=[0.6, 0.9], overlap=1.0)
    assert len(draw_facts(anywhere, 0).shapes) == 50


def test_others_do_not_move_the_main_shape():
    one, many = (ShapesParameters(classes=list(SHAPES), num_shapes=[1, count]) for count in (1, 9))
    for index in range(20):
        assert draw_facts(one, index).main == draw_facts(many, index).main
