"""Numerics: stable at the ends of the range, and what their names say."""

import numpy as np
import pytest
from scipy import special

from caption_model.networks.numerics import logsumexp, ridge, sigmoid, softmax

LOGITS = np.array([[0.0, 1.0, -2.0], [900.0, 899.0, -900.0]], np.float32)


def test_probabilities_are_those_of_scipy_for_logits_of_any_size():
    np.testing.assert_allclose(softmax(LOGITS), special.softmax(LOGITS, axis=1), rtol=1e-5)
    np.testing.assert_allclose(logsumexp(LOGITS)[:, 0], special.logsumexp(LOGITS, axis=1), rtol=1e-6)
    np.testing.assert_allclose(sigmoid(LOGITS), special.expit(LOGITS), atol=1e-9)


def test_log_probabilities_of_several_steps_sum_to_one():
    logits = np.random.default_rng(0).normal(0, 3, (2, 4, 5)).astype(np.float32)
    assert np.exp(logits - logsumexp(logits)).sum(axis=-1) == pytest.approx(np.ones((2, 4)), abs=1e-5)


def test_ridge_finds_a_linear_map_and_shrinks_noise():
    random = np.random.default_rng(0)
    x = random.normal(0, 1, (400, 10)).astype(np.float32)
    truth = random.normal(0, 1, (10, 3)).astype(np.float32)
    np.testing.assert_allclose(ridge(x, x @ truth), truth, atol=0.05)
    assert np.abs(ridge(x, random.normal(0, 1, (400, 3)).astype(np.float32))).max() < 0.2
