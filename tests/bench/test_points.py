import math

from made_rows import METRICS, benchmark, failure, lawful, lossless, row

from ligeia.bench.points import curves


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
    assert point.text == "opus:16\n16.0 kbps\nsnr 25.0 [24.0, 26.0] dB\nclips: 3"


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
    assert point.text.endswith("\nclips: 1 of 3")


def test_a_family_may_be_lossless_at_some_settings() -> None:
    rows = [lawful("speech/a.flac", "wavpack:hybrid", 200.0), lossless("speech/a.flac", "wavpack:best")]
    lossy, exact = curves(rows, METRICS["snr"])
    assert (lossy.family, lossy.lossless) == (exact.family, not exact.lossless) == ("wavpack", False)
    assert exact.points[0].quality == math.inf
    assert "lossless" in exact.points[0].text
