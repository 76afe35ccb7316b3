"""Scale factors of empty bands: the noise that a decoder makes of them has the level that it should have."""

import numpy as np
import pytest

from ligeia.codec.transform.empty_bands import EmptyBands, levelled_noise
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra, quantise, reconstruct
from ligeia.codec.transform.scale_factors import PROFILES, BlockFormat, band_levels, scale_factors_of

LAYOUT = BlockFormat(320, 60, 1, 16000, next(each for each in PROFILES.values() if each.name == "speech"))
STEP = 100
DEAD_ZONE = 0.045
WANTED = EmptyBands(low=0.9, high=0.8, least=0.5 + DEAD_ZONE)


def wavering(loudness: float, seed: int = 0) -> np.ndarray:
    """Noise whose level wavers slowly by some 4 dB, `[blocks, frames, channels, frame_size]`."""
    rng = np.random.default_rng(seed)
    level = loudness + 0.4 * np.sin(np.arange(LAYOUT.frames) / 5)[:, None, None]
    return rng.standard_normal((2, LAYOUT.frames, 1, LAYOUT.frame_size)) * np.exp2(level)


def chosen_for(coefficients: np.ndarray, wanted: EmptyBands = WANTED) -> np.ndarray:
    largest = np.maximum.reduceat(np.abs(coefficients), LAYOUT.edges[:-1], axis=-1)
    levels = band_levels(coefficients, LAYOUT)
    return levelled_noise(levels, largest, scale_factors_of(coefficients, LAYOUT), LAYOUT, STEP, wanted)


def decoded(coefficients: np.ndarray, scale_factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a decoder makes of them, and the bands without a coefficient."""
    steps = np.full(len(coefficients), STEP)
    integers = quantise(coefficients, LAYOUT, steps, scale_factors, dead_zone=DEAD_ZONE)
    spectra = Spectra(np.zeros(coefficients.shape[:2], np.int64), scale_factors, integers)
    blocks = CodedBlocks(steps, np.zeros(len(coefficients), bool), spectra)
    empty = ~np.logical_or.reduceat(integers != 0, LAYOUT.edges[:-1], axis=-1)
    return reconstruct(blocks, LAYOUT, np.arange(len(coefficients))), empty


def heard_levels(coefficients: np.ndarray) -> np.ndarray:
    """The level of each band over three frames, in octaves."""
    energy = np.exp2(2 * band_levels(coefficients, LAYOUT))
    around = energy[:, :-2] + 2 * energy[:, 1:-1] + energy[:, 2:]
    return np.log2(around / 4) / 2


def errors(coefficients: np.ndarray, scale_factors: np.ndarray) -> np.ndarray:
    """By how many octaves noise is too loud in frames that are empty like their neighbours, `[bands, any]`."""
    noise, empty = decoded(coefficients, scale_factors)
    settled = empty[:, :-2] & empty[:, 1:-1] & empty[:, 2:]
    assert settled.mean() > 0.5
    return (heard_levels(noise) - heard_levels(coefficients))[settled]


def test_noise_has_the_wanted_level_on_average():
    coefficients = wavering(-12)
    for part in (0.7, 0.9):
        mean = errors(coefficients, chosen_for(coefficients, EmptyBands(low=part, high=part, least=0.545))).mean()
        assert mean == pytest.approx(np.log2(part), abs=0.05)
    assert errors(coefficients, scale_factors_of(coefficients, LAYOUT)).mean() < np.log2(0.72)  # as it is else


def test_the_energy_over_some_frames_is_nearer_than_by_rounding():
    coefficients = wavering(-12, seed=1)
    assert (
        errors(coefficients, chosen_for(coefficients)).std()
        < 0.8 * errors(coefficients, scale_factors_of(coefficients, LAYOUT)).std()
    )


def test_bands_with_coefficients_keep_their_scale_factors():
    coefficients = wavering(-12)
    coefficients[..., ::40] = 1.0
    plain, chosen = scale_factors_of(coefficients, LAYOUT), chosen_for(coefficients)
    _, empty = decoded(coefficients, plain)
    assert not empty.all()
    assert np.array_equal(chosen[~empty], plain[~empty])
    assert not np.array_equal(chosen[empty], plain[empty])


def test_a_steady_level_changes_no_scale_factor():
    coefficients = np.full((1, LAYOUT.frames, 1, LAYOUT.frame_size), 2.0**-12)
    chosen = chosen_for(coefficients, EmptyBands(low=0.67, high=0.64, least=0.545))  # as the decoder has it
    assert np.array_equal(chosen, scale_factors_of(coefficients, LAYOUT))


def test_silence_stays_silent_and_levels_stay_in_range():
    coefficients = wavering(-12)
    coefficients[:, :10] = 0
    coefficients[:, 10:20] *= 2.0**-40
    chosen = chosen_for(coefficients)
    assert not chosen[:, :20].any()
    assert chosen.min() >= 0
    assert chosen.max() <= 47
