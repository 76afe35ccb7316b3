"""The gate against noisereduce, installed and as golden numbers, and its own promises."""

import json
import tracemalloc
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import made_gates as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_gates import CASES, V2_CASES, Case

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.gate import SIAMESE, GateConfig, half_widths, spectral_gate
from ligeia.errors import InputError

EQUAL = 1e-7
"""Ours and theirs differ by the rounding of float32 (7e-9 at these levels) and of the golden files' ninth decimal."""
SMALL = GateConfig(n_fft=256, hop=64, chunk=4096, padding=512)


def gated(case: Case, convention: str = "v3") -> np.ndarray:
    config = GateConfig(convention=convention, **case.settings)  # type: ignore[arg-type]
    noise = None if case.noise_alone is None else Audio(case.noise_alone, case.rate)
    return spectral_gate(Audio(case.sound, case.rate), noise=noise, config=config).audio.samples


def noisy(frames: int = 16000, rate: int = 16000, channels: int = 1) -> Audio:
    return Audio(made.speech_like(rate, frames, channels), rate)


def hiss(frames: int = 16000, rate: int = 16000, channels: int = 1, *, level: float = 0.02, seed: int = 100) -> Audio:
    return Audio(level * made.hiss(frames, channels, seed=seed), rate)


# --- the numbers of noisereduce ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "convention", "name"),
    [("3.0.3", "v3", name) for name in CASES] + [("2.0.1", "v2", name) for name in V2_CASES],
)
def test_golden_numbers_of_noisereduce(package: str, convention: str, name: str) -> None:
    golden = json.loads((Path(made.__file__).parent / f"noisereduce-{package}.json").read_text(encoding="utf-8"))
    case = {"v3": CASES, "v2": V2_CASES}[convention][name]
    ours = made.digest(gated(case, convention), case)
    for key, values in golden[name].items():
        np.testing.assert_allclose(ours[key], values, rtol=0, atol=EQUAL)


def test_golden_numbers_tell_the_conventions_apart() -> None:
    case = CASES["hum, noise"]
    ways = [gated(case), gated(case, "v2"), gated(replace(case, settings={"edges": "reflect"}))]
    samples = [np.array(made.digest(way, case)["samples"]) for way in ways]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(samples[one] - samples[other]).max() > 100 * EQUAL, (one, other)


@pytest.fixture(scope="module")
def oracle() -> Any:
    """noisereduce 3.0.3, which the extra `test` installs."""
    assert version("noisereduce") == "3.0.3"
    return made.by_noisereduce


@pytest.mark.parametrize(
    ("rate", "noise"),
    [
        *((6000, 20000), (8000, 0), (11025, 20000), (16000, 0), (22050, 20000)),
        *((24000, 0), (44100, 20000), (48000, 0), (96000, 20000), (192000, 0)),
    ],
)
def test_equals_noisereduce_at_any_rate(oracle: Any, rate: int, noise: int) -> None:
    case = Case(rate, 40000, noise)
    np.testing.assert_allclose(gated(case), oracle(case), rtol=0, atol=EQUAL)


@pytest.mark.parametrize(
    ("frames", "channels"),
    [(1, 2), (2, 1), (255, 2), (1023, 1), (1024, 2), (1025, 1), (5000, 2), (30000, 1), (50001, 2)],
)
def test_equals_noisereduce_at_any_length(oracle: Any, frames: int, channels: int) -> None:
    for noise, noise_channels in ((0, 1), (1024, 1), (20000, channels)):
        if not noise and frames < 1024:  # noisereduce refuses or changes its window: see the gate's docstring
            continue
        case = Case(22050, frames, noise, channels, noise_channels)
        np.testing.assert_allclose(gated(case), oracle(case), rtol=0, atol=EQUAL)


@pytest.mark.parametrize(
    ("chunk", "noise"), [(2000, 0), (10000, 20000), (16000, 0), (29999, 20000), (30000, 0), (30001, 20000)]
)
def test_equals_noisereduce_over_chunks(oracle: Any, chunk: int, noise: int) -> None:
    for padding in (1100, 3000):
        case = Case(16000, 30000, noise, settings={"chunk": chunk, "padding": padding})
        np.testing.assert_allclose(gated(case), oracle(case), rtol=0, atol=EQUAL)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0, 700_000])
def test_equals_noisereduce_beyond_its_own_chunk(oracle: Any, noise: int) -> None:
    case = Case(44100, 1_250_001, noise)
    np.testing.assert_allclose(gated(case), oracle(case), rtol=0, atol=EQUAL)


