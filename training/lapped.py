"""Makes the model files of the lapped codec: `python -m training.lapped shaped|plain --data DIR -o FILE.safetensors`.

"shaped" is for the profiles with levels (speech, music), "plain" for the one without (waveform). Two to five minutes on
one core. The same data, seed and versions give the same file on the same machine.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ligeia.audio.signal import Audio
from ligeia.codec.lapped.encoder import LappedEncoder
from ligeia.codec.lapped.profiles import PROFILES
from ligeia.codec.lapped.traversal import Grid, Numbers
from training.lapped_contexts import train
from training.sounds import music, speech

STEPS = {"shaped": (95, 105, 115, 125), "plain": (235, 255, 275, 295)}
"""Exponents of steps that are learned, one drawn for each recording: about 8 to 64 kbit/s of speech."""
PROFILE_OF = {"shaped": (1, 2), "plain": (0, 0)}
"""Of speech and of music."""
FRAME_SECONDS = (0.02, 0.0464)
DEAD = 0.06

Coded = tuple[Grid, NDArray[np.integer], Numbers]


def coded_sounds(kind: str, data: Path, seed: int = 0) -> Iterator[Coded]:
    """All recordings as the codec quantises them."""
    random = np.random.default_rng(seed)
    for number, audios in enumerate((speech(data), music(data))):
        for audio in audios:
            step = int(random.choice(STEPS[kind]))
            yield coded(audio, PROFILE_OF[kind][number], FRAME_SECONDS[number], step)


def coded(audio: Audio, profile: int, frame_seconds: float, step: int) -> Coded:
    """One recording in whole numbers."""
    encoder = LappedEncoder(audio, PROFILES[profile], frame_seconds=frame_seconds, dead=DEAD)
    encoder.refine(step)
    found = encoder.coded(step, slice(None))
    return encoder.grid, found.steps, found.numbers


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the context networks of the lapped codec.")
    parser.add_argument("kind", choices=sorted(STEPS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of recordings")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--hidden", type=int, default=32, help="units of the hidden layer")
    parser.add_argument("--steps", type=int, default=4000)
    asked = parser.parse_args()
    arrays, bits = train(coded_sounds(asked.kind, asked.data), hidden=asked.hidden, steps=asked.steps)
    asked.output.write_bytes(save(arrays))
    for name, value in bits.items():
        print(f"{name}: {value:.4f} bits a symbol")


if __name__ == "__main__":
    main()
