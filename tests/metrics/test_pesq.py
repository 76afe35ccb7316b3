"""PESQ: known values, sounds without one, the process it runs in, and the utterances that it has no room for."""

import csv
import io
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ligeia.audio.reading import read_audio
from ligeia.errors import InputError, MissingExtra, UndefinedScore
from ligeia.metrics import pesq as module
from ligeia.metrics.metric import Compare
from ligeia.metrics.pesq import main, measure_apart, most_utterances, pesq_nb, pesq_wb

needs_pesq = pytest.mark.skipif(find_spec("pesq") is None, reason="the package pesq is not installed (extra: metrics)")


# --- utterances --------------------------------------------------------------------------------------


def bursts(count: int, on: float, off: float, rate: int = 16000) -> np.ndarray:
    """`count` bursts of a tone of `on` seconds, with `off` seconds of silence after each."""
    time = np.arange(round((on + off) * rate)) / rate
    return np.tile(np.where(time < on, np.sin(2 * np.pi * 1000 * time), 0), count)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_bursts_are_counted(rate: int) -> None:
    assert most_utterances(bursts(12, 0.3, 0.3, rate), rate) == 12


def test_short_pauses_part_nothing() -> None:
    assert most_utterances(bursts(12, 0.3, 0.15), 16000) == 1


def test_short_sounds_are_none() -> None:
    assert most_utterances(bursts(12, 0.1, 0.5), 16000) == 0


def test_bursts_over_noise() -> None:
    sound = bursts(12, 0.3, 0.3)
    noise = 0.1 * np.random.default_rng(1).standard_normal(len(sound))
    assert most_utterances(sound + noise, 16000) == 12


def test_weak_sounds_may_not_part() -> None:
    # Strong bursts, weak ones between them 30 dB below: one utterance with them, six without.
    gains = np.repeat(np.tile([1.0, 10**-1.5], 6), 4800)
    assert most_utterances(gains * np.sin(2 * np.pi * np.arange(len(gains)) / 16), 16000) == 6


def test_bursts_outside_the_telephone_band() -> None:
    time = np.arange(len(bursts(12, 0.3, 0.3))) / 16000
    sound = np.sin(2 * np.pi * 3600 * time) * (time % 0.6 < 0.3)
    assert most_utterances(sound, 16000) >= 12


@pytest.mark.parametrize("sound", [np.zeros(16000), np.ones(1)])
def test_nothing_to_count(sound: np.ndarray) -> None:
    assert most_utterances(sound, 16000) == 0


# --- the process -------------------------------------------------------------------------------------

SOUND = np.random.default_rng(0).standard_normal(16000)


def answering(monkeypatch: pytest.MonkeyPatch, status: int, stdout: bytes = b"", stderr: bytes = b"") -> None:
    """Puts a made-up process in the place of the real one."""
    done = subprocess.CompletedProcess([], status, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_value_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0, b"malloc failed!\n\n2.25\n")
    assert measure_apart(SOUND, SOUND, 16000, "wb") == 2.25


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"-6", "shorter than a quarter of a second"),
        (b"-7", "finds no utterance"),
        (b"-1", "gives up with code -1"),
        (b"nan", "not a finite number"),
    ],
)
def test_codes(answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0, answer)
    with pytest.raises(UndefinedScore, match=reason):
        measure_apart(SOUND, SOUND, 16000, "wb")


@pytest.mark.parametrize(
    ("status", "stderr", "reason"), [(-11, b"", "its program crashes"), (1, b"at x\nMemoryError\n", "MemoryError")]
)
def test_crash(status: int, stderr: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, status, stderr=stderr)
    with pytest.raises(UndefinedScore, match=rf"breaks down \({reason}\)"):
        measure_apart(SOUND, SOUND, 16000, "wb")


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.001)
    with pytest.raises(UndefinedScore, match=r"did not finish within 0\.001 s"):
        measure_apart(SOUND, SOUND, 16000, "wb")


def test_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(UndefinedScore, match="does not start"):
        measure_apart(SOUND, SOUND, 16000, "wb")


@needs_pesq
def test_file_named_pesq_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pesq.py").write_text("raise SystemExit(5)")
    monkeypatch.chdir(tmp_path)
    assert measure_apart(SOUND, SOUND, 16000, "wb") == pytest.approx(4.643888, abs=1e-6)


@needs_pesq
def test_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sent = io.BytesIO(SOUND.tobytes() * 2)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=sent))
    monkeypatch.setattr(sys, "argv", ["", "16000", "nb"])
    main()
    assert float(capsys.readouterr().out) == pytest.approx(4.548638, abs=1e-6)


# --- values ------------------------------------------------------------------------------------------

BOTH = [pesq_wb, pesq_nb]
HIGHEST = {"pesq_wb": 4.643888, "pesq_nb": 4.548638}
"""MOS-LQO of a raw score of 4.5: 0.999 + 4 / (1 + exp(3.8224 - 1.3669 4.5)), narrow-band exp(4.6607 - 1.4945 4.5)."""


