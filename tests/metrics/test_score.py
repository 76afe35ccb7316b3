"""The wrapper: whatever is done to the sounds before they are compared is right, and said."""

import json
from math import inf, isnan

import numpy as np
import pytest

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.errors import InputError, MissingExtra, UndefinedScore
from ligeia.metrics import table
from ligeia.metrics.metric import Metric
from ligeia.metrics.score import Scores, checked_channels, checked_level, score, version_of

RATE = 16000


def sound(channels: int = 1, frames: int = RATE, seed: int = 0, rate: int = RATE) -> Audio:
    """Noise without its highest frequencies, so that resampling keeps all of it."""
    noise = 0.1 * np.random.default_rng(seed).standard_normal((channels, frames))
    spectrum = np.fft.rfft(noise)
    spectrum[:, int(0.4 * spectrum.shape[1]) :] = 0
    return Audio(np.fft.irfft(spectrum, frames), rate)


def compare(reference: Audio, estimate: Audio, *metrics: str, **options: object) -> Scores:
    return score(reference=reference, estimate=estimate, metrics=metrics or ("snr",), **options)  # type: ignore[arg-type]


def later(audio: Audio, frames: int) -> Audio:
    return Audio(np.pad(audio.samples, ((0, 0), (frames, 0)))[:, : audio.sample_count], audio.rate)


def test_identity() -> None:
    result = compare(sound(), sound(), "snr", "mse", "si_sdr")
    assert (result["snr"], result["mse"], result["si_sdr"]) == (inf, 0, inf)
    assert result.recipe.notes == ()


def test_delay_is_found_reported_and_undone() -> None:
    result = compare(sound(), later(sound(), 123))
    assert result["snr"] == inf
    assert (result.recipe.delay_samples, result.recipe.sample_count) == (123, RATE - 123)
    assert "lagged by 123 samples" in result.recipe.notes[0]


def test_delay_counts_without_alignment() -> None:
    result = compare(sound(), later(sound(), 123), align=False)
    assert result["snr"] < 0
    assert (result.recipe.delay_samples, result.recipe.delay_method) == (0, "off")


def test_another_rate_is_brought_back() -> None:
    result = compare(sound(), resample(sound(), 48000))
    assert result["snr"] > 40  # noise that starts and stops at once rings at its ends when it is resampled
    assert "resampled from 48000 to 16000 Hz" in result.recipe.notes[0]
    assert (result.recipe.rate, result.recipe.estimate_rate) == (16000, 48000)


def test_delay_at_another_rate() -> None:
    result = compare(sound(), resample(later(sound(), 50), 48000))
    assert result.recipe.delay_samples == 50
    assert result["snr"] > 30


