"""EnCodec (Défossez et al. 2022), where the user has installed it and its weights; nothing is ever downloaded.

Written from the sources of encodec 0.1.1 and tried with a stand-in for the package only: neither package nor weights
were at hand. The package loads the weights itself, with `torch.load`. They are licensed CC-BY-NC 4.0.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ligeia.bench.codec import Usage
from ligeia.bench.learned import measured, package, versions, weights, write_tensor
from ligeia.bench.settings import one_of
from ligeia.bench.wave import check_channels, shape_of

MODEL, WEIGHTS, RATE = "encodec_24khz", "encodec_24khz-d7cc33bc.th", 24000
BANDWIDTHS = ("1.5", "3", "6", "12", "24")
"""Rates of the 24 kHz model in kbit/s."""
HEAD_BYTES = 9
"""Magic, version and length of the header that follows (`encodec/binary.py`)."""


@dataclass(frozen=True)
class EncodecCodec:
    """The 24 kHz model at one bandwidth, without its language model; mono (see `Codec`)."""

    setting: str
    family: str = "encodec"
    suffix: str = ".ecdc"
    lossless: bool = False

    def version(self) -> str:
        """Package and weights."""
        _compressing()
        return f"{versions('encodec', 'torch')}; {WEIGHTS}, {self.setting} kbit/s, no language model"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode; resampling to 24 kHz and loading the model are part of the time."""
        check_channels("encodec's 24 kHz model", shape_of(wav), 1)
        compressing = _compressing()
        return measured("encodec", lambda: _encode(compressing, float(self.setting), wav, encoded))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to 24 kHz; loading the model is part of the time."""
        compressing = _compressing()
        return measured("encodec", lambda: _decode(compressing, encoded, wav))

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes after the header."""
        data = encoded.read_bytes()
        return len(data) - HEAD_BYTES - int.from_bytes(data[5:9], "big") if data[:4] == b"ECDC" else None


def encodec(setting: str) -> EncodecCodec:
    """EnCodec at a bandwidth in kbit/s."""
    return EncodecCodec(one_of("encodec", setting, BANDWIDTHS))


def weights_path() -> Path:
    """Where torch.hub keeps the weights."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home, "hub", "checkpoints", WEIGHTS).expanduser()


def _compressing() -> Any:
    compressing = package("encodec.compress", "encodec")
    weights("encodec", weights_path())  # the package would download them
    return compressing


def _encode(compressing: Any, bandwidth: float, wav: Path, encoded: Path) -> None:
    import torch

    from ligeia.audio.reading import read_audio
    from ligeia.audio.resample import resample

    model = compressing.MODELS[MODEL]()
    model.set_target_bandwidth(bandwidth)
    samples = torch.from_numpy(resample(read_audio(wav), RATE).samples.copy())
    encoded.write_bytes(compressing.compress(model, samples, use_lm=False))


def _decode(compressing: Any, encoded: Path, wav: Path) -> None:
    samples, rate, *_ = compressing.decompress(encoded.read_bytes())
    write_tensor(wav, samples, rate)
