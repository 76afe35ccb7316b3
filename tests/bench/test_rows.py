import math

import pytest
from made_rows import failure, row

from ligeia.bench.rows import by, by_codec, failed, kbps, latest, measured, number, value
from ligeia.errors import InputError


@pytest.mark.parametrize(("written", "read"), [(17.5, 17.5), ("inf", math.inf), ("-inf", -math.inf), (3, 3.0)])
def test_values_are_finite_or_infinite(written: object, read: float) -> None:
    assert value(row(metrics={"snr": written}), "snr") == read


@pytest.mark.parametrize("metrics", [{"snr": None}, {}, None])
def test_undefined_and_absent_values_are_nan(metrics: object) -> None:
    assert math.isnan(value(row(metrics=metrics), "snr"))


def test_failed_rows_have_no_values() -> None:
    broken = failure("speech/a.flac", "opus:6")
    assert failed(broken)
    assert math.isnan(value(broken, "snr"))
    assert math.isnan(number(broken, "kbps"))
    assert measured([broken, row()]) == [row()]


@pytest.mark.parametrize("written", ["loud", [1], {}])
def test_what_is_no_number_is_refused(written: object) -> None:
    with pytest.raises(InputError, match="snr must be a number"):
        value(row(metrics={"snr": written}), "snr")


def test_groups_families_and_clips_are_in_order_of_name() -> None:
    rows = [row("speech/10.flac"), row("speech/9.flac"), row("music/1.flac", "mp3:32")]
    assert list(by(rows, "group")) == ["music", "speech"]
    assert list(by(rows, "family")) == ["mp3", "opus"]
    assert list(by(rows, "clip")) == ["music/1.flac", "speech/9.flac", "speech/10.flac"]
    assert [one["clip"] for one in by(rows, "group")["speech"]] == ["speech/9.flac", "speech/10.flac"]


def test_settings_are_ordered_along_the_measured_rate() -> None:
    settings = {"fine": 90.0, "draft": 12.0, "standard": 40.0}
    rows = [row(codec=f"ligeia:{name}", kbps=rate) for name, rate in settings.items()]
    rows += [failure("speech/a.flac", "ligeia:broken"), row(codec="aac:64", kbps=64.0)]
    expected = ["aac:64", "ligeia:draft", "ligeia:standard", "ligeia:fine", "ligeia:broken"]
    assert list(by_codec(rows)) == expected
    assert list(by_codec(reversed(rows))) == expected


def test_the_rate_is_the_median_of_what_worked() -> None:
    clips = [row(f"speech/{rate}", kbps=rate) for rate in (10.0, 30.0, 20.0)]
    assert kbps([*clips, failure("speech/x", "opus:24")]) == 20
    assert math.isnan(kbps([failure("speech/x", "opus:24")]))


def test_a_repeated_measurement_replaces_the_earlier_one() -> None:
    rows = [row(kbps=1.0), row("speech/b.flac"), row(kbps=2.0)]
    assert [one["kbps"] for one in latest(rows)] == [2.0, 24.0]


def test_names_with_endless_numbers_can_be_sorted() -> None:
    long = "9" * 5000  # Python refuses to make an int of over 4300 digits
    assert list(by([row(long), row("9"), row("0008")], "clip")) == ["0008", "9", long]
