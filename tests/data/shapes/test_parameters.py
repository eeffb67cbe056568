"""Parameters take what can be drawn and name what can't."""

import math
import pickle

import pytest

from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.errors import ConfigError


def test_lists_become_tuples_and_survive_pickling():
    parameters = ShapesParameters(classes=["ring", "star"], scale=[0.2, 0.3], distractors=[1, 2])
    assert (parameters.classes, parameters.scale, parameters.distractors) == (("ring", "star"), (0.2, 0.3), (1, 2))
    assert pickle.loads(pickle.dumps(parameters)) == parameters  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes", []), ("classes", ["sqare"]), ("classes", ["ring", "ring"]), ("classes", "ring"),
        ("num_images", 0), ("num_images", True), ("num_images", 2.0), ("size", 7), ("size", 4096), ("seed", -1),
        ("scale", [0.5, 0.2]), ("scale", [0.0, 0.2]), ("scale", [0.2, 1.1]), ("scale", [0.2]), ("scale", 0.2),
        ("angle", [0, 400]), ("foreground_hue", [20, 10]), ("contrast", 0), ("contrast", 0.95), ("contrast", None),
        ("noise", -0.1), ("noise", math.nan), ("noise", math.inf), ("noise", "mild"), ("outline", 1.5),
        ("line_width", 0), ("distractors", [3, 1]), ("distractors", [0.5, 1]),
        ("num_shapes", [0, 1]), ("num_shapes", [3, 2]), ("num_shapes", 2), ("num_shapes", [1, 51]), ("overlap", 1.1),
        ("overlap", -0.1), ("blur", [0.0, 0.2]), ("blur", [0.02, 0.01]), ("occlusion", [0.0, 0.95]),
        ("occlusion", [-0.1, 0.5]), ("clutter", [0, 101]), ("clutter", [2, 1]), ("hand_drawn", 2.0), ("paper", -1.0),
    ],
)  # fmt: skip
def test_wrong_values_are_named(name, value):
    with pytest.raises(ConfigError) as caught:
        ShapesParameters(**{"classes": ["square"], name: value})
    assert [problem.key for problem in caught.value.problems] == [(name,)]


def test_all_wrong_values_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        ShapesParameters(classes=["square"], size=1, noise=2.0, seed="x")
    assert {problem.key for problem in caught.value.problems} == {("size",), ("noise",), ("seed",)}


def test_colours_that_can_not_differ_enough_are_refused():
    with pytest.raises(ConfigError, match="contrast") as caught:
        ShapesParameters(classes=["square"], foreground_luma=[0.4, 0.6], background_luma=[0.4, 0.6])
    assert caught.value.problems[0].hint
