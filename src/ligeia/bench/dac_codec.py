"""DAC (Kumar et al. 2023), where the user has installed it and its weights; nothing is ever downloaded.

Written from the sources of descript-audio-codec 1.0.0 and tried with a stand-in for the package only: neither package
nor weights were at hand. The package loads the weights itself, with `torch.load`.

Its own files keep every code of 10 bits in 16, pickled; ours hold the same codes at 10 bits after a line of JSON.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ligeia.bench.codec import Usage
from ligeia.bench.learned import measured, package, versions, weights, write_tensor
from ligeia.bench.settings import one_of

DISTRIBUTION = "descript-audio-codec"
WEIGHTS = {
    "16khz": "weights_16khz_8kbps_0.0.5.pth",
    "24khz": "weights_24khz_8kbps_0.0.4.pth",
    "44khz": "weights_44khz_8kbps_0.0.1.pth",
}
BITS = 10
"""Of a code: the books have 1024 entries."""
FACTS = ("chunk_length", "original_length", "channels", "sample_rate", "padding", "dac_version")
"""What a `DACFile` knows beside its codes and its loudness."""


@dataclass(frozen=True)
class DacCodec:
    """One of the models, with all its code books (see `Codec`)."""

    setting: str
    family: str = "dac"
    suffix: str = ".dac10"
    lossless: bool = False

    def version(self) -> str:
        """Package and weights."""
        self._package()
        return f"{versions(DISTRIBUTION, 'torch')}; {WEIGHTS[self.setting]}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode; loading the model is part of the time."""
        dac = self._package()
        return measured("dac", lambda: encoded.write_bytes(packed(self._model(dac).compress(str(wav)))))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to the original rate; loading the model is part of the time."""
        dac = self._package()

        def work() -> None:
            signal = self._model(dac).decompress(unpacked(encoded.read_bytes(), dac))
            write_tensor(wav, signal.audio_data[0], signal.sample_rate)

        return measured("dac", work)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes after the line of JSON."""
        return len(encoded.read_bytes().partition(b"\n")[2])

    def _package(self) -> Any:
        dac = package("dac", DISTRIBUTION)
        weights("dac", self._path())
        return dac

    def _model(self, dac: Any) -> Any:
        return dac.DAC.load(str(self._path()))

    def _path(self) -> Path:
        return Path.home() / ".cache" / "descript" / "dac" / WEIGHTS[self.setting]


def dac(setting: str) -> DacCodec:
    """DAC with one of its models."""
    return DacCodec(one_of("dac", setting, WEIGHTS))


def packed(file: Any) -> bytes:
    """A `DACFile` as bytes: a line of JSON, then the codes at 10 bits each."""
    codes = file.codes.cpu().numpy().astype(np.int64)
    facts = {name: getattr(file, name) for name in FACTS}
    facts |= {"shape": codes.shape, "input_db": np.asarray(file.input_db.cpu()).tolist()}
    bits = (codes.reshape(-1, 1) >> np.arange(BITS)) & 1
    return json.dumps(facts).encode() + b"\n" + np.packbits(bits.astype(np.uint8)).tobytes()


def unpacked(data: bytes, dac: Any) -> Any:
    """The `DACFile` again."""
    import torch

    head, _, body = data.partition(b"\n")
    facts = json.loads(head)
    shape, loudness = facts.pop("shape"), facts.pop("input_db")
    bits = np.unpackbits(np.frombuffer(body, np.uint8))[: BITS * int(np.prod(shape))].reshape(-1, BITS)
    codes = torch.from_numpy((bits.astype(np.int64) << np.arange(BITS)).sum(axis=1).reshape(shape))
    return dac.DACFile(codes=codes, input_db=torch.tensor(loudness), **facts)
