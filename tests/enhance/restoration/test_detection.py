"""Detection: what was done to made sounds is found, and nothing in clean ones; edges of silence are not damage."""

import numpy as np
import pytest

from ligeia import Audio, restore
from ligeia.audio.corrupt import clip, dropouts, gaps
from ligeia.enhance.restoration import detection, flat_tops
from ligeia.enhance.restoration.damage import KINDS, Damage, flags_of
from ligeia.enhance.restoration.detection import find_damage, relative_errors
from ligeia.enhance.restoration.stretch import RestoreSettings
from ligeia.progress import Reporter

RATE = 16000


def music(seconds: float = 3.0, noise: float = 2e-4, seed: int = 0) -> Audio:
    """Partials whose levels wander over a little noise, as 16-bit samples."""
    count = round(seconds * RATE)
    drawn = np.random.default_rng(seed)
    time = np.arange(count) / RATE
    samples = sum(
        np.sin(2 * np.pi * f * time + 5 * np.sin(2 * np.pi * 0.3 * k * time)) * (0.6 + 0.4 * np.sin(k * time)) / k
        for k, f in enumerate((196.0, 311.0, 523.0, 1100.0), 1)
    )
    return Audio(np.rint((0.25 * samples + drawn.normal(0, noise, count)) * 2**15)[None] / 2**15, RATE)


def found(sound: Audio, **settings: bool) -> Damage:
    return find_damage(sound, RestoreSettings(**settings), Reporter(None))


def kinds(damage: Damage) -> set[str]:
    return {KINDS[kind] for kind in damage["kind"]}


def test_nothing_is_found_in_clean_sound() -> None:
    drawn = np.random.default_rng(1)
    for clean in (
        music(),
        Audio(np.zeros((2, 9000)), RATE),
        Audio(drawn.normal(0, 0.2, (1, 40000)), RATE),
        Audio(0.5 * np.sin(np.arange(40000) / 50)[None], RATE),
        Audio(np.sign(np.sin(np.arange(40000) / 25))[None] * 0.5, RATE),
        Audio(np.sin(np.arange(40000) / 300)[None], RATE),
        Audio(np.full((1, 1), 0.5), RATE),
        Audio(drawn.normal(0, 0.1, (1, 90)), RATE),
    ):
        assert len(found(clean)) == 0
        whole = restore(clean)
        assert np.array_equal(whole.audio.samples, clean.samples)
        assert whole.report["found"] == {}


def test_silence_around_and_between_sounds_is_no_gap() -> None:
    samples = music().samples.copy()
    samples[:, :5000], samples[:, -4000:], samples[:, 20000:26000] = 0, 0, 0
    fade = np.linspace(1, 0, 400)
    samples[:, 30000:30400] *= fade
    samples[:, 30400:31000] = 0
    samples[:, 31000:31400] *= fade[::-1]
    assert len(found(Audio(np.rint(samples * 2**15) / 2**15, RATE))) == 0


def test_dropouts_gaps_and_held_samples_are_found() -> None:
    clean = music()
    for (broken, mask), kind in (
        (dropouts(clean, fraction=0.002, seed=2), "dropout"),
        (gaps(clean, gap_seconds=0.01, count=4, seed=2), "gap"),
    ):
        damage = found(broken)
        flags = flags_of(damage, 1, 0, clean.sample_count)[0]
        assert (flags & mask).sum() > 0.8 * mask.sum()
        assert not (flags & ~mask).any()
        assert kinds(damage) == {kind}
    held = clean.samples.copy()
    held[:, 20000:20100] = held[:, 20000:20001] = 0.125
    damage = found(Audio(held, RATE))
    assert [(int(run["start"]), int(run["stop"])) for run in damage] == [(20000, 20100)]


def test_clicks_are_found_where_sound_is_smooth() -> None:
    clicked = music(noise=2e-5).samples.copy()
    at = np.array([9000, 20011, 33333])
    clicked[0, at] += 0.4
    damage = found(Audio(clicked, RATE))
    assert kinds(damage) == {"click"}
    assert flags_of(damage, 1, 0, clicked.shape[1])[0][at].all()
    assert len(damage) == 3
    assert len(found(Audio(clicked, RATE), clicks=False)) == 0


@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_clipping_is_found_at_any_level_and_on_one_side_alone(gain: float) -> None:
    clean = music()
    limit = 0.6 * float(np.abs(clean.samples).max())
    clipped, mask = clip(clean, threshold=limit)
    sound = Audio(np.rint(gain * clipped.samples * 2**15) / 2**15, RATE)
    damage = found(sound)
    assert kinds(damage) == {"clipping"}
    assert flags_of(damage, 1, 0, clean.sample_count)[0][mask].all()
    assert np.abs(np.abs(damage["level"]) - gain * limit).max() < 0.01
    assert len(found(sound, clipping=False)) == 0
    upper = Audio(np.minimum(clean.samples, 0.5 * clean.samples.max()), RATE)
    assert set(np.sign(found(upper)["level"])) == {1.0}


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, _ = gaps(dropouts(music(), fraction=0.001, seed=4)[0], gap_seconds=0.02, count=3, seed=4)
    whole = found(broken)
    monkeypatch.setattr(detection, "BLOCK", 4999)
    assert np.array_equal(found(broken), whole)


def test_errors_are_relative_to_those_around() -> None:
    errors = relative_errors(np.random.default_rng(0).normal(0, 0.1, 3200))
    assert 0.3 < np.median(errors) < 1
    assert flat_tops.Tops().clipped(0).size == 0