@pytest.fixture(scope="module")
def expected(data_folder: Path) -> list[tuple[str, Path, Path, float]]:
    """Mode, reference, estimate and value of each known PESQ score."""
    with (data_folder / "EXPECTED.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "PESQ"]
    return [(row["mode"], data_folder / row["ref"], data_folder / row["deg"], float(row["value"])) for row in rows]


@needs_pesq
@pytest.mark.slow
@pytest.mark.parametrize("mode", ["wb", "nb"])
def test_known_values(mode: str, expected: list[tuple[str, Path, Path, float]]) -> None:
    metric = {"wb": pesq_wb, "nb": pesq_nb}[mode]
    rows = [row for row in expected if row[0].startswith(f"{mode}, 16")]
    assert len(rows) >= 29
    for _, reference, estimate, value in rows[::4]:  # a process each
        x, y = read_audio(reference), read_audio(estimate)
        score = metric(reference=x.samples[0], estimate=y.samples[0], rate=x.rate)
        assert score == pytest.approx(value, abs=1e-6), (estimate.name, score, value)


@pytest.fixture(scope="module")
def speech_like() -> np.ndarray:
    """Three seconds at 16 kHz: harmonics of 150 Hz with syllables."""
    time = np.arange(48000) / 16000
    voice = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 30))
    return np.asarray(0.1 * voice * np.clip(np.sin(2 * np.pi * 2 * time), 0, None))


def noisy(sound: np.ndarray, level: float = 0.01) -> np.ndarray:
    return sound + level * np.random.default_rng(0).standard_normal(len(sound))


@needs_pesq
@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_identity(metric: Compare, speech_like: np.ndarray) -> None:
    value = metric(reference=speech_like, estimate=speech_like, rate=16000)
    assert value == pytest.approx(HIGHEST[metric.__name__], abs=1e-6)


@needs_pesq
def test_narrow_band_at_eight_kilohertz(speech_like: np.ndarray) -> None:
    slow = speech_like[::2]
    assert pesq_nb(reference=slow, estimate=slow, rate=8000) == pytest.approx(HIGHEST["pesq_nb"], abs=1e-6)
    assert 1 < pesq_nb(reference=slow, estimate=noisy(slow), rate=8000) < 4.5


@needs_pesq
def test_reference_comes_first(speech_like: np.ndarray) -> None:
    import pesq

    y = noisy(speech_like)
    assert pesq_wb(reference=speech_like, estimate=y, rate=16000) == pesq.pesq(16000, speech_like, y, "wb")
    assert pesq.pesq(16000, speech_like, y, "wb") != pesq.pesq(16000, y, speech_like, "wb")


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_silence(metric: Compare, speech_like: np.ndarray) -> None:
    silence = np.zeros(48000)
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        metric(reference=speech_like, estimate=silence, rate=16000)
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        metric(reference=silence, estimate=speech_like, rate=16000)


@needs_pesq
@pytest.mark.parametrize("samples", [1, 100, 3999])
def test_too_short(samples: int, speech_like: np.ndarray) -> None:
    x = speech_like[4000 : 4000 + samples]
    with pytest.raises(UndefinedScore, match="shorter than a quarter of a second"):
        pesq_wb(reference=x, estimate=x, rate=16000)


@needs_pesq
def test_no_utterance() -> None:
    # Half a second, the second half of it noise: too short for an utterance next to as much silence.
    noise = np.random.default_rng(0).standard_normal(4000)
    noise[:2000] = 0
    click = np.zeros(4000)
    click[2000] = 1
    with pytest.raises(UndefinedScore, match="finds no utterance"):
        pesq_wb(reference=noise, estimate=click, rate=16000)


@needs_pesq
@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_levels(scale: float, speech_like: np.ndarray) -> None:
    # The package divides by the higher peak: common scale does not count, but a relation of 1e300 leaves nothing.
    x = scale * speech_like
    assert pesq_wb(reference=x, estimate=x, rate=16000) == pytest.approx(HIGHEST["pesq_wb"], abs=1e-6)
    with pytest.raises(UndefinedScore):
        pesq_wb(reference=speech_like, estimate=x, rate=16000)


def on_and_off(seconds: float, period: float = 0.5) -> np.ndarray:
    """Noise that is on and off for half a period each."""
    time = np.arange(round(seconds * 16000)) / 16000
    return np.random.default_rng(0).standard_normal(len(time)) * (time % period < period / 2)


@needs_pesq
def test_longer_than_its_memory() -> None:
    # The program itself dies (SIGSEGV) of ten minutes of such bursts; 30 s of them suffice.
    x = on_and_off(96)
    with pytest.raises(UndefinedScore, match="longer than 95 s"):
        pesq_wb(reference=x, estimate=x, rate=16000)


@needs_pesq
def test_too_many_utterances() -> None:
    x = on_and_off(26)  # 52 utterances: the program's narrow-band value changes without a word
    with pytest.raises(UndefinedScore, match="more than 40 utterances"):
        pesq_nb(reference=x, estimate=noisy(x), rate=16000)


@needs_pesq
def test_long_but_calm() -> None:
    x = on_and_off(20, period=2)
    assert pesq_wb(reference=x, estimate=x, rate=16000) == pytest.approx(HIGHEST["pesq_wb"], abs=1e-6)


@needs_pesq
def test_pair_that_kills_the_program() -> None:
    # A tone and a constant: with this pair pesq 0.0.4 reads far beyond a buffer, and most often dies of it.
    tone = np.sin(2 * np.pi * 1000 * np.arange(48000) / 16000)
    value = 1.0  # where it dies
    with suppress(UndefinedScore):
        value = pesq_nb(reference=tone, estimate=np.ones(48000), rate=16000)
    assert 1 <= value < 4.6


@pytest.mark.parametrize(("metric", "rate"), [(pesq_wb, 8000), (pesq_wb, 44100), (pesq_nb, 48000)])
def test_other_rates(metric: Compare, rate: int, speech_like: np.ndarray, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="Hz only, got"):
        metric(reference=speech_like, estimate=speech_like, rate=rate)
    assert capfd.readouterr() == ("", "")


def test_missing_package(speech_like: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(MissingExtra, match=r"ligeia\[metrics\]"):
        pesq_wb(reference=speech_like, estimate=0.3 * speech_like, rate=16000)
