"""RNNoise (Valin, "A hybrid DSP/deep learning approach to real-time full-band speech enhancement", MMSP 2018).

The recurrent network is compiled into the library that the package pyrnnoise brings (extra `denoise`), so that nothing
has to be downloaded. It takes frames of 480 samples at 48 kHz, in the scale of 16-bit numbers, and gives them back
`LAG` samples late. The package's own Python rounds to 16 bits and loads decoders of video; its library is called here
directly, on floating-point numbers.
"""

import ctypes
import importlib.util
from typing import Any

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared
from ligeia.enhance.plugins.checkpoints import part_of_package
from ligeia.enhance.plugins.windows import Mono, prepared_at
from ligeia.errors import MissingExtra

RATE, FRAME = 48000, 480
LAG = 960
"""Samples by which the library's output is late, measured by cross-correlation."""
FULL_SCALE = 32768.0


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make RNNoise ready for `sound`.

    Raises:
        MissingExtra: pyrnnoise is not installed.
        MissingPackage: its library does not load on this machine.
    """
    if importlib.util.find_spec("pyrnnoise") is None:
        raise MissingExtra("pyrnnoise", "denoise")
    library = part_of_package("pyrnnoise", "", "rnnoise", install="pip install --force-reinstall pyrnnoise").lib
    return prepared_at(sound, RATE, lambda samples: run(library, samples))


def run(library: Any, samples: Mono) -> Mono:
    """Return `samples` `[time]` at 48 kHz as the library makes them, in their place."""
    count = len(samples)
    padded = np.zeros(-(-(count + LAG) // FRAME) * FRAME, np.float32)
    padded[:count] = samples * np.float32(FULL_SCALE)
    state = ctypes.c_void_p(library.rnnoise_create(None))
    try:
        for frame in padded.reshape(-1, FRAME):  # rows are views: the library writes in place
            pointer = frame.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            library.rnnoise_process_frame(state, pointer, pointer)
    finally:
        library.rnnoise_destroy(state)
    return padded[LAG : LAG + count] / np.float32(FULL_SCALE)
