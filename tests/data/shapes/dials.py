"""Values of the generator for property tests: every dial, alone and together."""

from __future__ import annotations

from hypothesis import strategies as st

from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters


def ranges(low, high, numbers=st.floats):
    """Pairs of numbers, the lower one first."""
    return st.tuples(numbers(low, high), numbers(low, high)).map(lambda pair: tuple(sorted(pair)))


def any_parameters(**fixed):
    """Parameters of small images with any setting of the dials; those of `fixed` stay as they are."""
    dials = {
        "seed": st.integers(0, 2**63 - 1),
        "size": st.integers(24, 72),
        "scale": ranges(0.15, 0.8),
        "num_shapes": ranges(1, 6, st.integers),
        "overlap": st.floats(0, 1),
        "outline": st.sampled_from([0.0, 0.5]),
        "hand_drawn": st.sampled_from([0.0, 0.5, 1.0]),
        "paper": st.sampled_from([0.0, 0.5, 1.0]),
        "clutter": ranges(0, 6, st.integers),
        "distractors": ranges(0, 3, st.integers),
        "occlusion": ranges(0, 0.9),
        "blur": ranges(0, 0.05),
        "noise": st.sampled_from([0.0, 0.02]),
        "contrast": st.floats(0.02, 0.6),
    }
    chosen = {name: values for name, values in dials.items() if name not in fixed}
    return st.fixed_dictionaries(chosen).map(lambda drawn: _parameters({**drawn, **fixed}))


def _parameters(values):
    if not values["hand_drawn"]:  # without which paper is refused
        values["paper"] = 0.0
    return ShapesParameters(classes=list(SHAPES), **values)
