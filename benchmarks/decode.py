"""Decode: seconds of sound per second, and peak memory for an hour of sound, measured on the command itself."""

import tempfile
from pathlib import Path
from time import perf_counter

import ligeia
from benchmarks.rows import ROOT, Rows
from benchmarks.timed import timed
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.header import Header

HOUR = 3600
REPEATS = 3


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("decode")
    audio = ligeia.read_audio(ROOT / "examples" / "demo.flac")
    stream = ligeia.encode(audio, settings=ligeia.EncodeSettings(network="siren", steps=200))
    for turn in range(REPEATS):
        key = {"benchmark": "decode", "what": "library", "turn": turn}
        if not rows.has(**key):
            started = perf_counter()
            frames = ligeia.decode(stream).render().frames
            took = perf_counter() - started
            rows.add({**key, "seconds": took, "sound_seconds": frames / audio.rate, "speed": audio.seconds / took})
    key = {"benchmark": "decode", "what": "command, one hour"}
    if not rows.has(**key):
        rows.add({**key, **decode_hour(stream)})


def decode_hour(stream: bytes) -> dict[str, float]:
    """Decode an hour, made by repeating the blocks of `stream`, with the command; peak memory of its process."""
    with tempfile.TemporaryDirectory() as folder:
        lig, wav = Path(folder, "hour.lig"), Path(folder, "hour.wav")
        hour = repeated(stream, HOUR)
        lig.write_bytes(hour)
        facts = timed(["decode", str(lig), "-o", str(wav), "--json"])
        return {**facts, "sound_seconds": HOUR, "speed": HOUR / facts["seconds"], "stream_bytes": len(hour)}


def repeated(stream: bytes, seconds: float) -> bytes:
    """A stream of `seconds` made of the blocks of `stream`, over and over."""
    parsed = parse(stream)
    header, payloads = parsed.header, parsed.payloads
    frames = int(seconds * header.rate)
    segments = type(header.segments)(frames, header.segments.hop, header.segments.overlap)
    longer = Header(header.spec, header.rate, segments, header.coding)
    blocks = (write_block(Block(k, payloads[k % len(payloads)])) for k in range(segments.count))
    return write_header(longer) + b"".join(blocks)
