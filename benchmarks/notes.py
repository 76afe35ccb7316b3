"""The family of notes that comes with the package, on notes that it has not learned from.

Notes of the pitches that are kept for tests are played with the code of their instrument and dynamic, beside what a
sampler would do: the nearest note that was learned from, resampled to the pitch. And they are embedded, as are
instruments of which nothing was learned.
"""

from functools import lru_cache
from math import isfinite
from statistics import mean

import numpy as np

import ligeia
from benchmarks.rows import DATA, Rows
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.finding import find_family
from ligeia.codec.family.model import FamilyModel
from ligeia.dsp.partials import find_partials
from ligeia.latent.partials.embedding import embed_note
from ligeia.latent.partials.learning import CONFIGURATION, read_notes_config
from ligeia.latent.partials.material import Note, NoteData, find_notes, loudest_rms, read_note
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

MODEL = "notes"
SCORES = ("mr_stft", "mel_distance", "lsd_sr", "visqol_audio")
SECONDS = 0.98
"""Duration of each note: recordings then fade out."""
OTHERS = {"harp": "notes/harp_*", "a second piano": "notes/piano_salamander_*"}
"""Instruments of which nothing was learned."""
PLAYED, SAMPLER, EMBEDDED = "played", "nearest note, resampled", "embedded"
GOAL_DB = 10.0


def run() -> None:
    """Add the rows that are missing."""
    rows, family = Rows("notes"), find_family(MODEL)
    notes, others = unseen_notes()
    for note in notes:
        for way in (PLAYED, SAMPLER, EMBEDDED):
            add(rows, family, note, way)
    for note in others:
        add(rows, family, note, EMBEDDED)


def add(rows: Rows, family: FamilyModel, note: Note, way: str) -> None:
    """Add the row of a note that was made in some way."""
    key = {"benchmark": "notes", "note": note.name, "way": way}
    rows.add_once(key, lambda: measured(family, note, way) | {"instrument": note.instrument})


@lru_cache(maxsize=1)
def data() -> NoteData:
    """Return the settings with which the model's recordings are found."""
    settings = read_notes_config(CONFIGURATION).data
    return NoteData(folder=DATA, instruments=settings.instruments, unseen_every=settings.unseen_every)


@lru_cache(maxsize=1)
def learned_notes() -> list[Note]:
    """Return the notes that the model has learned from."""
    return [note for note in find_notes(data()) if not data().unseen(note.midi)]


def unseen_notes() -> tuple[list[Note], list[Note]]:
    """Return the notes of learned instruments that were kept for tests, and those of other instruments."""
    voices = {note.voice for note in learned_notes()}
    kept = [note for note in find_notes(data()) if data().unseen(note.midi) and note.voice in voices]
    return kept, find_notes(NoteData(folder=DATA, instruments=OTHERS))


def measured(family: FamilyModel, note: Note, way: str) -> Row:
    """Return the scores of a note that was made in some way."""
    sound = read_note(note, family.rate)
    facts: Row = {}
    if way == SAMPLER:
        estimate = resampled_neighbour(note, sound, family.rate)
    elif way == PLAYED:
        code = family.codes[family.names.index(note.voice)]
        estimate = rendered(family, Member(code, 1.0, pitch_of(note, sound, family.rate)), len(sound))
    else:
        embedded = embed_note(family, sound, note.midi)
        facts = {"si_snr": embedded.si_snr_db, "numbers": embedded.numbers, "seconds": embedded.seconds}
        estimate = rendered(family, embedded.member, len(sound))
    count = round(SECONDS * family.rate)
    pair = [ligeia.Audio(0.1 * part[None, :count] / loudest_rms(part, family.rate), family.rate)
            for part in (sound, estimate)]  # fmt: skip
    scores = ligeia.score(reference=pair[0], estimate=pair[1], metrics=SCORES, align=False)
    return {"metrics": {name: value if isfinite(value := scores[name]) else None for name in SCORES}, **facts}


def rendered(family: FamilyModel, member: Member, count: int) -> np.ndarray:
    """Return the samples of a member."""
    layout = one_member_layout(family, count / family.rate)
    return member_inr(family, [member], layout).render().samples[0].astype(np.float64)


def resampled_neighbour(note: Note, sound: np.ndarray, rate: int) -> np.ndarray:
    """Return the nearest learned note of the same voice at the pitch of a note, and its mirror image behind its end."""
    same = [other for other in learned_notes() if other.voice == note.voice]
    nearest = min(same, key=lambda other: (abs(other.midi - note.midi), -other.midi))
    samples = read_note(nearest, rate)
    ratio = 2 ** ((pitch_of(note, sound, rate) - pitch_of(nearest, samples, rate)) / 12)
    played = ligeia.resample(ligeia.Audio(samples[None].astype(np.float32), round(rate * ratio)), rate).samples[0]
    whole = round(min(SECONDS * rate, len(played) - 1))
    return np.pad(played[:whole].astype(np.float64), (0, len(sound)), "reflect")[: len(sound)]


def pitch_of(note: Note, sound: np.ndarray, rate: int) -> float:
    """Return the pitch of a recording, as it is measured."""
    partials = find_partials(sound, rate, note.midi)
    return float(partials.pitch + 12 * np.log2(np.median(partials.ratio)))


# --- tables -------------------------------------------------------------------------------------------


def notes_table() -> str:
    """Return means over notes: of kept pitches way by way, and of other instruments."""
    lines = []
    for group in grouped(Rows("notes").rows, _material, "way"):
        goals = [row["si_snr"] for row in group if "si_snr" in row]
        scores = [fixed(_mean(group, name), decimals(METRICS[name])) for name in SCORES]
        found = [f"{mean(goals):.1f}", f"{mean(value >= GOAL_DB for value in goals):.0%}"] if goals else ["", ""]
        lines.append([_material(group[0]), group[0]["way"], str(len(group)), *scores, *found])
    header = ["notes", "made by", "notes", *(heading(METRICS[name]) for name in SCORES), "SI-SNR dB", "10 dB or more"]
    return markdown(table(header, lines, (0, 1))) if lines else ""


def instruments_table() -> str:
    """Return means over notes of each instrument: played beside the sampler, and embedded."""
    lines = []
    for group in grouped(Rows("notes").rows, "instrument"):
        cells = [group[0]["instrument"]]
        for way in (PLAYED, SAMPLER, EMBEDDED):
            made = [row for row in group if row["way"] == way]
            cells.append(fixed(_mean(made, "visqol_audio"), 2) if made else "")
        embedded = [row for row in group if row["way"] == EMBEDDED]
        cells += [fixed(mean(row["si_snr"] for row in embedded), 1), fixed(max(r["seconds"] for r in embedded), 1)]
        lines.append([cells[0], str(len(embedded)), *cells[1:]])
    header = ["instrument", "notes", f"ViSQOL {PLAYED}", SAMPLER, EMBEDDED, "SI-SNR dB", "seconds at most"]
    return markdown(table(header, lines)) if lines else ""


def _mean(rows: list[Row], name: str) -> float:
    return mean(value for row in rows if (value := row["metrics"][name]) is not None)


def _material(row: Row) -> str:
    return "instruments not learned" if row["instrument"] in OTHERS else "pitches not learned"
