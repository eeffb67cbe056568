"""What gives the label away."""

import numpy as np
import pytest

from shapenet.data.inspect.checks import leaks
from shapenet.data.inspect.finding import Severity
from tests.data.inspect.conftest import FileRecords, ImageRecords

LABELS = np.arange(200) % 2


@pytest.mark.parametrize(("step", "severity"), [(0, Severity.OK), (6, Severity.NOTE), (60, Severity.WARNING)])
def test_brightness_that_tells_the_class(evidence, step, severity):
    labels = np.arange(2000) % 2
    noise = np.random.default_rng(0).integers(0, 128, (2000, 6, 6, 1))
    images = (noise + labels[:, None, None, None] * step).astype(np.uint8)
    (finding,) = leaks.brightness(evidence(ImageRecords(images, labels)))
    assert (finding.severity, finding.code, finding.numbers["chance"]) == (severity, "data/brightness", 0.5)
    assert (finding.numbers["accuracy"] > 0.95) == (severity is Severity.WARNING)


def test_few_images_tell_nothing_of_leaks(evidence, noise):
    assert list(leaks.brightness(evidence(ImageRecords(noise[:8], LABELS[:8])))) == []


@pytest.mark.parametrize(("step", "severity"), [(0, Severity.OK), (500, Severity.WARNING)])
def test_file_sizes_that_tell_the_class(evidence, noise, step, severity):
    num_bytes = np.random.default_rng(0).integers(1000, 1400, 200) + LABELS * step
    (finding,) = leaks.file_size(evidence(FileRecords(noise, LABELS, num_bytes=num_bytes)))
    assert (finding.severity, finding.code) == (severity, "data/file-leak")


def test_without_files_their_size_is_not_asked_for(evidence, noise):
    assert list(leaks.file_size(evidence(ImageRecords(noise, LABELS)))) == []


@pytest.mark.parametrize("leaking", [False, True])
def test_image_sizes_that_tell_the_class(evidence, leaking):
    random = np.random.default_rng(0)
    heights = random.integers(5, 15, 200) + 10 * LABELS * leaking
    images = [np.zeros((height, 4, 1), np.uint8) for height in heights]
    (finding,) = leaks.image_size(evidence(ImageRecords(images, LABELS)))
    assert finding.severity is (Severity.WARNING if leaking else Severity.OK)


def test_one_image_size_leaks_nothing(evidence, noise):
    assert list(leaks.image_size(evidence(ImageRecords(noise, LABELS)))) == []
