"""The layer that gives the user's units, and losses and metrics that see its outputs otherwise."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.tasks.regression.parts import loss_on_standardised, metric_on_values, units_class
from shapenet.tasks.regression.scale import Scale

SCALE = Scale((100.0, 0.0), (20.0, 1.0), (0.0, 90.0))


def model(scale: Scale) -> keras.Model:
    inputs = keras.Input((3,))
    raw = keras.layers.Dense(scale.num_standardised, kernel_initializer="zeros", dtype="float32")(inputs)
    return keras.Model(inputs, units_class()(scale, dtype="float32", name="values")(raw))


def test_values_come_in_the_units_before_sines_and_cosines() -> None:
    built = model(SCALE)
    built.layers[1].bias.assign([0.5, -1.0, 0.0])
    np.testing.assert_allclose(built(np.ones((2, 3))), [[110, 67.5, -1, 0]] * 2, atol=1e-5)
    assert built.output_shape == (None, 4)


def test_means_and_deviations_are_weights_that_do_not_train() -> None:
    built = model(SCALE)
    assert {w.name for w in built.layers[-1].non_trainable_weights} == {"means", "stds"}
    assert not built.layers[-1].trainable_weights
    other = model(Scale((0.0, 0.0), (1.0, 1.0), (0.0, 90.0)))
    other.set_weights(built.get_weights())
    np.testing.assert_allclose(other(np.ones((1, 3)))[:, 0], [100], atol=1e-5)


def test_the_layer_survives_serialisation() -> None:
    built = model(SCALE)
    again = keras.Model.from_config(built.get_config())
    again.set_weights(built.get_weights())
    np.testing.assert_array_equal(again(np.ones((1, 3))), built(np.ones((1, 3))))


def test_the_gradient_of_an_untrained_angle_is_finite() -> None:
    import tensorflow as tf

    built = model(SCALE)
    loss = loss_on_standardised(keras.losses.MeanSquaredError(), SCALE)
    with tf.GradientTape() as tape:
        value = loss(np.array([[110.0, 45.0]]), built(np.zeros((1, 3))))
    gradients = tape.gradient(value, built.trainable_weights)
    assert all(np.isfinite(g.numpy()).all() for g in gradients)


def test_the_loss_sees_standardised_numbers() -> None:
    loss = loss_on_standardised(keras.losses.MeanSquaredError(), SCALE)
    true = np.array([[100.0, 90.0]], np.float32)
    # (40 / 20)^2 for the number; of a whole turn the sine is 0 and the cosine 1
    assert float(loss(true, np.array([[140.0, 45.0, 0.0, -1.0]]))) == pytest.approx((4 + 0 + 4) / 3, abs=1e-5)
    assert float(loss(true, np.array([[100.0, 33.0, 0.5, 0.5]]))) == pytest.approx((0.25 + 0.25) / 3, abs=1e-5)
    assert loss.name == "mean_squared_error"


def test_metrics_see_angles_where_they_are_nearest() -> None:
    metric = metric_on_values(keras.metrics.MeanAbsoluteError(name="mae"), SCALE)
    metric.update_state(np.array([[100.0, 89.0]]), np.array([[101.0, 1.0, 7.0, 7.0]]))
    assert float(metric.result()) == pytest.approx((1 + 2) / 2, abs=1e-4)
    metric.reset_state()
    assert float(metric.result()) == 0
    plain = keras.metrics.MeanAbsoluteError()
    assert metric_on_values(plain, Scale((0.0,), (1.0,), (0.0,))) is plain
