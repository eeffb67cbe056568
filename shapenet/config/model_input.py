"""What a model is given in place of the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from shapenet.config.problems import raise_in_pydantic
from shapenet.config.section import Section
from shapenet.errors import ConfigError, Problem, did_you_mean
from shapenet.values import Names, one_or_more

Periods = Annotated[tuple[Annotated[float, Field(gt=0)], ...], BeforeValidator(one_or_more), Field(min_length=1)]
"""One period, or several."""


class ModelInputConfig(Section):
    """Fields of a record that the model is given in place of its image, as one vector.

    It holds numbers standardised by the train split's means and deviations, then sines, then cosines, then the label
    as one-hot.
    """

    fields: Annotated[Names, Field(min_length=1)]
    """The fields: ``label``, and numbers or vectors of numbers, such as ``centre`` of the source shapes."""
    periods: dict[str, Periods] = Field(default_factory=dict)
    """Those of them that become sine and cosine instead, with the period after which these begin anew, in the
    field's own unit: 360 for directions in degrees. Of several periods the short ones tell near values apart, such
    as ``[128, 64, 32]`` for places in pixels (Fourier features, Tancik et al., 2020)."""

    @model_validator(mode="after")
    def _names_fit(self) -> ModelInputConfig:
        problems = list(self._problems())
        if problems:
            raise raise_in_pydantic(ConfigError(problems))
        return self

    def _problems(self) -> Iterator[Problem]:
        for name in dict.fromkeys(self.fields):
            if self.fields.count(name) > 1:
                message = f"expected every field once, received {name!r} again"
                yield Problem("config/model-input", message, key=("fields",))
        if "image" in self.fields:
            message = "expected numbers and the label, received 'image'"
            hint = "leave model.input out: the image is what a model is given unless the config says otherwise"
            yield Problem("config/model-input", message, key=("fields",), hint=hint)
        for name in self.periods:
            if name == "label" or name not in self.fields:
                message = f"expected some of the numbers among the fields {', '.join(self.fields)}; received {name!r}"
                near = did_you_mean(name, [field for field in self.fields if field != "label"])
                yield Problem("config/model-input", message, key=("periods", name), hint=near)
