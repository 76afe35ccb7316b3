"""What the network sees: spectra that add up to the sound again, facts at the right instants."""

import numpy as np
import pytest

from ligeia.codec.synthesis import features
from ligeia.codec.synthesis.features import BINS, FACTS, FRAME_SIZE, HOP, OVERLAP, PHASE_BINS, RATE, SIZE
from ligeia.codec.synthesis.network import BANDS
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra
from ligeia.codec.transform.scale_factors import BlockFormat, band_edges, profile_of, step_exponents

LAYOUT = BlockFormat(FRAME_SIZE, 4, 1, RATE, profile_of(3))
NOISE = np.random.default_rng(1).standard_normal(HOP * 20 + SIZE).astype(np.float32)


def test_spectra_add_up_to_the_sound():
    spectrum = features.spectra(NOISE)
    assert spectrum.shape == (21, BINS)
    again = features.overlap_add(spectrum)
    assert again == pytest.approx(NOISE[OVERLAP * HOP : OVERLAP * HOP + len(again)], abs=1e-5)
    assert len(again) == HOP * (21 - OVERLAP)


def test_a_level_is_the_size_of_a_bin():
    power = np.square(np.abs(features.spectra(NOISE))).mean()
    assert np.sqrt(power) == pytest.approx(features.SIZE_OF_LEVEL, rel=0.05)


def test_facts_of_frames():
    random = np.random.default_rng(2)
    scale_factors = random.integers(0, 30, (2, 4, 1, BANDS))
    coefficients = random.integers(-1, 2, (2, 4, 1, FRAME_SIZE))
    blocks = CodedBlocks(
        np.array([60, 70]), np.zeros(2, bool), Spectra(np.zeros((2, 4), int), scale_factors, coefficients)
    )
    facts = features.frame_facts(blocks, LAYOUT)
    assert facts.shape == (2, 4, FACTS, BANDS)
    assert np.array_equal(facts[:, :, 0], scale_factors[:, :, 0] - 24)
    heard = scale_factors[:, :, 0] > 0
    expected = step_exponents(LAYOUT, blocks.steps, scale_factors)[:, :, 0] / 16 - 24
    assert facts[:, :, 1][heard] == pytest.approx(expected[heard])
    edges = band_edges(FRAME_SIZE, RATE)
    assert facts[1, 2, 2, 3] == np.mean(coefficients[1, 2, 0, edges[3] : edges[4]] != 0)


def test_silence_has_the_facts_of_silence():
    silent = Spectra.zeros(LAYOUT, 1)
    facts = features.frame_facts(CodedBlocks(np.array([60]), np.zeros(1, bool), silent), LAYOUT)
    assert np.array_equal(facts[0, 0], features.silent_facts(BANDS))


def test_facts_lie_between_those_of_two_frames():
    ramp = np.arange(10.0, 20.0)  # the value of a frame is its number: its centre is at value + 1/2 frames
    frames = range(24, 34)
    centres = (np.array(frames) * HOP + SIZE / 2) / FRAME_SIZE
    assert features.facts_at(ramp, 10, frames) == pytest.approx(centres - 0.5)


def test_inputs_are_about_as_large_as_one():
    spectrum = features.spectra(NOISE * 0.1)
    facts = np.repeat(features.silent_facts(BANDS)[None], len(spectrum) - 1, axis=0)
    facts[:, :2] = -4.0
    values = features.inputs(spectrum[1:], spectrum[:-1], facts)
    assert values.shape == (len(spectrum) - 1, BINS + 2 * PHASE_BINS + FACTS * BANDS)
    assert 0.2 < np.sqrt(np.square(values).mean()) < 2
    silent = features.inputs(0 * spectrum[1:], 0 * spectrum[:-1], facts)
    assert np.isfinite(silent).all()


def test_a_steady_tone_advances_evenly():
    hertz = 1000.0
    tone = np.sin(2 * np.pi * hertz / RATE * np.arange(SIZE + 3 * HOP)).astype(np.float32)
    spectrum = features.spectra(tone)
    facts = np.repeat(features.silent_facts(BANDS)[None], len(spectrum) - 1, axis=0)
    turned = features.inputs(spectrum[1:], spectrum[:-1], facts)[:, BINS : BINS + 2 * PHASE_BINS]
    at = round(hertz * SIZE / RATE)
    advance = turned[:, at] + 1j * turned[:, PHASE_BINS + at]
    assert advance == pytest.approx(np.ones(len(advance)), abs=1e-3)  # 1000 Hz is the middle of its bin


def test_bands_reach_all_bins():
    weights = features.band_weights(np.array(band_edges(FRAME_SIZE, RATE)))
    assert weights.shape == (BANDS, BINS)
    assert weights.sum(axis=0) == pytest.approx(np.ones(BINS))
