import numpy as np
import pytest

from ligeia.dsp.partials import (
    add_partials,
    find_partials,
    find_pitch,
    partial_count,
    partial_hz,
    pitch_hz,
    turns,
)

RATE = 16000


def string(pitch: float, inharmonicity: float = 0.0, seconds: float = 0.6) -> np.ndarray:
    """A note whose partials fall, each faster than the one below."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = partial_hz(pitch_hz(pitch) / np.sqrt(1 + inharmonicity), inharmonicity, 12)
    waves = [np.exp(-time * (2 + h)) / (h + 1) * np.sin(2 * np.pi * f * time + h) for h, f in enumerate(hz)]
    return np.sum(waves, axis=0)


def test_partials_of_a_pipe_are_multiples_and_those_of_a_string_lie_above() -> None:
    np.testing.assert_allclose(partial_hz(100, 0, 3), [100, 200, 300])
    np.testing.assert_allclose(partial_hz(100, 1e-3, 10)[9], 1000 * np.sqrt(1.1))
    assert partial_count(1000, 0, RATE) == 7  # below 7600 Hz
    assert partial_count(9000, 0, RATE) == 1
    assert pitch_hz(69) == 440


@pytest.mark.parametrize(("pitch", "inharmonicity"), [(40.3, 2e-4), (60.0, 0.0), (72.6, 1e-3)])
def test_a_string_is_found_and_rebuilt(pitch: float, inharmonicity: float) -> None:
    sound = string(pitch, inharmonicity)
    partials = find_partials(sound, RATE, round(pitch))
    assert partials.pitch == pytest.approx(pitch, abs=0.02)
    assert partials.inharmonicity == pytest.approx(inharmonicity, rel=0.15, abs=2e-5)
    error = sound - add_partials(partials, len(sound))
    assert np.square(error).sum() < 0.02 * np.square(sound).sum()


def test_a_gliding_pitch_is_followed() -> None:
    time = np.arange(RATE) / RATE
    bend = 2 ** (0.3 / 12 * np.sin(2 * np.pi * 3 * time))  # a vibrato of 30 cents
    phase = 2 * np.pi * np.cumsum(220 * bend) / RATE
    sound = sum(np.sin(h * phase) / h for h in range(1, 6))
    partials = find_partials(sound, RATE, 57)
    middle = slice(20, -20)
    expected = bend[:: RATE // 200] / partials.f0 * 220
    np.testing.assert_allclose(partials.ratio[: len(expected)][middle], expected[middle], rtol=0.004)


def test_a_clock_of_a_steady_pitch_counts_seconds() -> None:
    np.testing.assert_allclose(turns(np.ones(5), RATE, 100), np.arange(100) / RATE)


@pytest.mark.parametrize("pitch", [31.0, 48.0, 64.0, 88.0])
def test_the_pitch_of_a_note_is_found(pitch: float) -> None:
    assert find_pitch(string(pitch), RATE) == pytest.approx(pitch, abs=0.4)


def test_noise_is_left_to_the_noise() -> None:
    sound = string(60)
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(sound))
    rebuilt = add_partials(find_partials(sound + noise, RATE, 60), len(sound))
    kept = rebuilt - add_partials(find_partials(sound, RATE, 60), len(sound))
    assert np.square(kept).sum() < 0.25 * np.square(noise).sum()
