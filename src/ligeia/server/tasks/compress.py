"""Compress: the recording becomes a `.lig` stream, and that is decoded again to be heard."""

from math import inf

from ligeia.codec.decode import decode_pieces
from ligeia.codec.encode import encode_with_report
from ligeia.codec.settings import EncodeReport, EncodeSettings
from ligeia.metrics.table import HEADLINES, METRICS
from ligeia.server.tasks.task import Made, Order, ending_of, watched, write_floats

ENCODING = 0.8
"""Share of the time that goes into encoding; decoding takes the rest."""


def make(order: Order) -> Made:
    """Return the stream, and what it decodes to."""
    sound, wanted = order.sound, order.settings
    targets = {name: wanted.get(name) for name in ("preset", "kbps", "snr_db", "quality")}
    settings = EncodeSettings(**targets)  # type: ignore[arg-type]
    data, report = encode_with_report(sound, settings, tags=sound.tags, on_progress=order.part(0.0, ENCODING))
    stream, estimate = order.folder / "stream.lig", order.folder / "decoded.wav"
    stream.write_bytes(data)
    pieces = decode_pieces(data, max_seconds=inf)
    heard = watched(pieces, sound.sample_count, "decoding", order.part(ENCODING, 1.0))
    write_floats(estimate, sound.rate, sound.channels, heard)
    return Made(
        estimate=estimate,
        ending=ending_of("compress", order.settings),
        stream=stream,
        facts=_facts(report),
        notes=[*report.notes, *sound.tag_notes],
        metrics=_metrics(report),
    )


def _facts(report: EncodeReport) -> dict[str, object]:
    found = {
        "snr_db": report.snr_db, "preset": report.preset, "preset_reason": report.preset_reason,
        "speech_likelihood": report.speech_likelihood,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _metrics(report: EncodeReport) -> tuple[str, ...]:
    """Return the metrics of the report: those made for speech only where the encoder took it for speech."""
    music = report.preset == "music" or (report.speech_likelihood is not None and report.speech_likelihood < 0.5)
    return tuple(name for name in HEADLINES if not (music and METRICS[name].domain == "speech"))
