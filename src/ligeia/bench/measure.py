"""One clip through one codec, and the row of its results. It runs in a worker that may be killed.

Every codec gets the same 16-bit WAV file, and its decoded output is compared with that file.
"""

import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ligeia.audio.reading import open_audio, read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.codec import Codec, CodecError, Usage
from ligeia.bench.codecs import codecs_named
from ligeia.errors import LigeiaError
from ligeia.metrics.score import score
from ligeia.metrics.table import METRICS
from ligeia.records.journal import Row

WARM_SECONDS = 0.25


@dataclass(frozen=True)
class _Prepared:
    """A clip as every codec gets it."""

    wav: Path
    audio: Audio


_LAST: dict[tuple[str, float | None], _Prepared] = {}
"""The clip that was measured last: the next codec gets the same."""


def measure(task: dict[str, Any]) -> Row:
    """The row of a task: `clip`, `path`, `group`, `seconds_limit`, `codec`, `metrics` and `timeout` (seconds a run)."""
    row: Row = {name: task[name] for name in ("clip", "group", "seconds_limit", "codec")}
    try:
        prepared = _prepared(task["path"], task["seconds_limit"])
        (codec,) = codecs_named(task["codec"])
        _warm(task["codec"])
        audio = prepared.audio
        shape = {"rate": audio.rate, "channels": audio.channels, "frames": audio.sample_count, "seconds": audio.seconds}
        return row | shape | _through(codec, prepared, task) | {"error": None}
    except LigeiaError as error:
        return row | {"error": " ".join(str(error).split())}


def _through(codec: Codec, prepared: _Prepared, task: dict[str, Any]) -> Row:
    with tempfile.TemporaryDirectory(prefix="ligeia-bench-") as folder:
        encoded, decoded = Path(folder, f"encoded{codec.suffix}"), Path(folder, "decoded.wav")
        encoding = codec.encode(prepared.wav, encoded, task["timeout"])
        decoding = codec.decode(encoded, decoded, task["timeout"])
        sizes = _sizes(encoded.stat().st_size, codec.payload_bytes(encoded), prepared.audio.seconds)
        estimate = _decoded(decoded)
    return sizes | _times(encoding, decoding) | _quality(prepared.audio, estimate, task["metrics"], task["group"])


def _decoded(path: Path) -> Audio:
    try:
        return read_audio(path)
    except LigeiaError as error:
        raise CodecError(f"its decoded output cannot be used: {error}") from error


def _sizes(total: int, payload: int | None, seconds: float) -> Row:
    return {
        "bytes": total,
        "kbps": total * 0.008 / seconds,
        "payload_bytes": payload,
        "payload_kbps": None if payload is None else payload * 0.008 / seconds,
    }


def _times(encoding: Usage, decoding: Usage) -> Row:
    return {
        "encode_seconds": encoding.seconds,
        "decode_seconds": decoding.seconds,
        "encode_peak_bytes": encoding.peak_bytes,
        "decode_peak_bytes": decoding.peak_bytes,
    }


def _quality(reference: Audio, estimate: Audio, names: list[str], group: str) -> Row:
    suited = [name for name in names if suits(name, group)]
    result = score(reference=reference, estimate=estimate, metrics=suited)
    facts, recipe = result.as_dict(), result.recipe
    unsuited = {name: f"made for {METRICS[name].domain}" for name in names if name not in suited}
    reasons = {name: entry.reason for name, entry in result.scores.items() if entry.reason}
    return {
        "decoded_rate": estimate.rate,
        "decoded_frames": estimate.sample_count,
        "decoded_channels": estimate.channels,
        "delay_samples": recipe.delay_samples,
        "delay_seconds": (recipe.delay_samples + recipe.delay_fraction) / recipe.rate,
        "delay_method": recipe.delay_method,
        "notes": list(recipe.notes),
        "metrics": {name: _rounded(facts["values"].get(name)) for name in names},
        "reasons": unsuited | reasons,
    }


def _rounded(value: Any) -> Any:
    """Eight digits: more would be noise, and rows are kept in repositories."""
    return float(f"{value:.8g}") if isinstance(value, float) else value


def suits(metric: str, group: str) -> bool:
    """True where a metric was made for clips of a group; groups of other names take every metric."""
    domain = METRICS[metric].domain
    return domain == "any" or group.lower() not in ("speech", "music") or domain == group.lower()


def _prepared(path: str, seconds_limit: float | None) -> _Prepared:
    if (path, seconds_limit) not in _LAST:
        forget()
        _LAST[path, seconds_limit] = _prepare(path, seconds_limit)
    return _LAST[path, seconds_limit]


def forget() -> None:
    """Drop the clip that was measured last, and its file."""
    for prepared in _LAST.values():
        shutil.rmtree(prepared.wav.parent, ignore_errors=True)
    _LAST.clear()


def _prepare(path: str, seconds_limit: float | None) -> _Prepared:
    with open_audio(path) as file:
        sample_count = (
            file.sample_count if seconds_limit is None else min(file.sample_count, round(seconds_limit * file.rate))
        )
        audio = Audio(file.read(0, max(sample_count, 1)), file.rate)
    wav = Path(tempfile.mkdtemp(prefix="ligeia-bench-"), "reference.wav")
    write_audio(wav, audio, subtype="PCM_16")
    return _Prepared(wav, read_audio(wav))


@lru_cache(maxsize=256)
def _warm(name: str) -> None:
    """Run a short tone through a codec first, so that no clip pays for what is done once."""
    (codec,) = codecs_named(name)
    tone = Audio((0.1 * np.sin(np.arange(int(WARM_SECONDS * 16000)) / 5)).astype(np.float32)[None], 16000)
    with tempfile.TemporaryDirectory(prefix="ligeia-bench-") as folder:
        wav, encoded = Path(folder, "tone.wav"), Path(folder, f"encoded{codec.suffix}")
        write_audio(wav, tone, subtype="PCM_16")
        try:
            codec.encode(wav, encoded, 60.0)
            codec.decode(encoded, Path(folder, "decoded.wav"), 60.0)
        except CodecError:
            return  # whatever is wrong will show with the clip itself
