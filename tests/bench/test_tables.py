"""."""

import math

import pytest
from made_rows import METRICS, benchmark, failure, ladder, lawful, lossless, row

from ligeia.bench.tables import COST, QUALITY, codec_table, curves, delta_table, deltas, summary_table
from ligeia.records.tables import Table


def test_one_curve_per_family_along_the_rate() -> None:
    made = {curve.family: curve for curve in curves(benchmark(), METRICS["snr"])}
    assert list(made) == ["dac", "flac", "ligeia", "mp3", "opus"]
    assert [point.kbps for point in made["mp3"].points] == [16, 24, 48, 96]
    assert [curve.family for curve in made.values() if curve.lossless] == ["flac"]


def test_a_point_is_the_median_with_its_interval() -> None:
    rows = [lawful(f"speech/{n}.flac", "opus:16", 16.0, offset=n) for n in (0.0, 1.0, 2.0)]
    (curve,) = curves(rows, METRICS["snr"])
    (point,) = curve.points
    assert (point.quality, point.low, point.high, point.partial) == (25, 24, 26, False)


def test_failed_and_undefined_clips_make_a_point_partial() -> None:
    rows = [
        lawful("speech/a.flac", "opus:16", 16.0),
        failure("speech/b.flac", "opus:16"),
        failure("speech/a", "opus:6"),
    ]
    rows += [row("speech/c.flac", "opus:16", 16.0, metrics={"snr": None})]
    (curve,) = curves(rows, METRICS["snr"])
    (point,) = curve.points
    assert point.partial


def test_a_family_may_be_lossless_at_some_settings() -> None:
    rows = [lawful("speech/a.flac", "wavpack:hybrid", 200.0), lossless("speech/a.flac", "wavpack:best")]
    lossy, exact = curves(rows, METRICS["snr"])
    assert (lossy.family, lossy.lossless) == (exact.family, not exact.lossless) == ("wavpack", False)
    assert exact.points[0].quality == math.inf


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


def column(shown: Table, name: str) -> list[str]:
    return [line[shown.header.index(name)] for line in shown.lines]


def test_one_line_per_codec_along_the_rate() -> None:
    shown = codec_table(benchmark(), METRICS, QUALITY)
    assert column(shown, "codec") == [
        "dac:8",
        "flac",
        *("ligeia:16", "ligeia:64", "ligeia:128"),
        *("mp3:16", "mp3:24", "mp3:48", "mp3:96"),
        *("opus:12", "opus:24", "opus:48", "opus:96"),
    ]
    assert all(len(line) == len(shown.header) for line in shown.lines)


def test_every_column() -> None:
    rows = [row(clip, kbps=20.0 + n, metrics={"snr": 10.0 + n}) for n, clip in enumerate(CLIPS)]
    rows[1] |= {"encode_seconds": 80.0, "delay_seconds": 0.0065, "encode_peak_bytes": 2**24}
    rows += [failure("speech/d.flac", "opus:24")]
    shown = codec_table(rows, METRICS, (*QUALITY[:-1], *COST[1:]))
    assert dict(zip(shown.header, shown.lines[0], strict=True)) == {
        "codec": "opus:24",
        "clips": "3",
        "kbps": "21.0",
        "payload kbps": "20.0",
        "delay ms": "0",
        "snr dB ↑": "11.0 [10.0, 12.0]",
        "encode × real time": "80",
        "decode × real time": "160",
        "encode MiB": "16",
        "decode MiB": "–",
        "failed": "1",
    }


def test_metrics_without_values_are_left_out_and_gaps_are_counted() -> None:
    rows = [row(clip, metrics={"stoi": None if clip == CLIPS[0] else 0.5, "snr": None}) for clip in CLIPS]
    shown = codec_table(rows, METRICS, QUALITY)
    assert shown.header == ("codec", "clips", "kbps", "payload kbps", "stoi ↑", "failed")
    assert column(shown, "stoi ↑") == ["0.500 (2 of 3)"]


def test_infinite_values() -> None:
    shown = codec_table([lossless(clip) for clip in CLIPS], METRICS, QUALITY)
    assert column(shown, "snr dB ↑") == ["∞"]
    assert column(shown, "kbps") == ["350"]


def test_a_codec_that_always_fails_has_a_line() -> None:
    shown = codec_table([failure(clip, "dac:44khz", "not installed") for clip in CLIPS], METRICS, COST)
    assert shown.lines == (("dac:44khz", "0", *["–"] * 5, "3"),)


def test_columns_can_be_chosen() -> None:
    assert codec_table(benchmark(), METRICS, ("failed", "kbps")).header == ("codec", "failed", "kbps")


def test_summary_is_short() -> None:
    chosen = {"snr": METRICS["snr"]}
    shown = summary_table(benchmark(), chosen, codecs=("opus:24", "flac"))
    assert shown.header == ("group", "codec", "kbps", "snr dB ↑", "encode × real time", "decode × real time")
    assert [line[:4] for line in shown.lines] == [
        ("music", "flac", "350", "∞"),
        ("music", "opus:24", "24.0", "27.6"),
        ("speech", "flac", "350", "∞"),
        ("speech", "opus:24", "24.0", "27.6"),
    ]
    assert len(summary_table(benchmark(), chosen).lines) == 12 + 13


def test_deltas_metric_by_metric() -> None:
    rows = ladder(CLIPS, "opus", (12, 24, 48, 96)) + ladder(CLIPS, "mp3", (12, 24, 48), offset=-6)
    shown = delta_table(rows, "opus", {name: METRICS[name] for name in ("snr", "lsd")})
    assert shown.header == (
        *("metric", "better", "family"),
        *("BD-rate %", "BD-quality", "overlap %", "clips", "no value because"),
    )
    assert shown.lines == (
        ("snr", "↑", "mp3", "100.0", "−6.00 dB", "50", "3 of 3", ""),
        ("lsd", "↓", "mp3", "100.0", "6.00 dB", "50", "3 of 3", ""),
    )


def test_a_family_without_any_delta_has_one_line() -> None:
    shown = delta_table(benchmark(), "opus", METRICS)
    assert [line[:3] for line in shown.lines if line[2] == "dac"] == [("all", "", "dac")]
    assert shown.lines[-1][3:] == ("–", "–", "–", "0 of 6", "fewer than 3 points gain quality by rate (6)")


def test_no_deltas_without_the_anchor() -> None:
    assert not delta_table(benchmark(), "vorbis", METRICS)
