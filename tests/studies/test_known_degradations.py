"""Known degradations: the damages are what they say, and the order is counted rightly."""

from dataclasses import replace

import numpy as np
import pytest

from ligeia.studies import known_degradations
from ligeia.studies.known_degradations import CONFIG, DAMAGES, NOISE_DB, STUDY, below_silence, cells, lines, measure

RATE = 16000


def wave(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, RATE)


def damaged(name: str, sound: np.ndarray) -> list[np.ndarray]:
    damage, levels = DAMAGES[name]
    return [damage(sound, level, np.random.default_rng(1)) for level in levels]


@pytest.mark.parametrize("name", ["noise", "hiss"])
def test_noise_has_the_ratio_that_it_says(name: str) -> None:
    sound = wave()
    for level, noisy in zip(NOISE_DB, damaged(name, sound), strict=True):
        ratio = 10 * np.log10(np.sum(sound**2) / np.sum((noisy - sound) ** 2))
        assert ratio == pytest.approx(level, abs=1e-9)


def test_hiss_is_high() -> None:
    added = np.abs(np.fft.rfft(damaged("hiss", wave())[0] - wave()))
    assert added[:3999].max() < 1e-9 * added[4001:].max()


def test_lowpass_halves_the_power_at_its_cutoff_and_keeps_the_phase() -> None:
    click = np.zeros(RATE)
    click[RATE // 2] = 1
    for cutoff, dull in zip(DAMAGES["lowpass"][1], damaged("lowpass", click), strict=True):
        response = np.fft.rfft(dull) / np.fft.rfft(click)
        assert abs(response[round(cutoff * RATE)]) == pytest.approx(0.5**0.5, rel=1e-9)
        assert np.abs(response.imag).max() < 1e-9


def test_clipping_is_relative_to_the_peak() -> None:
    peaks = [np.abs(each).max() for each in damaged("clipping", wave())]
    assert peaks == pytest.approx(np.array(DAMAGES["clipping"][1]) * np.abs(wave()).max())


@pytest.mark.parametrize("name", DAMAGES)
def test_every_level_is_further_from_the_sound_than_the_one_before(name: str) -> None:
    errors = [float(np.mean((each - wave()) ** 2)) for each in damaged(name, wave())]
    assert errors == sorted(errors)
    assert len(set(errors)) == 5


# --- rows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("mse", [[1, 2, 3, 4, 5]], 1),
        ("snr", [[1, 2, 3, 4, 5]], -1),
        ("snr", [[40, 30, 20, 10, float("-inf")]], 1),
        ("mse", [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]], 0),
        ("mse", [[7, 7, 7, 7, 7]], 0),
        ("mse", [[1, 2, 3, float("nan"), float("nan")]], 1),
        ("mse", [[1, 2, *[float("nan")] * 3]], None),
    ],
)
def test_agreement(name: str, values: list[list[float]], expected: float | None) -> None:
    assert known_degradations._agreement(name, values) == pytest.approx(expected)


def test_metrics_that_must_agree_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Squared errors follow every order here; what counts only added magnitude cannot hear a lowpass."""
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    names = ("mse", "multi_stft_mse", "dft_positive", "cdpam")
    config = replace(CONFIG["laptop"], sets=("keyboard",), items=2, slow_items=0, metrics=names)
    rows = [measure(config, cell) | {"cell": cell} for cell in cells(config)]
    assert {row["sounds"] for row in rows} == {"made"}
    made = {line["metric"]: line for line in lines(rows)}
    assert list(made)[-1] == "dft_positive"
    assert set(made) == set(names) - {"cdpam"}, "a slow metric scores the first sounds only, here none"
    assert [made["mse"][damage] for damage in (*DAMAGES, "worst")] == pytest.approx([1] * 5)
    assert made["dft_positive"]["lowpass"] < 0.5
    assert made["dft_positive"]["noise"] == pytest.approx(1)
    assert made["dft_positive"]["below_silence"] == "20 of 20", "silence adds nothing"
    assert set(STUDY.draw(rows)) == {"agreement"}


def test_what_is_taken_for_worse_than_silence() -> None:
    def row(damage: str, *scores: float | None) -> dict:
        return {"cell": {"set": "a", "damage": damage}, "scores": {"snr": list(scores)}}

    assert (
        below_silence("snr", [row("silence", 0.0), row("noise", 3.0, -1.0, None), row("white noise", -9.0)]) == "1 of 2"
    )
    assert below_silence("snr", [row("silence", None), row("noise", 3.0)]) == "–"
