from math import inf, isnan

import pytest

from ligeia.audio.signal import snr_from_energies


def test_decibels_by_hand():
    assert snr_from_energies(100.0, 1.0) == pytest.approx(20)
    assert snr_from_energies(1.0, 2.0) == pytest.approx(-3.0103, abs=1e-4)
    assert snr_from_energies(3.0, 3.0) == 0


def test_the_ends():
    assert snr_from_energies(1.0, 0.0) == inf
    assert snr_from_energies(0.0, 1.0) == -inf
    assert isnan(snr_from_energies(0.0, 0.0))
