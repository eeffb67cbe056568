"""Estimates of rate and time left."""

import pytest

from shapenet.cli.render.pace import Pace, duration


def test_nothing_is_known_before_the_second_report():
    pace = Pace(3, now=100.0)
    assert (pace.images_per_second, pace.epoch_left(100.0), pace.total_left(100.0)) == (None, None, None)
    pace.step(50, 200, now=110.0)
    assert pace.images_per_second is None


def test_the_first_report_holds_compilation_and_does_not_count():
    pace = Pace(3, now=100.0)
    pace.step(50, 200, now=110.0)
    pace.step(100, 200, now=111.0)
    assert pace.images_per_second == 50
    assert pace.epoch_left(111.0) == 2
    assert pace.epoch_left(112.0) == 1, "time goes on between reports"
    assert pace.total_left(111.0) == 2 + 2 * 13


def test_the_first_epoch_counts_only_while_it_is_the_only_one():
    pace = Pace(4, now=0.0)
    pace.end_epoch(10.0)
    assert pace.total_left(10.0) == 3 * 10
    pace.end_epoch(12.0)
    assert pace.total_left(12.0) == 2 * 2
    pace.end_epoch(16.0)
    assert pace.total_left(16.0) == 3
    pace.end_epoch(18.0)
    assert pace.total_left(18.0) == 0


def test_estimates_are_never_negative():
    pace = Pace(2, now=0.0)
    pace.step(1, 2, now=1.0)
    pace.step(2, 2, now=2.0)
    assert pace.epoch_left(50.0) == 0
    assert pace.total_left(50.0) >= 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"), (0, "0s"), (0.04, "0.0s"), (4.21, "4.2s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m00s"),
        (185, "3m05s"), (3599.7, "1h00m"), (3720, "1h02m"), (86_399, "1d00h"), (273_600, "3d04h"),
    ],
)  # fmt: skip
def test_duration(seconds, text):
    assert duration(seconds) == text
