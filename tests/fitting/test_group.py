import pytest
import torch

from ligeia.fitting.group import FittedGroup


def test_a_group_says_its_own():
    group = FittedGroup(range(2), {}, torch.zeros(2), signal=1000.0, error=1.0, steps=3, seconds=2.0, trace=[])
    assert group.snr_db == pytest.approx(30)
