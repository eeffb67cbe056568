"""Models whose input is fields of a record: what vector the first layer gets, and who has the statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from shapenet.config.model_input import ModelInputConfig
from shapenet.config.schema import ModelConfig
from shapenet.errors import ConfigError
from shapenet.fields import Field
from shapenet.models.build import build_model
from shapenet.models.field_input import fields_spec
from shapenet.tasks.base import DataSpec
from shapenet.training.statistics import StandIns
from shapenet.vocabulary import load_vocabulary
from tests.tasks.specs import spec_of

load_vocabulary()
MORE = {
    "centre": Field("float32", (2,)),
    "count": Field("int64", ()),
    "angle": Field("float32", ()),
    "mask": Field("uint8", (8, 8, 1)),
    "any": Field("float32", (None,)),
}
BATCH = {
    "label": np.array([2, 0]),
    "centre": np.array([[3.0, 10.0], [5.0, 30.0]], np.float32),
    "count": np.array([7, 9]),
    "angle": np.array([90.0, 45.0], np.float32),
}


class Known(StandIns):
    """Statistics of a data set."""

    def moments(self, field: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        known = {"centre": ([1.0, 10.0], [2.0, 0.0]), "count": (8.0, 0.5)}[field]
        return np.asarray(known[0]), np.asarray(known[1])


def data(statistics: type[StandIns] = Known) -> DataSpec:
    spec = spec_of(3, **MORE)
    return DataSpec(spec.fields, spec.classes, statistics(spec.fields, 3))


def built(given: dict[str, Any], *, head: str = "none", spec: DataSpec | None = None) -> Any:
    spec = spec or data()
    config = ModelConfig.model_validate({"input": given, "layers": ["Identity"], "head": head})
    assert config.input is not None

    class AnyTask:
        """Takes every output."""

        def check_output(self, shape: tuple[int | None, ...]) -> None:
            pass

    return build_model(config, {"": AnyTask()}, fields_spec(config.input, spec), "m")  # type: ignore[dict-item]


ALL = {"fields": ["label", "centre", "angle", "count"], "periods": {"angle": 360.0}}


def test_numbers_are_standardised_angles_turned_and_labels_one_hot() -> None:
    vectors = np.asarray(built(ALL)(BATCH))
    half = np.sqrt(0.5)
    expected = [[1, 0, -2, 1, 0, 0, 0, 1], [2, 20, 2, half, half, 1, 0, 0]]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_of_several_periods_each_has_a_sine_and_a_cosine() -> None:
    vectors = np.asarray(built({"fields": ["angle"], "periods": {"angle": [360.0, 90.0]}})({"angle": BATCH["angle"]}))
    np.testing.assert_allclose(vectors[0], [1, 0, 0, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"fields": ["label"]}, 3),
        ({"fields": ["count"]}, 1),
        ({"fields": ["angle"], "periods": {"angle": 90.0}}, 2),
        ({"fields": ["centre"], "periods": {"centre": [64.0, 32.0, 16.0]}}, 12),
    ],
)
def test_any_of_them_will_do_alone(given: dict[str, Any], size: int) -> None:
    model = built(given)
    assert model.output_shape == (None, size)
    assert np.asarray(model({name: BATCH[name] for name in given["fields"]})).shape == (2, size)


def test_whoever_has_the_weights_has_the_statistics(tmp_path: Path) -> None:
    import keras

    trained, other = built(ALL), built(ALL, spec=data(StandIns))
    before = np.asarray(other(BATCH))
    trained.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert not np.allclose(before, other(BATCH))
    np.testing.assert_array_equal(other(BATCH), trained(BATCH))
    assert not trained.trainable_variables
    again = keras.models.model_from_json(trained.to_json())
    np.testing.assert_array_equal(again(BATCH), trained(BATCH))


@pytest.mark.parametrize("name", ["mask", "any"])
def test_what_is_no_vector_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"expected numbers in the field '{name}'") as caught:
        fields_spec(ModelInputConfig(fields=(name,)), data())
    assert caught.value.problems[0].key == ("model", "input", "fields")


def test_other_numbers_than_those_of_the_training_are_refused() -> None:
    spec = spec_of(3, **{**MORE, "centre": Field("float32", (3,))})
    other = DataSpec(spec.fields, spec.classes, Known(spec.fields, 3))
    with pytest.raises(ConfigError, match=r"'centre' to be of the shape \(2,\), as in training; received \(3,\)"):
        fields_spec(ModelInputConfig(fields=("centre",)), other)


def test_a_layer_for_pictures_is_told_what_it_gets() -> None:
    config = ModelConfig.model_validate({"input": ALL, "layers": ["MaxPooling2D"]})
    assert config.input is not None
    with pytest.raises(ConfigError) as caught:
        build_model(config, {}, fields_spec(config.input, data()), "m")
    (problem,) = caught.value.problems
    assert (problem.key, "Reshape" in str(problem.hint)) == (("model", "layers", 0), True)
