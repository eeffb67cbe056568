"""PSNR and SSIM against formulas written out in NumPy."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from shapenet.tasks.reconstruction.quality import psnr, ssim

Images = npt.NDArray[np.float32]


def ssim_written_out(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    """Wang et al. 2004, equations 13 to 17: one window after another, all in float64."""
    height, width, channels = x.shape
    rows, columns = min(11, height), min(11, width)
    window = np.array(
        [
            [
                math.exp(-((i - (rows - 1) / 2) ** 2 + (j - (columns - 1) / 2) ** 2) / (2 * 1.5**2))
                for j in range(columns)
            ]
            for i in range(rows)
        ]
    )
    window /= window.sum()
    c1, c2 = (0.01 * 1.0) ** 2, (0.03 * 1.0) ** 2
    values = []
    for channel in range(channels):
        for top in range(height - rows + 1):
            for left in range(width - columns + 1):
                a = x[top : top + rows, left : left + columns, channel]
                b = y[top : top + rows, left : left + columns, channel]
                mean_a, mean_b = (window * a).sum(), (window * b).sum()
                var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
                covariance = (window * (a - mean_a) * (b - mean_b)).sum()
                luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
                structure = (2 * covariance + c2) / (var_a + var_b + c2)
                values.append(luminance * structure)
    return float(np.mean(values))


def pairs(shape: tuple[int, ...], seed: int = 0) -> tuple[Images, Images]:
    random = np.random.default_rng(seed)
    true = random.random(shape, np.float32)
    return true, np.clip(true + random.normal(0, 0.2, shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize("shape", [(3, 16, 20, 3), (2, 11, 11, 1), (2, 5, 17, 1), (2, 8, 8, 3), (1, 1, 1, 1)])
def test_ssim_is_that_of_the_paper(shape: tuple[int, ...]) -> None:
    true, predicted = pairs(shape)
    expected = [
        ssim_written_out(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(true, predicted, strict=True)
    ]
    np.testing.assert_allclose(np.asarray(ssim(true, predicted)), expected, atol=2e-5)


def test_ssim_of_sizes_known_only_at_run_time() -> None:
    import tensorflow as tf

    compute = tf.function(ssim, input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)] * 2)
    for shape in ((2, 14, 12, 3), (2, 6, 30, 3)):
        true, predicted = pairs(shape)
        np.testing.assert_allclose(compute(true, predicted), np.asarray(ssim(true, predicted)), atol=1e-6)


def test_ssim_of_equal_opposite_and_plain_images() -> None:
    checks = (np.indices((16, 16)).sum(0) % 2).astype(np.float32).reshape(1, 16, 16, 1)
    assert float(ssim(checks, checks)[0]) == pytest.approx(1, abs=1e-6)
    assert float(ssim(checks, 1 - checks)[0]) < -0.9
    gray = np.full((1, 16, 16, 1), 0.5, np.float32)
    # without variance only the luminance counts
    assert float(ssim(gray, gray + 0.25)[0]) == pytest.approx((2 * 0.375 + 1e-4) / (0.8125 + 1e-4), rel=1e-4)


def test_psnr_is_minus_ten_times_the_logarithm_of_the_squared_error() -> None:
    true, predicted = pairs((4, 9, 7, 3))
    errors = ((true.astype(np.float64) - predicted) ** 2).reshape(4, -1).mean(1)
    np.testing.assert_allclose(np.asarray(psnr(true, predicted)), -10 * np.log10(errors), rtol=1e-5)


def test_psnr_of_known_errors() -> None:
    black = np.zeros((1, 4, 4, 1), np.float32)
    assert float(psnr(black, black + np.float32(0.1))[0]) == pytest.approx(20, abs=1e-4)
    assert float(psnr(black, black + 1)[0]) == pytest.approx(0, abs=1e-6)
    assert float(psnr(black, black)[0]) == pytest.approx(100, abs=1e-4)


def test_gradients_of_the_loss_are_finite_for_equal_and_for_flat_images() -> None:
    import tensorflow as tf

    for images in (np.zeros((2, 12, 12, 1), np.float32), pairs((2, 12, 12, 1))[0]):
        predicted = tf.Variable(images)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(1 - ssim(images, predicted))
        gradient = tape.gradient(loss, predicted)
        assert np.isfinite(gradient.numpy()).all()
