from math import inf, isnan

import pytest
import torch

from ligeia.fitting.group import FittedGroup, snr_from_energies


def test_decibels_by_hand():
    assert snr_from_energies(100.0, 1.0) == pytest.approx(20)
    assert snr_from_energies(1.0, 2.0) == pytest.approx(-3.0103, abs=1e-4)
    assert snr_from_energies(3.0, 3.0) == 0


def test_the_ends():
    assert snr_from_energies(1.0, 0.0) == inf
    assert snr_from_energies(0.0, 1.0) == -inf
    assert isnan(snr_from_energies(0.0, 0.0))


def test_a_group_says_its_own():
    group = FittedGroup(range(2), {}, torch.zeros(2), signal=1000.0, error=1.0, steps=3, seconds=2.0, trace=[])
    assert group.snr_db == pytest.approx(30)
