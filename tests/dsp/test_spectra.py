"""The complex transform: its inverse is exact, and its magnitudes are those of the other one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.dsp.spectra import Stft
from ligeia.dsp.stft import magnitudes
from ligeia.errors import InputError


@given(count=st.integers(1, 700), half=st.integers(2, 40), data=st.data())
def test_the_inverse_is_exact(count: int, half: int, data: st.DataObject) -> None:
    transform = Stft(2 * half, data.draw(st.integers(1, half)), sqrt_window=data.draw(st.booleans()))
    sound = np.random.default_rng(count).standard_normal((2, count))
    np.testing.assert_allclose(transform.synthesise(transform.analyse(sound), count), sound, atol=1e-9)


def test_single_precision_stays_single() -> None:
    transform = Stft(64, 32)
    spectra = transform.analyse(np.ones(100, np.float32))
    assert spectra.dtype == np.complex64
    assert transform.synthesise(spectra, 100).dtype == np.float32


def test_magnitudes_are_those_of_the_other_transform() -> None:
    sound = np.random.default_rng(0).standard_normal(1000)
    expected = magnitudes(sound, size=64, hop=16)
    found = np.abs(Stft(64, 16).analyse(sound))[: len(expected)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(("size", "hop"), [(3, 1), (2, 1), (64, 0), (64, 33)])
def test_unusable_sizes_are_refused(size: int, hop: int) -> None:
    with pytest.raises(InputError):
        Stft(size, hop)


def test_spectra_of_another_length_are_refused() -> None:
    transform = Stft(64, 16)
    with pytest.raises(InputError, match="have spectra"):
        transform.synthesise(transform.analyse(np.ones(100)), 200)
