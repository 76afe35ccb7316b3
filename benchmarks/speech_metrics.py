"""The preset "speech" on speakers that nothing has learned from: scores by rate, beside the peers' and its former ones.

The peers' rows, and those of the preset before scale factors of empty bands were chosen for the level of the noise, are
`results/peers`: the same clips, of which the same ten seconds count.

"""

import numpy as np

import ligeia
from benchmarks.low_rates import sound_of
from benchmarks.rows import DATA, Rows
from ligeia.datasets.suite import Clip, read_suite
from ligeia.records.journal import Row

SUITE, SECONDS = "unseen_speech", 10
KBPS = (8.0, 12.0, 16.0, 24.0, 25.6, 32.0)
SCORES = ("pesq_wb", "visqol_speech", "stoi", "snr", "mel_distance")


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("speech_metrics")
    for kbps in KBPS:
        for clip in read_suite(SUITE, DATA):
            key = {"benchmark": "speech_metrics", "system": "ligeia:speech", "kbps": kbps, "clip": clip.name}
            rows.add_once(key, lambda kbps=kbps, clip=clip: quality(kbps, clip))


def quality(kbps: float, clip: Clip) -> Row:
    """Return rate and scores of a clip."""
    whole = sound_of(clip)
    audio = ligeia.Audio(np.ascontiguousarray(whole.samples[:, : SECONDS * whole.rate]), whole.rate)
    stream = ligeia.encode(audio, "speech", kbps=kbps)
    scores = ligeia.score(reference=audio, estimate=ligeia.decode(stream).render(), metrics=SCORES, align=False)
    return {
        "stream_kbps": len(stream) * 8 / audio.seconds / 1000,
        "metrics": {name: scores[name] for name in SCORES},
    }


if __name__ == "__main__":
    run()
