"""Streams of codes: bytes of a member of a family, and what rounding its code costs.

Notes that the shipped family has not learned from are embedded, and stored with steps of every size; and once with the
steps that `ligeia embed` chooses. A row has the SI-SNR of the stream against the recording beside that of the code as
it was found.
"""

from statistics import mean

import numpy as np

import ligeia
from benchmarks.notes import read_note, unseen_notes
from benchmarks.rows import Rows
from ligeia.codec.family.codes import Member, stored_numbers
from ligeia.codec.family.encode import member_inr, member_stream
from ligeia.codec.family.finding import find_family
from ligeia.codec.family.members import layout_of
from ligeia.codec.family.model import FamilyModel
from ligeia.latent.embedding import embed_family
from ligeia.latent.partials.embedding import embed_note
from ligeia.metrics.waveform import si_sdr
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

MODEL, NAME = "notes", "family_codes"
PRECISIONS = (4, 6, 8, 10, 12, 14, 16, 20, 24)
EVERY = 20
"""One in so many is taken of the notes kept for tests, and of those of instruments that were not learned."""
CHOSEN = "as chosen"


def run() -> None:
    """Add the rows that are missing."""
    rows, family = Rows(NAME), find_family(MODEL)
    for note in [note for notes in unseen_notes() for note in notes[::EVERY]]:
        if rows.has(note=note.name, precision=CHOSEN):
            continue
        sound = read_note(note, family.rate)
        member = embed_note(family, sound).member
        exact = member_inr(family, [member], layout_of(family, len(sound))).render().samples[0]
        best = si_sdr(reference=sound, estimate=exact, rate=family.rate)
        for precision in PRECISIONS:
            rows.add_once({"note": note.name, "precision": precision}, lambda p=precision, m=member, s=sound, b=best: (
                stored(family, m, s, p) | {"exact_si_snr": b}
            ))  # fmt: skip
        embedded = embed_family(ligeia.Audio(sound[None].astype(np.float32), family.rate), family)
        facts = measured(family, embedded.stream, sound) | {"numbers": embedded.numbers, "exact_si_snr": best}
        rows.add({"note": note.name, "precision": CHOSEN, "chosen": embedded.precision, **facts})


def stored(family: FamilyModel, member: Member, sound: np.ndarray, precision: int) -> Row:
    """Return facts of a member stored with this precision."""
    stream = member_stream(family, [member], layout_of(family, len(sound)), precision)
    numbers = stored_numbers(family, member.code, precision) + 2
    return measured(family, stream, sound) | {"numbers": numbers}


def measured(family: FamilyModel, stream: bytes, sound: np.ndarray) -> Row:
    """Return bytes, seconds and SI-SNR of a stream."""
    estimate = ligeia.decode(stream).render().samples[0]
    quality = si_sdr(reference=sound, estimate=estimate, rate=family.rate)
    facts = {"bytes": len(stream), "sound_seconds": len(sound) / family.rate, "si_snr": quality}
    return facts | {"model": str(family.id), "model_bytes": family.size}


def codes_table() -> str:
    """Return means over notes for each precision."""
    lines = []
    rows = Rows(NAME).rows
    for group in sorted(
        grouped(rows, "precision"), key=lambda rows: (rows[0]["precision"] == CHOSEN, rows[0]["bytes"])
    ):
        loss = [row["exact_si_snr"] - row["si_snr"] for row in group]
        a_second = mean(row["bytes"] / row["sound_seconds"] for row in group)
        numbers = mean(row["numbers"] / row["sound_seconds"] for row in group)
        first = group[0]["precision"]
        step = f"{2 ** (-first / 2):.3g}" if first != CHOSEN else CHOSEN
        quality = f"{mean(row['si_snr'] for row in group):.2f}"
        lines.append([step, f"{numbers:.0f}", f"{a_second:.0f}", quality, f"{mean(loss):.2f}", f"{max(loss):.2f}"])
    header = ["step / spread", "numbers a second", "bytes a second", "SI-SNR dB", "mean loss dB", "largest loss dB"]
    return markdown(table(header, lines)) if lines else ""
