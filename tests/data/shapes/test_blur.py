"""The blur is Gaussian, keeps the mean, and goes on beyond the edges."""

import math

import numpy as np
import pytest

from shapenet.data.shapes.blur import blurred
from shapenet.data.shapes.names import SHAPES
from shapenet.data.shapes.parameters import ShapesParameters
from shapenet.data.shapes.render import render


@pytest.mark.parametrize("sigma", [0.1, 0.7, 1.5, 4.0])
def test_a_step_becomes_the_normal_distribution(sigma):
    image = np.zeros((3, 65, 1), np.int16)
    image[:, 32:] = 255
    expected = [255 * 0.5 * (1 + math.erf((x - 31.5) / (sigma * math.sqrt(2)))) for x in range(65)]
    assert np.abs(blurred(image, sigma)[1, :, 0] - expected).max() < (6 if sigma < 1 else 2)
    np.testing.assert_array_equal(blurred(image.transpose(1, 0, 2), sigma)[:, 1], blurred(image, sigma)[1])


@pytest.mark.parametrize("sigma", [1e-200, 0.3, 2.0, 30.0])
@pytest.mark.parametrize("value", [0, 1, 127, 255])
def test_a_plain_image_stays(sigma, value):
    image = np.full((9, 5, 3), value, np.int16)
    np.testing.assert_array_equal(blurred(image, sigma), image)


def test_channels_do_not_mix():
    image = np.zeros((9, 9, 3), np.int16)
    image[4, 4, 1] = 255
    result = blurred(image, 1.0)
    assert result[:, :, [0, 2]].max() == 0
    assert result[4, 4, 1] == pytest.approx(255 / math.tau, rel=0.05)
    assert result[:, :, 1].sum() == pytest.approx(255, abs=20)


def test_the_dial_is_a_fraction_of_the_side():
    parameters = ShapesParameters(classes=list(SHAPES), size=100, blur=[0.01, 0.03], noise=0.0)
    sigmas = [render(parameters, index)[1].blur for index in range(60)]
    assert 1.0 <= min(sigmas) < 1.3
    assert 2.7 < max(sigmas) <= 3.0


def test_a_blurred_edge_is_wider():
    sharp, soft = (
        render(ShapesParameters(classes=["square"], scale=[0.6, 0.6], noise=0.0, blur=[blur, blur]), 0)[0].astype(int)
        for blur in (0.0, 0.03)
    )
    assert np.abs(np.diff(soft, axis=1)).max() < 0.4 * np.abs(np.diff(sharp, axis=1)).max()
