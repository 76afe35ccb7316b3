"""A small folder laid out as NSynth is: `nsynth-train/examples.json` beside `audio/*.wav`, notes of sines."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

FLAGS = ("bright", "dark", "distortion", "fast_decay", "long_release")
FLAGS += ("multiphonic", "nonlinear_env", "percussive", "reverb", "tempo-synced")
RATE = 16000


def note_name(family: str, instrument: int, pitch: int, velocity: int = 100) -> str:
    return f"{family}_acoustic_{instrument:03d}-{pitch:03d}-{velocity:03d}"


def note_facts(name: str, *qualities: str, **changes: Any) -> dict[str, Any]:
    """The facts that NSynth's list states of a note, without those that do not matter here."""
    instrument, pitch, velocity = name.rsplit("-", 2)
    facts = {
        "note_str": name,
        "pitch": int(pitch),
        "velocity": int(velocity),
        "sample_rate": RATE,
        "qualities": [int(flag in qualities) for flag in FLAGS],
        "qualities_str": list(qualities),
        "instrument_str": instrument,
        "instrument_family_str": name.partition("_")[0],
        "instrument_source_str": "acoustic",
    }
    return {key: value for key, value in (facts | changes).items() if value is not None}


def write_note(folder: Path, name: str, *, seconds: float = 0.25) -> None:
    """Write the recording of a note: a decaying sine of its pitch."""
    pitch = int(name.rsplit("-", 2)[1])
    t = np.arange(round(seconds * RATE)) / RATE
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    wave = 0.5 * np.exp(-3 * t) * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t)
    soundfile.write(folder / "audio" / f"{name}.wav", wave, RATE, subtype="PCM_16")


def write_nsynth(folder: Path, notes: dict[str, dict[str, Any]], *, part: str = "train") -> Path:
    """Write a part of NSynth with these notes; returns the folder of the part."""
    inner = folder / f"nsynth-{part}"
    for name in notes:
        write_note(inner, name)
    inner.mkdir(parents=True, exist_ok=True)
    (inner / "examples.json").write_text(json.dumps(notes))
    return inner


def plain_notes(*cells: tuple[str, int, int]) -> dict[str, dict[str, Any]]:
    """Notes without qualities: (family, pitch, how many instruments) each."""
    names = [note_name(family, k, pitch) for family, pitch, count in cells for k in range(count)]
    return {name: note_facts(name) for name in names}
