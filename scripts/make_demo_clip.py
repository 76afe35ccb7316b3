"""Makes the sounds under examples/: our own, so that they can be shipped and changed freely.

    .venv/bin/python scripts/make_demo_clip.py

examples/demo.flac (22.05 kHz, mono, 6 s): a sentence spoken by the free speech synthesiser espeak-ng (it
must be on the PATH) over a short tune of plucked strings. examples/pluck_stereo.flac (44.1 kHz, stereo,
2.5 s): the strings alone. examples/noisy_memo.flac (22.05 kHz, mono): two spoken sentences in hiss and hum.
examples/clipped_memo.flac: the same sentences, clipped, with two dropouts.

The strings are sums of damped, slightly stretched harmonics; the melody was written for this file. Nothing is
random except the noise of the plucking finger and the hiss, which are seeded, so the same versions give the
same samples.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SENTENCE = "Ligeia. A recording becomes a function of time."
MEMO = "Note to myself: call the piano tuner before Thursday. And ask her about the squeaking pedal, too."
PEAK = 0.8
Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    """One plucked string."""

    start: float
    """Seconds from the beginning of the clip."""
    pitch: int
    """MIDI number; 69 is A4 at 440 Hz."""
    loudness: float = 1.0
    pan: float = 0.0
    """-1 is left, 1 is right; a mono clip ignores it."""


# E minor: an arpeggio climbs, two bass notes carry the sentence with soft answers, the arpeggio ends it.
TUNE = [
    Note(0.00, 52, 0.9),
    Note(0.24, 59, 0.6),
    Note(0.48, 64, 0.7),
    Note(0.72, 67, 0.8),
    Note(0.96, 71, 0.7),
    Note(1.44, 48, 0.8),
    Note(1.80, 55, 0.4),
    Note(2.16, 64, 0.4),
    Note(2.88, 50, 0.7),
    Note(3.24, 57, 0.4),
    Note(3.60, 66, 0.4),
    Note(4.20, 52, 0.9),
    Note(4.40, 64, 0.7),
    Note(4.60, 67, 0.8),
    Note(4.80, 71, 0.8),
    Note(5.00, 76, 0.6),
]
STEREO_TUNE = [
    Note(0.00, 45, 0.9, 0.0),
    Note(0.18, 57, 0.6, -0.7),
    Note(0.36, 64, 0.7, 0.6),
    Note(0.54, 69, 0.8, -0.4),
    Note(0.72, 73, 0.8, 0.7),
    Note(0.90, 76, 0.7, -0.6),
    Note(1.14, 81, 0.5, 0.3),
]


def pluck(note: Note, rate: int, seconds: float) -> Samples:
    """One string: harmonics k with the spectrum of a string plucked at 0.18 of its length.

    Higher harmonics die sooner and, as the string is stiff, sit a little above k times the pitch.
    """
    time = np.arange(round(seconds * rate)) / rate
    pitch = 440.0 * 2.0 ** ((note.pitch - 69) / 12)
    k = np.arange(1, 41)[:, None]
    frequency = k * pitch * np.sqrt(1 + 8e-5 * k**2)
    k, frequency = k[frequency[:, 0] < 0.42 * rate], frequency[frequency[:, 0] < 0.42 * rate]
    amplitude = np.sin(np.pi * 0.18 * k) / k**1.6
    decay = 0.9 + pitch / 400 + 0.35 * k
    string = (amplitude * np.exp(-decay * time) * np.sin(2 * np.pi * frequency * time)).sum(axis=0)
    finger = np.random.default_rng(note.pitch).normal(size=time.size) * np.exp(-time / 0.004) * 0.04
    return note.loudness * (string + finger) * -np.expm1(-time / 0.0008)


def strings(tune: list[Note], rate: int, seconds: float) -> Samples:
    """The tune as `[2, time]`, each string at its place between left and right."""
    mix = np.zeros((2, round(seconds * rate)))
    for note in tune:
        first = round(note.start * rate)
        sound = pluck(note, rate, seconds - note.start)[: mix.shape[1] - first]
        angle = (note.pan + 1) * np.pi / 4
        mix[:, first : first + sound.size] += np.outer([np.cos(angle), np.sin(angle)], sound)
    return mix


def speech(sentence: str) -> tuple[Samples, int]:
    """The sentence as spoken by espeak-ng, and its rate in Hz."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-p", "42", "-w", file, sentence], check=True)
        samples, rate = soundfile.read(file)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1] / np.abs(samples).max(), rate


