"""The section ``model.input``."""

from __future__ import annotations

from typing import Any

import pytest

from shapenet.config.model_input import ModelInputConfig
from shapenet.config.problems import from_pydantic


def test_fields_and_angles() -> None:
    given = ModelInputConfig.model_validate({"fields": ["label", "angle"], "angles": {"angle": 360.0}})
    assert (given.fields, given.angles) == (("label", "angle"), {"angle": 360.0})


@pytest.mark.parametrize(
    ("value", "key", "text"),
    [
        ({"fields": ["size", "size"]}, ("fields",), "'size' again"),
        ({"fields": ["image", "size"]}, ("fields",), "received 'image'"),
        ({"fields": ["size"], "angles": {"angle": 360.0}}, ("angles", "angle"), "among the fields size"),
        ({"fields": ["label"], "angles": {"label": 2.0}}, ("angles", "label"), "received 'label'"),
        ({"fields": []}, ("fields",), "at least 1"),
        ({"fields": ["angle"], "angles": {"angle": 0.0}}, ("angles", "angle"), "more than 0"),
    ],
)
def test_what_does_not_fit_is_told(value: dict[str, Any], key: tuple[str, ...], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- pydantic's
        ModelInputConfig.model_validate(value)
    problems = from_pydantic(caught.value, value, lambda _: ())  # type: ignore[arg-type]
    assert [problem.key for problem in problems] == [key]
    assert text in problems[0].message
