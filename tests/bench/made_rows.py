"""Rows of benchmarks that never ran, after a known law: snr = 6 log2(kbps) + offset."""

import math
from collections.abc import Iterable
from typing import Any

from ligeia.metrics.metric import Metric

Row = dict[str, Any]
HOSTILE = "<script>alert('x')</script>|`a`\n\"b\" & [c](javascript:d) \ud800\x00\u202e"
"""A clip, group or message that would like to be more than text."""
ENVIRONMENTS = {
    "a1b2c3": {
        "ligeia": "0.1",
        "machine": "2 x AMD EPYC",
        "packages": {"numpy": "2.0", "scipy": "1.15"},
        "commit": None,
    }
}


def no_function(*, reference: Any, estimate: Any, rate: int) -> float:
    raise AssertionError("reports measure nothing")


def metric(name: str, **more: Any) -> Metric:
    known: dict[str, Any] = {"unit": "dB", "lowest": -math.inf, "highest": math.inf, "better": "higher"}
    known |= {"summary": f"what {name} is", "source": "made up", "function": no_function}
    return Metric(name=name, **(known | more))


METRICS = {
    "snr": metric("snr"),
    "stoi": metric("stoi", unit="", lowest=0, highest=1),
    "lsd": metric("lsd", better="lower"),
}


def row(clip: str = "speech/a.flac", codec: str = "opus:24", kbps: float | None = 24.0, **more: Any) -> Row:
    family, _, setting = codec.partition(":")
    made: Row = {"clip": clip, "group": clip.partition("/")[0], "clip_sha256": "0", "seconds": 8.0, "codec": codec}
    made |= {"family": family, "setting": setting, "lossless": False, "version": f"{family}enc 1", "bytes": 1000}
    made |= {"kbps": kbps, "payload_kbps": None if kbps is None else kbps - 1, "delay_seconds": 0.0}
    made |= {"encode_seconds": 0.1, "decode_seconds": 0.05, "encode_peak_bytes": 2**23, "decode_peak_bytes": None}
    made |= {"metrics": {}, "reasons": {}, "notes": [], "error": None, "environment": "a1b2c3"}
    return made | more


def failure(clip: str, codec: str, error: str = "opusenc: no answer within 20 s") -> Row:
    facts = {name: row(clip, codec)[name] for name in ("clip", "group", "codec", "family", "setting", "lossless")}
    return {**facts, "version": None, "error": error, "environment": "a1b2c3"}


def lawful(clip: str, codec: str, kbps: float, offset: float = 0.0, **more: Any) -> Row:
    snr = 6 * math.log2(kbps) + offset
    return row(clip, codec, kbps, metrics={"snr": snr, "stoi": 1 - 2 ** (-snr / 10), "lsd": 40 - snr}, **more)


def ladder(clips: Iterable[str], family: str, rates: Iterable[float], offset: float = 0.0) -> list[Row]:
    """Every clip at every rate; clips differ by a tenth of a dB."""
    return [
        lawful(clip, f"{family}:{rate:g}", rate, offset + number / 10)
        for number, clip in enumerate(clips)
        for rate in rates
    ]


def lossless(clip: str, codec: str = "flac", kbps: float = 350.0) -> Row:
    return row(clip, codec, kbps, lossless=True, metrics={"snr": "inf", "stoi": 1.0, "lsd": 0.0})


def benchmark() -> list[Row]:
    """Two groups of three clips: a law for each family, a single point, a lossless codec, failures, gaps."""
    rows = []
    for group in ("speech", "music"):
        clips = [f"{group}/{name}.flac" for name in "abc"]
        rows += ladder(clips, "opus", (12, 24, 48, 96)) + ladder(clips, "mp3", (24, 48, 96), offset=-6)
        rows += ladder(clips, "ligeia", (16, 64, 128), offset=-12) + ladder(clips, "dac", (8,), offset=3)
        rows += [lossless(clip) for clip in clips]
    rows += [failure("speech/a.flac", "mp3:16"), failure("speech/b.flac", "mp3:16")]
    rows += [lawful("speech/c.flac", "mp3:16", 16, offset=-6, notes=["decoded at 48000 Hz"])]
    for one in rows:
        if one["codec"] == "opus:12" and one["clip"] == "music/a.flac":
            one["metrics"]["stoi"], one["reasons"]["stoi"] = None, "too short"
    return rows
