import pytest
from made_rows import METRICS, benchmark, failure, ladder, lossless, row

from ligeia.bench.tables import ALL, COST, QUALITY, codec_table, delta_table, summary_table
from ligeia.errors import InputError
from ligeia.records.tables import Table

CLIPS = ["speech/a.flac", "speech/b.flac", "speech/c.flac"]


def column(shown: Table, name: str) -> list[str]:
    return [line[shown.header.index(name)] for line in shown.lines]


def test_one_line_per_codec_along_the_rate() -> None:
    shown = codec_table(benchmark(), METRICS)
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
    shown = codec_table(rows, METRICS)
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
    shown = codec_table([lossless(clip) for clip in CLIPS], METRICS)
    assert column(shown, "snr dB ↑") == ["∞"]
    assert column(shown, "kbps") == ["350"]


def test_a_codec_that_always_fails_has_a_line() -> None:
    shown = codec_table([failure(clip, "dac:44khz", "not installed") for clip in CLIPS], METRICS)
    assert shown.lines == (("dac:44khz", "0", *["–"] * 7, "3"),)


def test_columns_can_be_chosen() -> None:
    assert codec_table(benchmark(), METRICS, ("failed", "kbps")).header == ("codec", "failed", "kbps")
    assert set(QUALITY) | set(COST) == set(ALL)
    with pytest.raises(InputError, match="no column 'bits'"):
        codec_table(benchmark(), METRICS, ("bits",))


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
