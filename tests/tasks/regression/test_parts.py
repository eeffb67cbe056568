"""The layer that gives the user's units, and losses and metrics that see its outputs otherwise."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from shapenet.tasks.regression.parts import loss_on_standardised, metric_on_nearest, units_class
from shapenet.tasks.regression.scale import Scale

SCALE = Scale((100.0, 0.0), (20.0, 1.0), (0.0, 90.0))


def model(scale: Scale) -> keras.Model:
    inputs = keras.Input((3,))
    raw = keras.layers.Dense(scale.num_standardised, kernel_initializer="zeros", dtype="float32")(inputs)
    return keras.Model(inputs, units_class()(scale, dtype="float32", name="values")(raw))


def test_an_untrained_layer_gives_the_means_and_the_angle_0() -> None:
    np.testing.assert_allclose(model(SCALE)(np.ones((2, 3))), [[100, 0], [100, 0]], atol=1e-5)


def test_means_and_deviations_are_weights_that_do_not_train() -> None:
    built = model(SCALE)
    assert {w.name for w in built.layers[-1].non_trainable_weights} == {"means", "stds"}
    assert not built.layers[-1].trainable_weights
    other = model(Scale((0.0, 0.0), (1.0, 1.0), (0.0, 90.0)))
    other.set_weights(built.get_weights())
    np.testing.assert_allclose(other(np.ones((1, 3))), [[100, 0]], atol=1e-5)


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
    one, other = np.array([[100.0, 0.0]], np.float32), np.array([[140.0, 45.0]], np.float32)
    # (40 / 20)^2 for the number; sine and cosine of 0 and of half a turn: 0 and 2^2
    assert float(loss(one, other)) == pytest.approx((4 + 0 + 4) / 3, abs=1e-5)
    assert float(loss(one, one + np.array([[0, 90]], np.float32))) == pytest.approx(0, abs=1e-9)
    assert loss.name == "mean_squared_error"


def test_metrics_see_angles_where_they_are_nearest() -> None:
    metric = metric_on_nearest(keras.metrics.MeanAbsoluteError(name="mae"), SCALE)
    metric.update_state(np.array([[100.0, 89.0]]), np.array([[101.0, 1.0]]))
    assert float(metric.result()) == pytest.approx((1 + 2) / 2, abs=1e-4)
    metric.reset_state()
    assert float(metric.result()) == 0
    plain = keras.metrics.MeanAbsoluteError()
    assert metric_on_nearest(plain, Scale((0.0,), (1.0,), (0.0,))) is plain
