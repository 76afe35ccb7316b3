"""The siren for a rate, an SNR, a quality: targets, bytes that repeat, and sounds that are hardly one."""

import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.encode import encode_with_report
from ligeia.codec.phased import encoder as encoding
from ligeia.codec.phased.encoder import WAYS, Way, encode_phased
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform.encoder import TransformReport
from ligeia.codec.transform.rate_control import Target
from ligeia.errors import Cancelled, FitError, InputError
from ligeia.progress import Progress

RATE = 8000


def voice(seconds: float = 0.8, channels: int = 1, octaves: float = 1.5) -> Audio:
    """A pitch that rises, with harmonics, and some noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(140 * 2 ** (octaves * time / seconds)) / RATE
    tones = sum(np.sin(k * phase + k * k) / k for k in range(1, 9))
    noise = np.random.default_rng(0).standard_normal((channels, len(time))) * 0.002
    return Audio((0.1 * tones * np.sin(np.pi * time / seconds) + noise).astype(np.float32), RATE)


def test_an_snr_is_reached_and_said():
    sound = voice()
    stream, report = encode_phased(sound, Target(snr_db=18.0))
    assert 18.0 <= made.snr_db(sound, stream) < 18.6
    assert report.snr_db == pytest.approx(made.snr_db(sound, stream), abs=0.01)
    assert ligeia.decode(stream).parameters["phase"].any()


def test_a_rate_is_met():
    sound = voice(2.0)
    stream, _ = encode_phased(sound, Target(kbps=6.0))
    assert len(stream) * 8 / sound.seconds / 1000 == pytest.approx(6.0, rel=0.04)


def test_a_gliding_voice_takes_fewer_bits_bent():
    sound, target = voice(), Target(snr_db=20.0)
    straight = encoding.encode_way(sound, Way(0.028, is_bent=False), target, None)
    bent = encoding.encode_way(sound, Way(0.028, is_bent=True), target, None)
    assert len(bent.stream) < 0.85 * len(straight.stream)


def test_the_same_sound_gives_the_same_bytes():
    sound = voice(0.4)
    assert encode_phased(sound, Target(snr_db=12.0))[0] == encode_phased(sound, Target(snr_db=12.0))[0]


def test_longer_sounds_are_tried_in_their_middle(monkeypatch):
    monkeypatch.setattr(encoding, "TRIED_SECONDS", 0.4)
    sound, seen = voice(1.0), []
    reach = encoding.encode_way

    def noted(sound, way, target, on_progress):
        seen.append((sound.sample_count, way))
        return reach(sound, way, target, on_progress)

    monkeypatch.setattr(encoding, "encode_way", noted)
    stream, _ = encode_phased(sound, Target(snr_db=15.0))
    assert seen[: len(WAYS)] == [(3200, way) for way in WAYS]
    assert seen[len(WAYS)][0] == 8000
    assert made.snr_db(sound, stream) >= 15.0


def test_a_high_snr_is_reached_unbent_if_need_be():
    sound = voice(0.4)
    assert made.snr_db(sound, encode_phased(sound, Target(snr_db=75.0))[0]) >= 75.0


def test_by_the_library_with_two_channels_and_a_quality():
    sound = voice(0.5, channels=2)
    stream, report = encode_with_report(sound, EncodeSettings(network="siren", quality=3))
    assert ligeia.decode(stream).render().samples.shape == sound.samples.shape
    assert (report.preset, report.coefficients > 0, report.notes) == ("siren", True, ())
    better, _ = encode_with_report(sound, EncodeSettings(network="siren", quality=5))
    assert len(better) > len(stream)


@pytest.mark.parametrize("samples", [[0.5], [0.5, -0.25], np.zeros(3000), np.full(2500, 0.5), np.eye(1, 900, 400)[0]])
def test_simple_sounds(samples):
    sound = Audio(np.atleast_2d(samples), RATE)
    decoded = ligeia.decode(encode_phased(sound, Target(quality=6.0))[0]).render()
    assert decoded.samples.shape == sound.samples.shape
    assert np.isfinite(decoded.samples).all()


def test_out_of_reach():
    with pytest.raises(FitError, match="out of reach"):
        ligeia.encode(voice(0.1), network="siren", snr_db=190.0)
    with pytest.raises(InputError, match="no samples"):
        encode_phased(Audio(np.zeros((1, 0)), RATE), Target(kbps=8.0))


@pytest.mark.parametrize(("seconds", "snr_db"), [(0.4, 12.0), (1.0, 12.0), (1.0, 75.0)])
def test_progress_rises_to_the_end(seconds, snr_db, monkeypatch):
    """Also where bending is of no use in the end, and while what was written is decoded to measure it."""
    monkeypatch.setattr(encoding, "TRIED_SECONDS", 0.4)
    seen: list[Progress] = []
    encode_phased(voice(seconds), Target(snr_db=snr_db), seen.append)
    shares = [progress.done for progress in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert {"fitting phases", "measuring"} <= {progress.stage for progress in seen}


@pytest.mark.parametrize(("seconds", "share"), [(0.4, 0.9), (4.0, 0.26)])
def test_trials_take_the_share_of_their_durations(seconds, share, monkeypatch):
    """So that the time that is left is not told by the trials, of a sound that is much longer."""
    shares = []

    def reach(sound, way, target, on_progress):
        on_progress(Progress(done=1.0, elapsed=0.0))
        return encoding.Written(b"x", TransformReport(snr_db=1.0, step=0, seconds=0.0, coefficients=0))

    monkeypatch.setattr(encoding, "TRIED_SECONDS", 0.4)
    monkeypatch.setattr(encoding, "encode_way", reach)
    encode_phased(voice(seconds), Target(kbps=8.0), lambda progress: shares.append(progress.done))
    assert shares[len(WAYS) - 1] == pytest.approx(share, abs=0.01)


def test_progress_stops_the_work():
    def stop(progress: Progress) -> None:
        if progress.done > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        encode_phased(voice(0.4), Target(snr_db=12.0), stop)