@pytest.mark.parametrize(
    "settings",
    [
        {"prop_decrease": 0.0},
        {"prop_decrease": 0.5, "threshold_std": 0.0},
        {"threshold_std": -1.0},
        {"n_fft": 512, "hop": 128},
        {"n_fft": 2048, "hop": 500},
        {"hop": 512},
        {"smooth_hz": 50.0},
        {"smooth_hz": 7000.0},
    ],
    ids=str,
)
def test_equals_noisereduce_with_other_settings(oracle: Any, settings: dict[str, Any]) -> None:
    case = Case(16000, 20000, 8000, settings=settings)
    np.testing.assert_allclose(gated(case), oracle(case), rtol=0, atol=EQUAL)


def test_smoothing_of_the_seed_paper() -> None:
    # A kernel of 23 x 9 at 22.05 kHz: int(500 / (22050 / 512)) = 11 and int(50 ms / 11.6 ms) = 4.
    assert half_widths(22050) == (11, 4)
    assert half_widths(22050, SIAMESE) == (11, 4)


# --- what the gate promises -------------------------------------------------------------------------


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 2**31 - 1), st.integers(1, 3), st.booleans())
def test_any_sound_keeps_its_shape(frames: int, noise: int, rate: int, channels: int, v2: bool) -> None:
    audio = Audio(made.hiss(frames, channels), rate)
    alone = hiss(noise, rate) if noise else None
    config = replace(SMALL, convention="v2" if v2 else "v3", edges="reflect" if v2 else "zero")
    result = spectral_gate(audio, noise=alone, config=config).audio
    assert (result.rate, result.samples.shape) == (rate, audio.samples.shape)
    assert np.abs(result.samples).max(initial=0) <= 2


@pytest.mark.parametrize("convention", ["v3", "v2"])
def test_noise_goes_and_sound_stays(convention: str) -> None:
    config = GateConfig(convention=convention, renormalise=True)  # type: ignore[arg-type]
    silence = Audio(made.hiss(16000, seed=5) * 0.02, 16000)
    left = spectral_gate(silence, noise=hiss(), config=config)
    # Levels of white noise have a mean of -2.5 and a deviation of 5.6 dB: 2 % of them exceed the threshold.
    assert left.report["gain_db"] < -25
    loud = Audio(10 * made.hiss(16000, seed=5), 16000)
    kept = spectral_gate(loud, noise=hiss(), config=config)
    assert abs(kept.report["gain_db"]) < 0.2


@pytest.mark.parametrize("convention", ["v3", "v2"])
def test_silence_stays_silence(convention: str) -> None:
    config = GateConfig(convention=convention)  # type: ignore[arg-type]
    silence = Audio(np.zeros((2, 5000)), 16000)
    for noise in (None, hiss(), silence):
        result = spectral_gate(silence, noise=noise, config=config)
        assert not result.audio.samples.any()
        assert result.report["gain_db"] is None


@pytest.mark.parametrize("config", [GateConfig(renormalise=True), GateConfig(renormalise=True, prop_decrease=0)])
def test_nothing_to_gate_changes_nothing(config: GateConfig) -> None:
    audio = noisy(20000)
    noise = hiss() if config.prop_decrease == 0 else Audio(np.zeros((1, 4000)), 16000)
    result = spectral_gate(audio, noise=noise, config=config).audio
    np.testing.assert_allclose(result.samples, audio.samples, atol=1e-7)


def test_noisereduce_lets_the_ends_of_the_spectrum_fade() -> None:
    # At 0 Hz 12 of the 23 weights of a triangle remain: (144 + 12) / 288 of the level.
    constant = Audio(np.full((1, 40000), 0.5), 22050)
    result = spectral_gate(constant, noise=hiss(rate=22050), config=GateConfig(prop_decrease=0)).audio
    np.testing.assert_allclose(result.samples[0, 20000], 0.5 * (144 + 12) / 288, rtol=0.05)


@pytest.mark.parametrize("rate", [1, 100, 1000, 5119])
def test_low_rates_lose_no_level(rate: int) -> None:
    # noisereduce refuses: its 50 ms are less than a hop.
    result = spectral_gate(Audio(made.hiss(5000), rate), noise=hiss(5000, rate))
    assert abs(result.report["gain_db"]) < 0.1


def test_chunks_leave_no_seam() -> None:
    # Chunks and paddings of whole hops have the frames of the whole; a sound without silence has no floor.
    audio = Audio(made.hiss(20000) * np.linspace(0.01, 1, 20000, dtype=np.float32), 16000)
    noise = hiss(4000, level=0.5)
    whole = spectral_gate(audio, noise=noise, config=replace(SMALL, chunk=1 << 16)).audio
    chunked = spectral_gate(audio, noise=noise, config=replace(SMALL, padding=2048)).audio
    np.testing.assert_allclose(chunked.samples, whole.samples, atol=1e-7)


