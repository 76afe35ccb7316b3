"""The script that makes the model files: what it learns is what the codec then uses."""

from pathlib import Path

import numpy as np
import soundfile
from safetensors.numpy import load

from ligeia.codec.transform.context_model import PRECISION, Model
from ligeia.codec.transform.entropy import Meter
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.syntax import code_spectra
from training.lapped import coded
from training.lapped_contexts import blank, counted, train
from training.sounds import DEV_SPEECH, music, speaker, speech


def recordings(folder: Path) -> Path:
    """A folder of made sounds with the names of recordings."""
    random = np.random.default_rng(0)
    for name in ("speech/ls_clean_1-2-0000", "speech/ls_clean_103-9-0000", "music/piece", "music/max_piano"):
        path = folder / f"{name}.flac"
        path.parent.mkdir(exist_ok=True)
        time = np.arange(3 * 16000) / 16000
        tone = np.sin(2 * np.pi * 220 * time) * np.exp(-(time % 0.5) * 6)
        soundfile.write(path, (0.3 * tone + 0.003 * random.standard_normal(len(time))).astype(np.float32), 16000)
    return folder


def test_what_results_are_told_by_is_never_learned_from(tmp_path: Path) -> None:
    data = recordings(tmp_path)
    assert speaker(DEV_SPEECH[0]) == "103"
    assert len(list(speech(data))) == 1
    assert len(list(music(data))) == 1


def test_counts_sum_and_are_never_0() -> None:
    counts = counted(np.array([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]))
    assert (counts.sum(axis=1) == 1 << PRECISION).all()
    assert counts.min() >= 1


def test_a_trained_model_expects_what_comes(tmp_path: Path) -> None:
    sounds = [coded(audio, BY_NAME["speech"], 0.02, 5.0) for audio in speech(recordings(tmp_path))]
    arrays, bits = train(sounds, hidden=8, steps=200)
    assert bits["weights"] < 1.0
    grid, steps, numbers = sounds[0]

    def cost(model: Model) -> float:
        meter = Meter(len(steps))
        code_spectra(meter, grid, steps, model, numbers)
        return float(meter.bits.sum())

    untrained = {name: np.zeros_like(value) for name, value in arrays.items() if ".table" not in name}
    tables = {name: blank("x", 1, value.shape[1], ())["x.table"] for name, value in arrays.items() if ".table" in name}
    flat = Model.from_arrays(untrained | tables | {"splits": arrays["splits"]})
    assert cost(Model.from_arrays(arrays)) < cost(flat) / 2


def test_shipped_models_are_small_and_whole_numbers() -> None:
    folder = Path(__file__).parent.parent / "src/ligeia/codec/transform"
    for name in ("speech", "music", "waveform"):
        data = (folder / f"{name}.safetensors").read_bytes()
        assert len(data) < 40_000
        assert all(np.issubdtype(value.dtype, np.integer) for value in load(data).values())
