import numpy as np
import pytest
import torch

from ligeia.dsp.mdct import border_overlaps, to_switching, window_slope
from ligeia.networks.lapped import Lapped


@pytest.mark.parametrize("sine", [False, True])
def test_a_rise_and_its_fall_keep_the_power(sine):
    part = np.linspace(0, 1, 50)
    up, down = window_slope(part, np.sin, sine=sine), window_slope(1 - part, np.sin, sine=sine)
    assert up**2 + down**2 == pytest.approx(1)
    assert up[[0, -1]] == pytest.approx([0, 1], abs=1e-12)
    assert (np.diff(up) > 0).all()
    assert window_slope(torch.from_numpy(part), torch.sin, sine=sine).numpy() == pytest.approx(up)


def test_any_number_means_a_split():
    assert to_switching(np.array([[3.0, 2.6, -7.0, 0.4, 9.0]])).tolist() == [[2, 3, 0, 0, 2]]
    assert to_switching(np.array([[3.9], [1.0]])).tolist() == [[2], [1]]


def test_the_shorter_hop_decides_what_is_shared():
    spec = Lapped(frame_size=64, frames=4)
    borders = border_overlaps(spec, np.array([[0, 3, 1, 1], [2, 0, 0, 0]]), np.array([[0, 1], [1, 0]]))
    assert borders.tolist() == [[0, 8, 8, 32, 16], [16, 16, 64, 64, 0]]
