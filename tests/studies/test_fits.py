"""Fits of the studies, and what is said of them."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.fitting.own_recipes import own_recipe
from ligeia.studies.fits import fitted, outcome

TONE = Audio((0.5 * np.sin(np.arange(2000) / 5))[None].astype(np.float32), 8000)


def test_an_outcome_is_plain_and_true() -> None:
    inr = fitted(TONE, "siren-notebook", width=8, depth=2, steps=3)
    row = outcome(TONE, inr, ("snr", "stoi"))
    assert row["parameters"] == inr.parameter_count == 8 + 8 + 64 + 8 + 8 + 1
    assert row["steps"] == 3
    assert row["metrics"]["snr"] == pytest.approx(row["snr_db"], abs=0.01)
    assert row["mse"] == pytest.approx(0.125 / 10 ** (row["snr_db"] / 10), rel=1e-2)
    assert "metrics" not in outcome(TONE, inr)
    assert "units" not in row


def test_a_sparse_network_has_units() -> None:
    row = outcome(TONE, fitted(TONE, own_recipe("lapped")))
    assert row["parameters"] == 2 * row["units"] > 0
