from functools import partial

import made_streams as made
import numpy as np
import pytest
from made_kinds import babble
from threadpoolctl import threadpool_info, threadpool_limits

from ligeia.audio.signal import Audio
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.encode import encode, encode_with_report
from ligeia.codec.inspect import inspect
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform.coding import TransformCoding, unpack
from ligeia.codec.transform.encoder import encode_transform
from ligeia.errors import FitError, InputError


@pytest.mark.parametrize(("kbps", "preset"), [(8, None), (16, None), (24, "waveform"), (40, "music")])
def test_the_lapped_network_hits_a_rate(kbps, preset):
    sound = noisy_tones(5.0)
    stream = encode(sound, preset, kbps=kbps)
    assert 0.98 * kbps <= len(stream) * 8 / sound.seconds / 1000 <= 1.02 * kbps


@pytest.mark.parametrize(("snr", "preset"), [(3, None), (12, "waveform"), (40, "waveform"), (20, "speech")])
def test_the_lapped_network_hits_a_ratio(snr, preset):
    sound = noisy_tones(5.0)
    stream, report = encode_with_report(sound, EncodeSettings(preset=preset, snr_db=snr))
    assert snr <= report.snr_db <= snr + 0.2
    assert report.snr_db == pytest.approx(made.snr_db(sound, stream), abs=0.01)
    assert (report.steps, report.fit_snr_db) == (None, None)


def test_a_ratio_alone_is_reached_with_the_fewest_bytes():
    sound = noisy_tones(3.0)
    stream, report = encode_with_report(sound, EncodeSettings(snr_db=18))
    assert report.preset == "waveform"
    assert 18 <= report.snr_db <= 18.2
    assert len(stream) < 0.9 * min(len(encode(sound, preset, snr_db=18)) for preset in ("speech", "music"))
    # An encoder of kbit/s or quality still looks at the sound.
    for size in ({"kbps": 16.0}, {"quality": 4.0}, {}):
        assert EncodeSettings(**size).lapped_preset(babble(16000)).preset.name == "speech"


def test_what_is_out_of_reach_is_said():
    sound = noisy_tones(0.5)
    stream, report = encode_with_report(sound, EncodeSettings(kbps=0.5))
    assert "out of reach" in report.notes[0]
    assert f"{len(stream) * 8 / 500:.3g} kbps" in report.notes[0]
    with pytest.raises(FitError, match=r"200 dB is out of reach: the finest steps give \d+\.\d dB"):
        encode(sound, snr_db=200)


def test_quality_is_size():
    sound = noisy_tones(1.0)
    sizes = [len(encode(sound, quality=quality)) for quality in (0, 3, 6, 10)]
    assert sizes == sorted(set(sizes))
    assert encode(sound) == encode(sound, quality=6) == encode(sound, "music")


def test_blas_has_one_thread_within_the_codec(monkeypatch):
    seen = []

    def watched(function):
        def wrapper(*args, **options):
            seen.append(blas_threads())
            return function(*args, **options)

        return wrapper

    monkeypatch.setattr("ligeia.codec.encode.encode_transform", watched(encode_transform))
    for name in ("unpack", "counts"):
        monkeypatch.setattr(TransformCoding, name, watched(getattr(TransformCoding, name)))
    monkeypatch.setattr("ligeia.codec.transform.coding.unpack", watched(unpack))
    sound = noisy_tones(0.5)
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("this BLAS has no number of threads that can be set")
        stream = encode(sound)
        for call in (decode, partial(inspect, counting=True), decode_pieces):
            before = len(seen)
            for _ in call(stream) if call is decode_pieces else [call(stream)]:
                assert blas_threads() == {2}
            assert len(seen) > before
    assert seen == [{1}] * len(seen)


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_a_checkpoint_is_for_the_siren(tmp_path):
    with pytest.raises(InputError, match="network siren"):
        encode_with_report(noisy_tones(0.4), EncodeSettings(), checkpoint=tmp_path)


def noisy_tones(seconds: float, rate: int = 16000) -> Audio:
    """Tones that come and go, and some noise: a little like speech."""
    time = np.arange(round(seconds * rate)) / rate
    tones = sum(
        np.sin(2 * np.pi * f * time) * np.sin(np.pi * time * (k + 2)) ** 2 for k, f in enumerate((200, 430, 1100))
    )
    noise = np.random.default_rng(0).standard_normal(len(time)) * (np.sin(7 * time) ** 2 * 0.02 + 0.001)
    return Audio((0.2 * tones + noise).astype(np.float32)[None], rate)
