"""Sets of sounds of the studies on families: those of Zuiderveld 2021, section 5.5, from what recordings there are.

LIGEIA_DATA names the folder of recordings: `notes`, `keywords` and `digits` at the laptop's size, `nsynth` and
`speech_commands` (each as it is published) at that of the paper. Where the laptop's are missing a study still runs, on
notes and words that this module makes, and the rows say so.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.datasets.labels import WORDS
from ligeia.datasets.layouts import data_folder
from ligeia.errors import InputError
from ligeia.latent.material import DataSettings, Material, Recording, read_material

SETS: dict[str, dict[str, DataSettings]] = {
    "laptop": {
        "keyboard": DataSettings(folder=Path("notes"), families=("keyboard",), balanced=("pitch",)),
        "diverse": DataSettings(folder=Path("notes"), selection="diverse"),
        "keywords": DataSettings(folder=Path("keywords"), selection="keywords", unseen_by="speaker"),
        "digits": DataSettings(folder=Path("digits"), selection="digits", rate=8000, unseen_by="speaker"),
    },
    "paper": {
        "keyboard": DataSettings(folder=Path("nsynth"), selection="keyboard", items=1024),
        "diverse": DataSettings(folder=Path("nsynth"), selection="diverse", items=1024),
        "keywords": DataSettings(folder=Path("speech_commands"), selection="keywords", items=1024),
    },
}
"""Settings of the sets, by size and name. The laptop's keyboards are of all pitches: only seven of ours lie in the
thesis's range."""
MADE_ITEMS = 24
"""Made sounds where no number is asked for."""


def settings_of(name: str, size: str = "laptop") -> DataSettings:
    """Return the settings of a set.

    Raises:
        InputError: there is none of this name at this size.
    """
    if name not in SETS[size]:
        raise InputError(f"unknown set {name!r}; there are: {', '.join(SETS[size])}")
    return SETS[size][name]


def material_of(name: str, size: str = "laptop", *, items: int | None = None, seed: int = 0) -> tuple[Material, str]:
    """Return a set of sounds, and whether they are "recorded" or "made"; `items` at most, if there are more.

    Raises:
        InputError: there is no such set, or its recordings cannot be used; at the paper's size, are missing.
    """
    settings = replace(settings_of(name, size), seed=seed)
    folder = data_folder()
    recorded = folder is not None and settings.folder is not None and (folder / settings.folder).is_dir()
    if size == "laptop" and not recorded:
        return _made(name, replace(settings, items=items or MADE_ITEMS)), "made"
    whole = read_material(settings if size == "laptop" or items is None else replace(settings, items=items))
    if items is None or len(whole) <= items:
        return whole, "recorded"
    return read_material(replace(settings, items=items)), "recorded"


def _made(name: str, settings: DataSettings) -> Material:
    """Return made sounds: notes of three kinds of instruments, or buzzes with two resonances that begin anywhere."""
    assert settings.items is not None
    random = np.random.default_rng([settings.seed, len(name)])
    t = np.arange(settings.samples) / settings.rate
    waves, items = [], []
    for number in range(settings.items):
        if name in ("keyboard", "diverse"):
            family = ("keyboard", "guitar", "mallet")[number % 3] if name == "diverse" else "keyboard"
            pitch = int(random.integers(36, 85))
            waves.append(_note(t, pitch, family, random))
            items.append(Recording(name=f"made_{name}_{number:03d}", label=family, family=family, pitch=pitch))
        else:
            waves.append(_word(t, number % len(WORDS), random))
            items.append(Recording(name=f"made_{name}_{number:03d}", label=WORDS[number % len(WORDS)]))
    return Material(
        waveforms=np.stack(waves).astype(np.float32),
        items=tuple(items),
        gains=np.ones(settings.items, np.float32),
        settings=settings,
        left_out={},
        changed=Counter(),
        others=Counter(),
    )


def _note(t: NDArray[np.float64], pitch: int, family: str, random: np.random.Generator) -> NDArray[np.float64]:
    """Return partials that decay, the higher the sooner, after an attack of 5 ms."""
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    slope, decay, count = {"keyboard": (1.2, 2.0, 12), "guitar": (0.8, 3.0, 16), "mallet": (2.0, 6.0, 4)}[family]
    wave = np.zeros_like(t)
    for partial in range(1, count + 1):
        if partial * hertz < 0.45 / (t[1] - t[0]):
            size = partial**-slope * np.exp(-decay * (1 + 0.2 * partial) * t)
            wave += size * np.sin(2 * np.pi * partial * hertz * t + random.uniform(0, 2 * np.pi))
    return np.asarray(0.3 * wave * np.minimum(t / 0.005, 1))


def _word(t: NDArray[np.float64], word: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return a voiced sound of its own two resonances, somewhere in the second, above a little noise."""
    hertz, begin = random.uniform(90, 220), random.uniform(0.1, 0.45)
    resonances = 300 + 60 * word, 1000 + 130 * ((3 * word) % 10)
    wave = np.zeros_like(t)
    for partial in range(1, int(3500 // hertz)):
        size = sum(np.exp(-(((partial * hertz - centre) / 150) ** 2)) for centre in resonances)
        wave += size * np.sin(2 * np.pi * partial * hertz * t + random.uniform(0, 2 * np.pi))
    shape = np.exp(-(((t - begin - 0.15) / 0.1) ** 2))
    return np.asarray(0.1 * wave * shape + 0.001 * random.standard_normal(len(t)))
