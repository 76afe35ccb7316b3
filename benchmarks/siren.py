"""The siren beside the transform codec and RECOMBINER, by the bits that an SNR takes, on speech that is new to all.

"waveform" is the lapped network with that preset (profile 0), "siren, not bent" the siren with flat phases (its prior,
frames of 20 ms), "siren" what `ligeia encode --network siren` writes. The first three seconds of each clip, in a
process of one thread; seconds are those of the processor. RECOMBINER's points are those of one clip that its authors
publish.
"""

import os
import subprocess
import sys
from statistics import mean
from time import process_time

import ligeia
from benchmarks.lapped import ONE_CORE
from benchmarks.low_rates import SUITE, sound_of
from benchmarks.rows import DATA, Rows
from ligeia.audio.signal import snr_from_energies
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import parse
from ligeia.codec.encode import encode_with_report
from ligeia.codec.phased.encoder import WAYS, encode_way
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform.encoder import encode_transform
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.rate_control import Target
from ligeia.datasets.provenance import is_unseen
from ligeia.datasets.suite import Clip, read_suite
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

SECONDS = 3.0
RECOMBINER = {15.9: 5.17, 20.6: 10.81, 25.5: 22.11}
"""SNR in dB to kbit/s, of one clip of LibriSpeech: measured on the clip and its decodings in the repository
cambridge-mlg/RECOMBINER (He et al. 2024), whose file names say the rates. Its prior was learned from LibriSpeech."""
WAVEFORM_THERE = {15.9: 3.47, 20.6: 6.24, 25.5: 10.90}
"""Rates of profile 0 of the preset "waveform" at the same SNRs on that clip, in kbit/s."""
ROWS = "codecs/siren"
"""Their place in results."""
SOURCE = "its repository: one clip of LibriSpeech, what three streams of it decode to, and their rates by name"
THEIRS = "RECOMBINER"
WAVEFORM, FLAT, SIREN = "waveform", "siren, not bent", "siren"


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.siren"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows(ROWS)
    for snr_db, kbps in RECOMBINER.items():
        key = {"benchmark": "siren", "system": THEIRS, "snr_db": snr_db, "clip": "theirs"}
        rows.add_once(key, lambda kbps=kbps: {"kbps": kbps, "source": SOURCE})
    for clip in read_suite(SUITE, DATA):
        for snr_db in RECOMBINER:
            for system in (WAVEFORM, FLAT, SIREN):
                key = {"benchmark": "siren", "system": system, "snr_db": snr_db, "clip": clip.name}
                rows.add_once(key, lambda system=system, snr_db=snr_db, clip=clip: coded(system, snr_db, clip))


def coded(system: str, snr_db: float, clip: Clip) -> Row:
    """Return what a clip takes as a system codes it, and what it reaches."""
    whole = sound_of(clip)
    audio = ligeia.Audio(whole.samples[:, : round(SECONDS * whole.rate)], whole.rate)
    started = process_time()
    stream = _stream(system, snr_db, audio)
    spent = process_time() - started
    error = audio.samples - ligeia.decode(stream, enhance="off").render().samples
    facts = {"kbps": len(stream) * 8 / audio.seconds / 1000, "processor_seconds": spent}
    facts["reached_db"] = snr_from_energies(float((audio.samples**2).sum()), float((error**2).sum()))
    if system != WAVEFORM:
        parsed = parse(stream)
        facts["phase_bytes"] = sum(Reader(payload).varint() for payload in parsed.payloads.values() if payload)
        facts["frame_size"] = ligeia.inspect(stream).fields.get("frame_size")
    return facts | {"unseen": is_unseen(clip.name, "waveform", "siren")}


def _stream(system: str, snr_db: float, audio: ligeia.Audio) -> bytes:
    if system == FLAT:
        return encode_way(audio, WAYS[0], Target(snr_db=snr_db)).stream
    if system == WAVEFORM:  # profile 0, which `WAVEFORM_THERE` was measured with, not that of speech
        return encode_transform(audio, BY_NAME["waveform"], Target(snr_db=snr_db))[0]
    return encode_with_report(audio, EncodeSettings(network="siren", snr_db=snr_db))[0]


# --- tables -------------------------------------------------------------------------------------------


def siren_table() -> str:
    """Return mean rates by SNR and system, over the clips that have all rows, and RECOMBINER's."""
    rows = [row for row in Rows(ROWS).rows if row["system"] != THEIRS]
    by = {(row["system"], row["snr_db"], row["clip"]): row for row in rows}
    cases = [(system, snr_db) for system in (WAVEFORM, FLAT, SIREN) for snr_db in RECOMBINER]
    clips = [clip for clip in sorted({row["clip"] for row in rows}) if all((*case, clip) in by for case in cases)]
    if not clips:
        return ""
    header = ["SNR dB", "clips", *(f"{system} kbit/s" for system in (WAVEFORM, FLAT, SIREN)), "siren / waveform"]
    header += ["RECOMBINER kbit/s, its clip", "waveform there", "RECOMBINER / waveform there"]
    lines = []
    for snr_db, theirs in RECOMBINER.items():
        rates = [mean(by[system, snr_db, clip]["kbps"] for clip in clips) for system in (WAVEFORM, FLAT, SIREN)]
        ours = mean(by[SIREN, snr_db, clip]["kbps"] / by[WAVEFORM, snr_db, clip]["kbps"] for clip in clips)
        cells = [f"{snr_db:g}", f"{len(clips)}", *(f"{rate:.2f}" for rate in rates), f"{ours:.2f}"]
        there = WAVEFORM_THERE[snr_db]
        lines.append([*cells, f"{theirs:.2f}", f"{there:.2f}", f"{theirs / there:.2f}"])
    return markdown(table(header, lines))


if __name__ == "__main__":
    measure()
