"""Learned codecs, where the user has installed them: EnCodec (Défossez et al. 2022) and DAC (Kumar et al. 2023).

Nothing is ever downloaded. Written from the sources of encodec 0.1.1 and descript-audio-codec 1.0.0, and tried with
stand-ins for the packages only: neither packages nor weights were at hand. The packages load the weights themselves,
with `torch.load`; EnCodec's are licensed CC-BY-NC 4.0.

DAC's own files keep every code of 10 bits in 16, pickled; ours hold the same codes at 10 bits after a line of JSON.
"""

import json
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.codec import CodecError, Family, Usage, check_channels, one_of, run_here, shape_of
from ligeia.records.environment import installed_version

ENCODEC_MODEL, ENCODEC_WEIGHTS, ENCODEC_RATE = "encodec_24khz", "encodec_24khz-d7cc33bc.th", 24000
ENCODEC_KBPS = ("1.5", "3", "6", "12", "24")
"""Rates of the 24 kHz model in kbit/s."""
ENCODEC_HEAD = 9
"""Magic, version and length of the header that follows (`encodec/binary.py`)."""
DAC_PACKAGE = "descript-audio-codec"
DAC_WEIGHTS = {
    "16khz": "weights_16khz_8kbps_0.0.5.pth",
    "24khz": "weights_24khz_8kbps_0.0.4.pth",
    "44khz": "weights_44khz_8kbps_0.0.1.pth",
}
DAC_BITS = 10
"""Bits of a code: the codebooks have 1024 entries."""
DAC_FACTS = ("chunk_length", "original_length", "channels", "sample_rate", "padding", "dac_version")
"""Fields of a `DACFile` beside its codes and its loudness."""


def package(module: str, distribution: str, weights: Path) -> Any:
    """A module of a package that the user may have installed, with its file of weights.

    Raises:
        CodecError: it is not installed, does not load, or has no weights: nothing is downloaded.
    """
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        hint = "" if error.name == module.partition(".")[0] else f" completely ({error.name} is missing)"
        raise CodecError(f"{distribution} is not installed{hint}: pip install {distribution}") from error
    except Exception as error:  # old packages fail in many ways beside a new torch
        raise CodecError(f"{distribution} does not load: {' '.join(str(error).split())}") from error
    if not weights.is_file():
        raise CodecError(f"{distribution} has no weights on this machine: {weights} does not exist")
    return loaded


def versions(*distributions: str) -> str:
    """Names and versions of installed distributions."""
    return ", ".join(f"{name} {installed_version(name) or '(unknown version)'}" for name in distributions)


def write_tensor(wav: Path, samples: Any, rate: int) -> None:
    """Write a torch tensor `[channels, time]` as a 32-bit float WAV file."""
    write_audio(wav, Audio(samples.detach().cpu().numpy(), rate), subtype="FLOAT", overwrite=True)


@dataclass(frozen=True)
class EncodecCodec:
    """The 24 kHz model at one bandwidth, without its language model; mono (see `Codec`)."""

    setting: str
    family: str = "encodec"
    suffix: str = ".ecdc"
    lossless: bool = False

    def version(self) -> str:
        """Package and weights."""
        _encodec()
        return f"{versions('encodec', 'torch')}; {ENCODEC_WEIGHTS}, {self.setting} kbit/s, no language model"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode; resampling to 24 kHz and loading the model are part of the time."""
        check_channels("encodec's 24 kHz model", shape_of(wav), 1)
        compressing = _encodec()

        def work() -> None:
            import torch

            model = compressing.MODELS[ENCODEC_MODEL]()
            model.set_target_bandwidth(float(self.setting))
            samples = torch.from_numpy(resample(read_audio(wav), ENCODEC_RATE).samples.copy())
            encoded.write_bytes(compressing.compress(model, samples, use_lm=False))

        return run_here("encodec", work)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to 24 kHz; loading the model is part of the time."""
        compressing = _encodec()

        def work() -> None:
            samples, rate, *_ = compressing.decompress(encoded.read_bytes())
            write_tensor(wav, samples, rate)

        return run_here("encodec", work)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes after the header."""
        data = encoded.read_bytes()
        return len(data) - ENCODEC_HEAD - int.from_bytes(data[5:9], "big") if data[:4] == b"ECDC" else None


def encodec(setting: str) -> EncodecCodec:
    """EnCodec at a bandwidth in kbit/s."""
    return EncodecCodec(one_of("encodec", setting, ENCODEC_KBPS))


def encodec_weights() -> Path:
    """The file in which torch.hub keeps the weights."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home, "hub", "checkpoints", ENCODEC_WEIGHTS).expanduser()


def _encodec() -> Any:
    return package("encodec.compress", "encodec", encodec_weights())  # without weights it would download them


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
        return f"{versions(DAC_PACKAGE, 'torch')}; {DAC_WEIGHTS[self.setting]}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode; loading the model is part of the time."""
        dac = self._package()
        return run_here("dac", lambda: encoded.write_bytes(packed(self._model(dac).compress(str(wav)))))

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to the original rate; loading the model is part of the time."""
        dac = self._package()

        def work() -> None:
            signal = self._model(dac).decompress(unpacked(encoded.read_bytes(), dac))
            write_tensor(wav, signal.audio_data[0], signal.sample_rate)

        return run_here("dac", work)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes after the line of JSON."""
        return len(encoded.read_bytes().partition(b"\n")[2])

    def _package(self) -> Any:
        return package("dac", DAC_PACKAGE, self._path())

    def _model(self, dac: Any) -> Any:
        return dac.DAC.load(str(self._path()))

    def _path(self) -> Path:
        return Path.home() / ".cache" / "descript" / "dac" / DAC_WEIGHTS[self.setting]


def dac(setting: str) -> DacCodec:
    """DAC with one of its models."""
    return DacCodec(one_of("dac", setting, DAC_WEIGHTS))


def packed(file: Any) -> bytes:
    """A `DACFile` as bytes: a line of JSON, then the codes at 10 bits each."""
    codes = file.codes.cpu().numpy().astype(np.int64)
    facts = {name: getattr(file, name) for name in DAC_FACTS}
    facts |= {"shape": codes.shape, "input_db": np.asarray(file.input_db.cpu()).tolist()}
    bits = (codes.reshape(-1, 1) >> np.arange(DAC_BITS)) & 1
    return json.dumps(facts).encode() + b"\n" + np.packbits(bits.astype(np.uint8)).tobytes()


def unpacked(data: bytes, dac: Any) -> Any:
    """The `DACFile` again."""
    import torch

    head, _, body = data.partition(b"\n")
    facts = json.loads(head)
    shape, loudness = facts.pop("shape"), facts.pop("input_db")
    bits = np.unpackbits(np.frombuffer(body, np.uint8))[: DAC_BITS * int(np.prod(shape))].reshape(-1, DAC_BITS)
    codes = torch.from_numpy((bits.astype(np.int64) << np.arange(DAC_BITS)).sum(axis=1).reshape(shape))
    return dac.DACFile(codes=codes, input_db=torch.tensor(loudness), **facts)


LEARNED = (
    Family(
        "encodec",
        encodec,
        ENCODEC_KBPS,
        f"K: kbit/s, one of {', '.join(ENCODEC_KBPS)}",
        "EnCodec, 24 kHz mono (untried)",
        "pip install encodec; weights in torch.hub's folder",
    ),
    Family(
        "dac",
        dac,
        ("44khz",),
        f"MODEL: one of {', '.join(DAC_WEIGHTS)}",
        "Descript's audio codec (untried)",
        "pip install descript-audio-codec; weights in ~/.cache/descript/dac",
    ),
)
