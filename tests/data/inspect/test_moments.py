"""Mean and deviation of a stream are those of the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shapenet.data.inspect.moments import Moments


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.floats(-1e6, 1e6))
def test_pieces_add_up(lengths, offset):
    values = np.random.default_rng(0).normal(offset, 3, (sum(lengths), 2))
    moments, start = Moments(2), 0
    for length in lengths:
        moments.add(values[start : start + length])
        start += length
    if not start:
        assert moments.count == 0
        return
    mean, deviation = moments.scaled(0.5)
    np.testing.assert_allclose(mean, values.mean(axis=0) / 2, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(deviation, values.std(axis=0) / 2, rtol=1e-6, atol=1e-9)


def test_a_small_spread_survives_a_large_mean():
    moments = Moments(1)
    for value in (1e9, 1e9 + 1, 1e9 + 2):
        moments.add(np.array([[value]]))
    np.testing.assert_allclose(moments.scaled(1)[1], [np.sqrt(2 / 3)])


def test_the_numbers_stay_as_they_are():
    values = np.arange(4.0).reshape(4, 1)
    Moments(1).add(values)
    assert values.ravel().tolist() == [0, 1, 2, 3]