def test_a_lost_tail_is_paid_for() -> None:
    whole = sound()
    cut = Audio(whole.samples[:, : RATE // 2], RATE)
    result = compare(whole, cut)
    assert result.recipe.missing_samples == RATE // 2
    assert result["snr"] == pytest.approx(3, abs=0.3)  # half of the energy is missing
    assert "lacked 8000 samples" in result.recipe.notes[0]


def test_surplus_is_cut_off_and_said() -> None:
    whole = sound()
    longer = Audio(np.pad(whole.samples, ((0, 0), (0, 100))), RATE)
    result = compare(whole, longer)
    assert (result["snr"], result.recipe.missing_samples) == (inf, -100)


def test_level_is_kept_unless_asked() -> None:
    quiet = Audio(0.5 * sound().samples, RATE)
    assert compare(sound(), quiet)["snr"] == pytest.approx(6.02, abs=0.01)
    matched = compare(sound(), quiet, level="matched")
    assert matched["snr"] > 100
    assert matched.recipe.gain_db == pytest.approx(6.02, abs=0.01)


def test_matching_never_inverts() -> None:
    inverted = Audio(-sound().samples, RATE)
    assert compare(sound(), inverted, level="matched", align=False).recipe.gain_db == 0


def test_channels_one_by_one() -> None:
    reference = sound(2)
    estimate = Audio(reference.samples * np.array([[0.9], [0.99]]), RATE)
    result = compare(reference, estimate)
    assert result.scores["snr"].per_channel == pytest.approx((20, 40), abs=1e-3)
    assert result["snr"] == pytest.approx(30, abs=1e-3)


def test_mono_mix() -> None:
    reference = sound(2)
    swapped = Audio(reference.samples[::-1], RATE)
    assert compare(reference, swapped, channels="mono")["snr"] == inf
    assert compare(reference, swapped, align=False)["snr"] < 0


def test_different_channels_are_mixed_and_said() -> None:
    reference = sound(2)
    result = compare(reference, reference.mono())
    assert result["snr"] == inf
    assert "mixed to mono" in result.recipe.notes[0]


def test_silent_channel_says_which() -> None:
    reference = Audio(sound(2).samples * [[1.0], [0.0]], RATE)
    estimate = Audio(0.9 * reference.samples, RATE)
    one = compare(reference, estimate).scores["snr"]
    assert one.value == pytest.approx(20, abs=1e-3)
    assert isnan(one.per_channel[1])
    assert one.reason == "the reference is silent (channel 1)"


def test_a_perfect_channel_does_not_hide_a_bad_one() -> None:
    reference = sound(2)
    estimate = Audio(reference.samples * np.array([[0.9], [1.0]]), RATE)
    one = compare(reference, estimate).scores["snr"]
    assert one.value == pytest.approx(20, abs=1e-3)
    assert one.reason is not None
    assert "infinite" in one.reason


def test_silence_has_a_reason_and_no_number() -> None:
    silence = Audio(np.zeros((1, RATE)), RATE)
    result = compare(silence, silence, "snr", "mse")
    assert isnan(result["snr"])
    assert result.scores["snr"].reason == "the reference is silent"
    assert result["mse"] == 0


def test_every_metric_survives_hostile_sounds() -> None:
    silence, one = Audio(np.zeros((1, RATE)), RATE), Audio([[0.5]], RATE)
    square = Audio(np.sign(np.sin(np.arange(3000)))[None], 8000)
    for reference in (silence, one, square):
        for estimate in (silence, one, square):
            result = score(reference=reference, estimate=estimate)
            for name, value in result.scores.items():
                assert value.value == value.value or value.reason, name


def test_a_missing_extra_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(**_: object) -> float:
        raise MissingExtra("pesq", "metrics")

    fake(monkeypatch, absent)
    one = compare(sound(), sound(), "fake").scores["fake"]
    assert isnan(one.value)
    assert one.reason is not None
    assert 'pip install "ligeia[metrics]"' in one.reason


def fake(monkeypatch: pytest.MonkeyPatch, function, **fields: object) -> None:  # type: ignore[no-untyped-def]
    about = {"summary": "", "unit": "", "lowest": 0, "highest": 1, "better": "lower", "source": ""}
    metric = Metric(name="fake", function=function, **{**about, **fields})  # type: ignore[arg-type]
    monkeypatch.setitem(table.METRICS, "fake", metric)


def test_a_metric_gets_the_rate_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def watch(*, reference, estimate, rate: int) -> float:  # type: ignore[no-untyped-def]
        seen.append((rate, len(reference), len(estimate)))
        return 0.5

    fake(monkeypatch, watch, rates=(8000,), mixing="mono")
    one = compare(sound(2), sound(2, seed=1), "fake").scores["fake"]
    assert seen == [(8000, RATE // 2, RATE // 2)]
    assert (one.rate, one.channels, one.value) == (8000, "mono", 0.5)


def test_undefined_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> float:
        raise UndefinedScore("too short")

    fake(monkeypatch, never)
    one = compare(sound(2), sound(2), "fake").scores["fake"]
    assert one.reason == "too short (channel 0, 1)"


def test_plain_data_is_json() -> None:
    silence = Audio(np.zeros((1, 8)), RATE)
    text = json.dumps(compare(sound(), sound(), "snr").as_dict(), allow_nan=False)
    assert json.loads(text)["values"] == {"snr": "inf"}
    text = json.dumps(compare(silence, silence, "snr").as_dict(), allow_nan=False)
    assert json.loads(text)["values"] == {"snr": None}


def test_versions_name_the_package() -> None:
    assert version_of(table.METRICS["snr"]) == "snr 1"
    metric = Metric(
        name="m", function=lambda **_: 0.0, summary="", unit="", lowest=0, highest=1, better="lower", source="",
        package="numpy",
    )  # fmt: skip
    assert version_of(metric) == f"m 1, numpy {np.__version__}"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"metrics": ["loudness"]}, "unknown metric 'loudness'; there are: mse"),
        ({"channels": "left"}, "each or mono"),
        ({"level": "loud"}, "kept or matched"),
        ({"max_delay": -1}, "between 0 and 60"),
        ({"max_delay": float("nan")}, "between 0 and 60"),
    ],
)
def test_wrong_options(options: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        score(reference=sound(), estimate=sound(), **options)  # type: ignore[arg-type]


def test_nothing_to_compare() -> None:
    with pytest.raises(InputError, match="no samples"):
        compare(sound(), Audio(np.zeros((1, 0)), RATE))


def test_checked_words() -> None:
    assert checked_channels(None) is None
    assert checked_channels("mono") == "mono"
    assert checked_level("kept") == "kept"
