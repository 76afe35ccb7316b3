"""Makes the model files of the lapped codec: `python -m training.lapped speech|music|waveform --data DIR -o FILE`.

Each preset has one, `<its name>.safetensors` in `ligeia/codec/lapped`. Five to ten minutes on one core. The same data,
seed and versions give the same file on the same machine.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ligeia.audio.signal import Audio
from ligeia.codec.transform.encode import encoder_for
from ligeia.codec.transform.presets import BY_NAME, LappedPreset, step_at
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import BlockFormat
from training.lapped_contexts import train
from training.sounds import music, speech, voices

SOUNDS = {"speech": (speech, voices), "music": (music,), "waveform": (speech, music)}
"""What each preset learns from."""
QUALITIES = (2.0, 8.0)
"""Each recording is learned from at a quality between these, all alike probable."""

Coded = tuple[BlockFormat, NDArray[np.integer], Spectra]


def coded_sounds(preset: LappedPreset, data: Path, seed: int = 0) -> Iterator[Coded]:
    """All recordings as the codec quantises them, each with one of the durations of superframes, mostly the first."""
    random = np.random.default_rng(seed)
    for sounds in SOUNDS[preset.name]:
        for audio in sounds(data):
            seconds = preset.frame_seconds[min(random.geometric(0.5) - 1, len(preset.frame_seconds) - 1)]
            yield coded(audio, preset, seconds, random.uniform(*QUALITIES))


def coded(audio: Audio, preset: LappedPreset, frame_seconds: float, quality: float) -> Coded:
    """One recording in whole numbers."""
    free = replace(preset, rounding=replace(preset.rounding, lagrangian=0.0))  # what bits cost is not known yet
    encoder = encoder_for(audio, free, frame_seconds)
    step = step_at(preset, quality)
    encoder.refine(step)
    found = encoder.coded(step, slice(None))
    return encoder.layout, found.steps, found.spectra


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the context networks of the lapped codec.")
    parser.add_argument("preset", choices=sorted(SOUNDS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of recordings")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--hidden", type=int, default=32, help="units of the hidden layer")
    parser.add_argument("--steps", type=int, default=24000)
    asked = parser.parse_args()
    arrays, bits = train(coded_sounds(BY_NAME[asked.preset], asked.data), hidden=asked.hidden, steps=asked.steps)
    asked.output.write_bytes(save(arrays))
    for name, value in bits.items():
        print(f"{name}: {value:.4f} bits a symbol")


if __name__ == "__main__":
    main()