def test_long_sounds_need_little_memory() -> None:
    audio = Audio(np.tile(made.hiss(50_000), 40), 48000)
    tracemalloc.start()
    spectral_gate(audio, noise=hiss(5000, 48000), config=GateConfig(chunk=50_000, padding=5000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Two copies of the sound, squared once in float64 for the report; its spectra alone would be 64 MB.
    assert peak < 5 * audio.samples.nbytes


@pytest.mark.parametrize("convention", ["v3", "v2"])
def test_channels_share_a_profile_and_nothing_else(convention: str) -> None:
    config = replace(SMALL, convention=convention)
    audio, noise = noisy(5000, channels=2), hiss(3000, channels=2)
    both = spectral_gate(audio, noise=noise, config=config).audio.samples
    for channel, samples in zip(both, audio.samples, strict=True):
        alone = spectral_gate(Audio(samples[None], 16000), noise=noise.mono(), config=config).audio
        np.testing.assert_allclose(channel, alone.samples[0], atol=1e-7)


def test_only_a_chunk_of_the_noise_is_listened_to() -> None:
    noise = hiss(9000)
    result, cut = (
        spectral_gate(noisy(), noise=Audio(noise.samples[:, :frames], 16000), config=SMALL) for frames in (9000, 4096)
    )
    np.testing.assert_array_equal(result.audio.samples, cut.audio.samples)
    assert result.report["noise_seconds"] == 4096 / 16000


def test_noise_shorter_than_a_transform_is_extended_by_zeros() -> None:
    noise = made.hiss(100)
    padded = np.pad(noise, ((0, 0), (0, 27)))  # one frame more begins at 128: none does yet
    one, other = (spectral_gate(noisy(), noise=Audio(alone, 16000), config=SMALL) for alone in (noise, padded))
    np.testing.assert_array_equal(one.audio.samples, other.audio.samples)


def test_report_is_plain() -> None:
    report = spectral_gate(noisy(), noise=hiss(8000)).report
    assert json.loads(json.dumps(report)) == report
    assert (report["method"], report["profile"], report["noise_seconds"]) == ("spectral_gate", "noise", 0.5)
    assert (report["bins"], report["frames"]) == half_widths(16000)
    assert report["config"]["convention"] == "v3"
    assert report["gain_db"] < 0
    itself = spectral_gate(noisy()).report
    assert (itself["profile"], itself["noise_seconds"]) == ("the sound itself", 1.0)


def test_empty_sound() -> None:
    empty = Audio(np.zeros((2, 0)), 16000)
    assert spectral_gate(empty).audio.sample_count == 0
    assert spectral_gate(empty, noise=hiss()).audio.sample_count == 0


def test_unusable_noise() -> None:
    with pytest.raises(InputError, match="the noise has 8000 Hz and the sound 16000 Hz"):
        spectral_gate(noisy(), noise=hiss(rate=8000))
    with pytest.raises(InputError, match="the noise has no samples"):
        spectral_gate(noisy(), noise=Audio(np.zeros((1, 0)), 16000))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"convention": "v1"}, "convention must be v3 or v2, got 'v1'"),
        ({"edges": "mirror"}, "edges must be zero or reflect, got 'mirror'"),
        ({"n_fft": 1023}, "n_fft must be even and 4 at least, got 1023"),
        ({"n_fft": 2}, "n_fft must be even"),
        ({"n_fft": 1024.0}, "n_fft must be a number of samples, got 1024.0"),
        ({"hop": 0}, "hop must be a number of samples, got 0"),
        ({"hop": 513}, r"hop must be 512 at most \(half of n_fft\), got 513"),
        ({"chunk": 1000}, r"chunk must be 1024 at least \(n_fft\), got 1000"),
        ({"padding": 1000}, "padding must be 1024 at least"),
        ({"chunk": 1 << 40}, "chunk must be a number of samples"),
        ({"prop_decrease": 1.1}, "prop_decrease must lie between 0 and 1, got 1.1"),
        ({"prop_decrease": float("nan")}, "prop_decrease must lie between 0 and 1, got nan"),
        ({"threshold_std": float("inf")}, "threshold_std must be a finite number, got inf"),
        ({"smooth_hz": -1.0}, "smooth_hz must not be negative or infinite, got -1.0"),
        ({"smooth_seconds": float("inf")}, "smooth_seconds must not be negative or infinite, got inf"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GateConfig(**settings)