def finish(mix: Samples, rate: int) -> Samples:
    """Fades in over 5 ms and out over 0.6 s, and sets the peak."""
    time = np.arange(mix.shape[-1]) / rate
    fade = np.clip(time / 0.005, 0, 1) * np.sin(np.pi / 2 * np.clip((time[-1] - time) / 0.6, 0, 1)) ** 2
    mix = mix * fade
    return PEAK * mix / np.abs(mix).max()


def demo(seconds: float = 6.0, speech_start: float = 1.2) -> tuple[Samples, int]:
    """Strings alone, then strings softly under the sentence, then strings alone again."""
    voice, rate = speech(SENTENCE)
    tune = strings(TUNE, rate, seconds).mean(axis=0)
    tune /= np.abs(tune).max()
    first = round(speech_start * rate)
    if first + voice.size > tune.size:
        raise SystemExit(f"the sentence takes {voice.size / rate:.2f} s and does not fit into {seconds} s")
    spoken = np.zeros_like(tune)
    spoken[first : first + voice.size] = voice
    return finish(0.55 * tune + 0.8 * spoken, rate), rate


def memo() -> tuple[Samples, int]:
    """The memo in a quiet room, half a second before and after it: espeak-ng's own pauses are exact zeros."""
    voice, rate = speech(MEMO)
    spoken = np.pad(0.5 * voice, rate // 2)
    return spoken + 2e-4 * np.random.default_rng(2).normal(size=spoken.size), rate


def noisy(clean: Samples, rate: int, snr_db: float = 6.0) -> Samples:
    """The memo in a steady hiss, louder at low frequencies, and mains hum with three harmonics."""
    random = np.random.default_rng(1)
    hertz = np.fft.rfftfreq(clean.size, 1 / rate)
    hiss = np.fft.irfft(np.fft.rfft(random.normal(size=clean.size)) / np.sqrt(1 + hertz / 800), clean.size)
    time = np.arange(clean.size) / rate
    hum = sum(np.sin(2 * np.pi * 50 * k * time + k) / k for k in (1, 2, 3, 5))
    noise = hiss / hiss.std() + 0.5 * hum
    return clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)


def clipped(clean: Samples, rate: int) -> Samples:
    """The memo as a recorder with too much gain keeps it, with two dropouts of 12 ms."""
    damaged = np.clip(2.6 * clean, -0.6, 0.6)
    for start in (1.37, 3.05):
        damaged[round(start * rate) : round((start + 0.012) * rate)] = 0
    return damaged


def main() -> None:
    EXAMPLES.mkdir(exist_ok=True)
    mono, rate = demo()
    soundfile.write(EXAMPLES / "demo.flac", mono, rate, subtype="PCM_16")
    stereo = finish(strings(STEREO_TUNE, 44_100, 2.5), 44_100)
    soundfile.write(EXAMPLES / "pluck_stereo.flac", stereo.T, 44_100, subtype="PCM_16")
    clean, rate = memo()
    soundfile.write(EXAMPLES / "noisy_memo.flac", noisy(clean, rate), rate, subtype="PCM_16")
    soundfile.write(EXAMPLES / "clipped_memo.flac", clipped(clean, rate), rate, subtype="PCM_16")
    for file in sorted(EXAMPLES.glob("*.flac")):
        print(f"{file.relative_to(EXAMPLES.parent)}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
