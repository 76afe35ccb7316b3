"""A made example of ratings: tones with more and more noise, rated in that order, and their recordings."""

import csv
from pathlib import Path

import numpy as np
import soundfile

RATE = 16000
NOISE = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Standard deviation of the noise of each setup; the rating falls by 2 from one to the next."""


def write_rated_tones(folder: Path, sets: tuple[str, ...] = ("keyboard", "diverse", "keywords")) -> Path:
    """Write recordings and `ratings.csv` into a folder, and return the path of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, name in enumerate(sets):
        random = np.random.default_rng(number)
        clean = 0.4 * np.sin(2 * np.pi * (220 + 110 * number) * np.arange(RATE // 4) / RATE)
        soundfile.write(folder / f"{name}.wav", clean, RATE, subtype="FLOAT")
        for place, level in enumerate(NOISE):
            estimate = f"{name}_{place}.wav"
            soundfile.write(
                folder / estimate, clean + level * random.standard_normal(len(clean)), RATE, subtype="FLOAT"
            )
            ratings = {"overall": 9 - 2 * place, "quality": (9, 5, 7, 3, 1)[place], "noise": 2 * place}
            rows.append(
                {"set": name, "setup": f"setup {place}", **ratings, "reference": f"{name}.wav", "estimate": estimate}
            )
    with (folder / "ratings.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "ratings.csv"
