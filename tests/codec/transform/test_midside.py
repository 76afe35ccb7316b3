import numpy as np

from ligeia.codec.transform.analysis import turned


def weights(channels: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3, 2, channels, 8)).astype(np.float32)


def test_it_is_its_own_inverse_and_turns_only_what_it_should():
    before, rotated = weights(2), np.array([True, False, True])
    after = turned(before, rotated)
    assert np.array_equal(after[1], before[1])
    assert np.allclose(after[0, :, 0], (before[0, :, 0] + before[0, :, 1]) / np.sqrt(2), atol=1e-6)
    assert np.allclose(after[0, :, 1], (before[0, :, 0] - before[0, :, 1]) / np.sqrt(2), atol=1e-6)
    assert np.allclose(turned(after, rotated), before, atol=1e-6)
    assert np.isclose(np.square(after).sum(), np.square(before).sum())


def test_other_numbers_of_channels_stay():
    for channels in (1, 3):
        before = weights(channels)
        assert turned(before, np.ones(3, bool)) is before
