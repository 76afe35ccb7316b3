import math

import pytest
from made_rows import METRICS, failure, ladder, lossless

from ligeia.bench.deltas import deltas

CLIPS = ["speech/a.flac", "speech/b.flac", "speech/c.flac"]
RATES = (12, 24, 48, 96)


def test_a_known_law() -> None:
    """6 dB below at 6 dB an octave is twice the rate: +100 %."""
    rows = ladder(CLIPS, "opus", RATES) + ladder(CLIPS, "mp3", RATES, offset=-6)
    (found,) = deltas(rows, "opus", METRICS["snr"])
    assert (found.family, found.clips, found.reasons) == ("mp3", 3, {})
    assert found.rate == pytest.approx((100, 100, 100, 3, 0))
    assert found.quality == pytest.approx((-6, -6, -6, 3, 0))
    assert found.share == pytest.approx(2 / 3)  # of three octaves, two


def test_the_median_is_over_clips() -> None:
    rows = ladder(CLIPS, "opus", RATES)
    for clip, offset in zip(CLIPS, (-6, 0, 6), strict=True):
        rows += [one for one in ladder(CLIPS, "aac", RATES, offset) if one["clip"] == clip]
    (found,) = deltas(rows, "opus", METRICS["snr"])
    assert found.rate[:3] == pytest.approx((0, -50, 100), abs=1e-9)


def test_lower_is_better_for_a_distance() -> None:
    rows = ladder(CLIPS, "opus", RATES) + ladder(CLIPS, "mp3", RATES, offset=-6)
    (found,) = deltas(rows, "opus", METRICS["lsd"])
    assert found.rate.median == pytest.approx(100)
    assert found.quality.median == pytest.approx(6)  # a greater distance


def test_clips_without_a_value_are_counted_with_the_reason() -> None:
    rows = ladder(CLIPS, "opus", RATES) + ladder(CLIPS[:2], "mp3", RATES) + ladder(CLIPS[2:], "mp3", (12, 24))
    rows += [*ladder(["speech/d.flac"], "mp3", RATES), failure(CLIPS[0], "mp3:6")]
    (found,) = deltas(rows, "opus", METRICS["snr"])
    assert found.clips == 3
    assert (found.rate.defined, found.rate.undefined) == (2, 1)
    assert found.reasons == {"fewer than 3 points gain quality by rate": 1}


def test_both_reasons_are_told() -> None:
    rows = ladder(CLIPS[:1], "opus", RATES) + ladder(CLIPS[:1], "mp3", (200, 400, 800), offset=6)
    (found,) = deltas(rows, "opus", METRICS["snr"])
    assert math.isnan(found.rate.median)
    assert math.isnan(found.share)
    assert list(found.reasons) == ["the two curves have no quality in common", "the two curves have no rate in common"]


def test_lossless_families_take_no_part() -> None:
    rows = ladder(CLIPS, "opus", RATES) + [lossless(clip) for clip in CLIPS]
    assert deltas(rows, "opus", METRICS["snr"]) == []


def test_without_the_anchor_there_is_nothing() -> None:
    assert deltas(ladder(CLIPS, "mp3", RATES), "opus", METRICS["snr"]) == []
