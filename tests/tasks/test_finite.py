"""Outputs that are no numbers are not reported on."""

from __future__ import annotations

import pytest

from shapenet.errors import RunError
from shapenet.tasks.finite import check_finite


def test_outputs_that_are_not_finite_are_counted() -> None:
    check_finite(0, 0)
    with pytest.raises(RunError, match="received others for 2 of 1,000 examples") as caught:
        check_finite(2, 1000)
    assert caught.value.problems[0].hint
