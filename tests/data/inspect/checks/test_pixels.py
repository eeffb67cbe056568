"""The images themselves."""

import numpy as np
import pytest

from shapenet.data.inspect.checks import pixels
from shapenet.data.inspect.finding import Severity
from tests.data.inspect.conftest import ImageRecords


def test_flat_images_are_named(evidence, noise):
    images = noise.copy()
    images[5] = 17
    (finding,) = pixels.flat(evidence(ImageRecords(images)))
    assert (finding.severity, finding.numbers, finding.examples) == (Severity.WARNING, {"images": 1}, ("5.png",))
    assert next(pixels.flat(evidence(ImageRecords(noise)))).severity is Severity.OK


def test_not_a_number_is_an_error(evidence):
    images = np.random.default_rng(0).random((4, 3, 3, 1)).astype(np.float32)
    assert next(pixels.not_finite(evidence(ImageRecords(images)))).severity is Severity.OK
    images[2, 1, 1] = np.nan
    (finding,) = pixels.not_finite(evidence(ImageRecords(images)))
    assert (finding.severity, finding.examples) == (Severity.ERROR, ("2.png",))


def test_integers_are_always_finite(evidence, noise):
    assert list(pixels.not_finite(evidence(ImageRecords(noise)))) == []


@pytest.mark.parametrize(("num_gray", "severity"), [(200, Severity.NOTE), (3, Severity.NOTE), (0, Severity.OK)])
def test_colour_images_without_colour(evidence, noise, num_gray, severity):
    images = np.repeat(noise, 3, axis=3)
    images[num_gray:, 0, 0] = (1, 2, 3)
    (finding,) = pixels.gray(evidence(ImageRecords(images)))
    assert (finding.severity, finding.numbers["images"]) == (severity, num_gray)
    assert (finding.hint is not None) == (num_gray == 200)


def test_gray_images_are_not_asked_for_colour(evidence, noise):
    assert list(pixels.gray(evidence(ImageRecords(noise)))) == []


def test_one_size_is_ok(evidence, noise):
    (finding,) = pixels.sizes(evidence(ImageRecords(noise)))
    assert (finding.severity, finding.message) == (Severity.OK, "all images are 12 x 12 pixels")


def test_sizes_that_vary_are_a_note(evidence):
    images = [np.zeros((height, 7, 1), np.uint8) for height in (5, 9, 5)]
    (finding,) = pixels.sizes(evidence(ImageRecords(images)))
    assert (finding.severity, finding.message) == (Severity.NOTE, "2 sizes: heights 5 to 9, widths 7 to 7")
