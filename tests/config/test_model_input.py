"""The section ``model.input``."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.config.model_input import ModelInputConfig
from shapenet.config.problems import from_pydantic


def test_fields_and_periods() -> None:
    periods = {"angle": 360.0, "centre": [128.0, 64.0]}
    given = ModelInputConfig.model_validate({"fields": ["label", "angle", "centre"], "periods": periods})
    assert given.fields == ("label", "angle", "centre")
    assert given.periods == {"angle": (360.0,), "centre": (128.0, 64.0)}


@pytest.mark.parametrize(
    ("value", "key", "text"),
    [
        ({"fields": ["size", "size"]}, ("fields",), "'size' again"),
        ({"fields": ["image", "size"]}, ("fields",), "received 'image'"),
        ({"fields": ["size"], "periods": {"angle": 360.0}}, ("periods", "angle"), "among the fields size"),
        ({"fields": ["label"], "periods": {"label": 2.0}}, ("periods", "label"), "received 'label'"),
        ({"fields": []}, ("fields",), "at least 1"),
        ({"fields": ["angle"], "periods": {"angle": 0.0}}, ("periods", "angle"), "more than 0"),
    ],
)
def test_what_does_not_fit_is_told(value: dict[str, Any], key: tuple[str, ...], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- pydantic's
        ModelInputConfig.model_validate(value)
    problems = from_pydantic(caught.value, value, lambda _: ())  # type: ignore[arg-type]
    assert [problem.key for problem in problems] == [key]
    assert text in problems[0].message
