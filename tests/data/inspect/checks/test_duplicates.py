"""Images that are there more than once."""

import numpy as np
import pytest

from shapenet.data.inspect.checks import duplicates
from shapenet.data.inspect.finding import Severity
from tests.data.inspect.conftest import ImageRecords


@pytest.fixture
def smooth():
    """30 gray images of soft blobs, 40 x 40, no two alike."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:40, :40]
    images = np.zeros((30, 40, 40))
    for index in range(len(images)):
        for cy, cx, width, height in random.uniform((0, 0, 3, 60), (40, 40, 9, 160), (4, 4)):
            images[index] += height * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
    return images.clip(0, 255).astype(np.uint8)[..., None]


def test_repeated_images_are_named(evidence, noise):
    (finding,) = duplicates.exact(evidence(ImageRecords(noise[[0, 1, 0, 2, 0]])))
    assert (finding.severity, finding.code) == (Severity.WARNING, "data/duplicate")
    assert finding.numbers == {"images": 2, "share": 0.4}
    assert finding.examples == ("0.png = 2.png", "0.png = 4.png")


def test_no_image_twice_is_ok(evidence, noise):
    (finding,) = duplicates.exact(evidence(ImageRecords(noise)))
    assert finding.severity is Severity.OK


def test_images_in_two_splits_are_an_error(evidence, noise):
    found = list(duplicates.exact(evidence(train=ImageRecords(noise[:50]), val=ImageRecords(noise[[60, 7, 61, 61]]))))
    assert [(finding.severity, finding.code) for finding in found] == [
        (Severity.WARNING, "data/duplicate"),
        (Severity.ERROR, "data/overlap"),
    ]
    assert found[1].numbers == {"images": 1, "share": 0.25}
    assert found[1].examples == ("train: 7.png = val: 1.png",)


def test_splits_without_a_common_image_are_ok(evidence, noise):
    found = list(duplicates.exact(evidence(train=ImageRecords(noise[:50]), val=ImageRecords(noise[50:]))))
    assert [(finding.severity, finding.code) for finding in found] == [
        (Severity.OK, "data/duplicate"),
        (Severity.OK, "data/overlap"),
    ]


def test_one_image_under_two_labels_is_an_error(evidence, noise):
    (finding,) = duplicates.conflicting(evidence(ImageRecords(noise[[0, 1, 0, 1]], [0, 1, 1, 1])))
    assert (finding.severity, finding.numbers) == (Severity.ERROR, {"images": 1})
    assert finding.examples == ("0.png (cat) = 2.png (dog)",)


def test_two_labels_in_two_splits_are_found(evidence, noise):
    train, val = ImageRecords(noise[:2], [0, 0]), ImageRecords(noise[1:3], [1, 1])
    (finding,) = duplicates.conflicting(evidence(train=train, val=val))
    assert finding.examples == ("1.png (cat) = 0.png (dog)",)


def test_the_same_label_twice_is_no_conflict(evidence, noise):
    (finding,) = duplicates.conflicting(evidence(ImageRecords(noise[[0, 1, 0]], [0, 1, 0])))
    assert finding.severity is Severity.OK


def change(images, how):
    values = images.astype(np.float64)
    changed = {
        "brighter": values * 1.1 + 5,
        "noisy": values + np.random.default_rng(1).normal(0, 3, values.shape),
    }[how]
    return changed.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("how", ["brighter", "noisy"])
def test_changed_copies_in_another_split_are_found(evidence, smooth, how):
    train, val = ImageRecords(smooth[:20]), ImageRecords(np.concatenate([smooth[20:], change(smooth[3:5], how)]))
    (finding,) = duplicates.near(evidence(train=train, val=val))
    assert (finding.severity, finding.numbers) == (Severity.WARNING, {"across": 2, "within": 0, "labels_differ": 0})
    assert set(finding.examples) == {"train: 3.png ~ val: 10.png", "train: 4.png ~ val: 11.png"}


def test_changed_copies_in_one_set_are_a_note(evidence, smooth):
    (finding,) = duplicates.near(evidence(ImageRecords(np.concatenate([smooth, change(smooth[:1], "brighter")]))))
    assert (finding.severity, finding.examples) == (Severity.NOTE, ("0.png ~ 30.png",))
    assert "split may part them" in finding.hint


def test_copies_under_another_label_are_counted(evidence, smooth):
    copies = np.concatenate([smooth, change(smooth[:3], "brighter")])
    (finding,) = duplicates.near(evidence(ImageRecords(copies, [0] * 30 + [0, 1, 1])))
    assert finding.numbers == {"across": 0, "within": 3, "labels_differ": 2}
    assert "2 of all such pairs under two labels" in finding.message


def test_equal_colours_are_needed_too(evidence, smooth):
    red = np.concatenate([smooth, 0 * smooth, 0 * smooth], axis=3)
    green = np.concatenate([0 * smooth, (smooth * 0.5).astype(np.uint8), 0 * smooth], axis=3)
    (finding,) = duplicates.near(evidence(ImageRecords(np.concatenate([red, green]))))
    assert finding.severity is Severity.OK


def test_exact_copies_are_not_reported_as_alike(evidence, smooth):
    (finding,) = duplicates.near(evidence(ImageRecords(np.concatenate([smooth, smooth]))))
    assert finding.severity is Severity.OK


def test_where_too_many_pairs_are_likely_the_count_is_a_least_one(evidence, smooth, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 2)
    copies = np.concatenate([smooth, change(smooth, "brighter")])
    (finding,) = duplicates.near(evidence(ImageRecords(copies)))
    assert finding.message.startswith("at least 2 pairs")
