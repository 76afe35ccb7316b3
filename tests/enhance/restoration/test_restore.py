"""restore: exact lengths and bits wherever samples are known, for every method; what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ligeia import Audio, InputError, restore
from ligeia.audio.corrupt import dropouts, gaps
from ligeia.enhance.restoration import restore as restoring
from ligeia.enhance.restoration.damage import flags_of, joined, made, masked, no_damage, read_mask, runs_of, spans
from ligeia.enhance.restoration.restore import Restoration
from ligeia.enhance.restoration.stretch import RestoreSettings

RATE = 8000
FAST = ["lapped", "sines", "spline", "ar", "janssen", "extrapolation"]


def melody(seconds: float = 0.6, channels: int = 1, rate: int = RATE) -> Audio:
    """Some partials that rise and fall, other ones in each channel, over a little noise."""
    time = np.arange(round(seconds * rate)) / rate
    drawn = np.random.default_rng(0)
    rows = [
        sum(np.sin(2 * np.pi * 110 * (k + 1) * (1 + 0.2 * channel) * time + k) / (k + 1) for k in range(6))
        for channel in range(channels)
    ]
    samples = 0.2 * np.array(rows) * (1 + 0.5 * np.sin(2 * np.pi * 3 * time)) + drawn.normal(
        0, 1e-4, (channels, len(time))
    )
    return Audio(samples, rate)


def snr(clean: Audio, other: Audio) -> float:
    error = np.sum(np.square(clean.samples - other.samples, dtype=float))
    return float(10 * np.log10(np.sum(np.square(clean.samples, dtype=float)) / error))


@pytest.mark.parametrize("name", FAST)
def test_fills_what_is_missing_and_touches_nothing_else(name: str) -> None:
    clean = melody(channels=2)
    broken, mask = dropouts(clean, fraction=0.01, seed=3)
    whole = restore(broken, name, mask=mask)
    assert whole.audio.samples.shape == clean.samples.shape
    assert np.array_equal(whole.audio.samples[:, ~mask], clean.samples[:, ~mask])
    assert snr(clean, whole.audio) > snr(clean, broken) + 15
    assert whole.report["samples_restored"] == 2 * mask.sum()


@pytest.mark.parametrize("name", [name for name in FAST if name != "spline"])
def test_fills_gaps(name: str) -> None:
    clean = melody(seconds=1.0)
    broken, mask = gaps(clean, gap_seconds=0.01, count=3, seed=5)
    whole = restore(broken, name, mask=mask).audio
    assert np.array_equal(whole.samples[:, ~mask], clean.samples[:, ~mask])
    assert snr(clean, whole) > snr(clean, broken) + 3


def test_each_channel_has_its_own_damage() -> None:
    clean = melody(channels=2)
    mask = np.zeros(clean.samples.shape, bool)
    mask[0, 1000:1010], mask[1, 1005] = True, True
    broken = Audio(np.where(mask, 0, clean.samples), RATE)
    whole = restore(broken, "ar", mask=mask)
    assert np.array_equal(whole.audio.samples[~mask], clean.samples[~mask])
    assert [(item["channel"], item["samples"]) for item in whole.report["findings"]] == [(0, 10), (1, 1)]
    assert snr(clean, whole.audio) > 30


def test_strength_mixes_and_gain_scales() -> None:
    clean = melody()
    broken, mask = dropouts(clean, fraction=0.01, seed=3)
    full = restore(broken, "ar", mask=mask).audio.samples
    half = restore(broken, "ar", mask=mask, strength=0.5).audio.samples
    assert np.allclose(half[:, mask], (full + broken.samples)[:, mask] / 2, atol=1e-6)
    quiet = restore(broken, "ar", mask=mask, gain_db=-6.0).audio.samples
    assert np.allclose(quiet, full * 10 ** (-6 / 20), atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5, 300])
@pytest.mark.parametrize("name", FAST)
def test_short_sounds_with_one_sample_known(name: str, count: int) -> None:
    sound = Audio(np.full((1, count), 0.25), RATE)
    mask = np.ones(count, bool)
    mask[count // 2] = False
    whole = restore(sound, name, mask=mask).audio
    assert whole.sample_count == count
    assert np.isfinite(whole.samples).all()
    assert whole.samples[0, count // 2] == 0.25


def test_pieces_do_not_depend_on_where_the_sound_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = melody(seconds=2.0)
    broken, mask = dropouts(clean, fraction=0.01, seed=1)
    whole = restore(broken, "ar", mask=mask).audio
    monkeypatch.setattr(restoring, "SPAN_SECONDS", 0.3)
    monkeypatch.setattr(restoring, "BLOCK_SECONDS", 0.05)
    pieces = list(Restoration(broken, RestoreSettings(method="ar"), mask=mask).pieces())
    assert len(pieces) > 5
    assert sum(piece.shape[1] for piece in pieces) == clean.sample_count
    assert snr(whole, Audio(np.concatenate(pieces, axis=1), RATE)) > 40


def test_long_stretches_are_left_and_said_so() -> None:
    clean = melody(seconds=2.5)
    mask = np.zeros(clean.sample_count, bool)
    mask[4000:14000], mask[500] = True, True
    whole = restore(clean, "ar", mask=mask)
    assert np.array_equal(whole.audio.samples[:, 4000:14000], clean.samples[:, 4000:14000])
    assert [item["samples"] for item in whole.report["left"]] == [10000]
    assert whole.report["samples_restored"] == 1


def test_refuses_masks_that_do_not_fit() -> None:
    sound = melody(0.1)
    for mask, reason in (
        (np.ones(sound.sample_count, bool), "all samples are missing"),
        (np.ones((1, sound.sample_count), bool), "all samples are missing"),
        (np.zeros(5, bool), "shape of mask"),
        (np.zeros(sound.sample_count), "float64 is not a valid type of mask"),
    ):
        with pytest.raises(InputError, match=reason):
            restore(sound, mask=mask)  # type: ignore[arg-type]


def test_refuses_a_channel_of_which_nothing_is_known() -> None:
    sound = melody(0.1, channels=2)
    mask = np.zeros(sound.samples.shape, bool)
    mask[1] = True
    with pytest.raises(InputError, match="of channel 1 are missing"):
        restore(sound, mask=mask)


def test_refuses_unknown_methods_and_settings(tmp_path: Path) -> None:
    sound = melody(0.1)
    with pytest.raises(InputError, match="magic"):
        restore(sound, "magic")
    with pytest.raises(InputError, match="magic"):
        restore(sound, declip="magic")
    with pytest.raises(InputError, match="strength"):
        restore(sound, strength=2)
    with pytest.raises(InputError, match="no use for steps"):
        restore(sound, "spline", declip="ar", steps=3)
    with pytest.raises(InputError, match="turbo has no use for model"):  # its refiner is the default denoiser
        restore(sound, "turbo", model=tmp_path / "a.safetensors")


def test_masks_come_from_files_without_pickle(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.array([True, False]))
    assert read_mask(tmp_path / "mask.npy").tolist() == [True, False]
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "many.npz", np.zeros(2, bool))
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "text.npy").write_text("mask")
    for name in ("objects.npy", "many.npz", "empty.npy", "text.npy", "none.npy"):
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            read_mask(tmp_path / name)


def test_runs_and_spans() -> None:
    flags = np.zeros((2, 40), bool)
    flags[0, [0, 1, 9, 30]], flags[1, [1, 2, 39]] = True, True
    damage = joined([made(runs_of(row), channel=channel, kind="mask") for channel, row in enumerate(flags)])
    assert np.array_equal(flags_of(damage, 2, 0, 40), flags)
    assert np.array_equal(flags_of(damage, 2, 1, 31), flags[:, 1:31])
    assert list(spans(damage, join=10, most=20)) == [(0, 10), (30, 40)]
    assert list(spans(damage, join=1, most=20)) == [(0, 3), (9, 10), (30, 31), (39, 40)]
    assert list(spans(no_damage(), join=1, most=1)) == []


def test_masks_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = melody(0.1)
    mask = np.random.default_rng(0).random(sound.sample_count) < 0.5
    whole = masked(mask, sound)
    monkeypatch.setattr("ligeia.enhance.restoration.damage.BLOCK", 7)
    assert np.array_equal(masked(mask, sound), whole)
    assert replace(RestoreSettings(), seed=1).seed == 1
