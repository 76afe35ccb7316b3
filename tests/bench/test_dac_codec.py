"""The adapter with a stand-in for the package: neither package nor weights can be had here."""

import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import soundfile
import torch

from ligeia.bench.codec import CodecError
from ligeia.bench.dac_codec import WEIGHTS, dac, packed, unpacked
from ligeia.errors import InputError


@dataclass
class DACFile:
    """With the fields that the package's has (`dac/model/base.py`)."""

    codes: Any
    chunk_length: int
    original_length: int
    input_db: Any
    channels: int
    sample_rate: int
    padding: bool
    dac_version: str


class DAC:
    """Like the package's, as far as the adapter goes: its codes are samples of 10 bits."""

    @classmethod
    def load(cls, path):
        assert path.endswith(".pth")
        return cls()

    def compress(self, path):
        samples, rate = soundfile.read(path, always_2d=True)
        codes = torch.from_numpy((samples.T * 511 + 512).astype(int))[:, None]
        return DACFile(codes, 72, len(samples), torch.tensor([-20.5]), samples.shape[1], rate, True, "1.0.0")

    def decompress(self, file):
        samples = (file.codes[:, 0].float() - 512) / 511
        return SimpleNamespace(audio_data=samples[None], sample_rate=file.sample_rate)


@pytest.fixture
def weights(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".cache" / "descript" / "dac" / WEIGHTS["44khz"]
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def stand_in(monkeypatch, weights):
    module = ModuleType("dac")
    module.DAC, module.DACFile = DAC, DACFile
    monkeypatch.setitem(sys.modules, "dac", module)
    return module


def test_there_and_back(stand_in, write_tone, tmp_path):
    codec, wav = dac("44khz"), write_tone(8000, 2)
    codec.encode(wav, tmp_path / "a.dac10", 20)
    codec.decode(tmp_path / "a.dac10", tmp_path / "b.wav", 20)
    before, after = soundfile.read(wav)[0], soundfile.read(tmp_path / "b.wav")[0]
    assert abs(before - after).max() < 2 / 511
    assert codec.payload_bytes(tmp_path / "a.dac10") == 4000 * 2 * 10 / 8
    assert codec.version().endswith(f"; {WEIGHTS['44khz']}")


def test_files_hold_everything(stand_in):
    file = DACFile(
        torch.tensor([[[0, 1, 1023], [512, 7, 2]]]), 3, 1000, torch.tensor([-3.25]), 1, 44100, False, "1.0.0"
    )
    again = unpacked(packed(file), stand_in)
    assert torch.equal(again.codes, file.codes)
    assert torch.equal(again.input_db, file.input_db)
    assert {**vars(again), "codes": 0, "input_db": 0} == {**vars(file), "codes": 0, "input_db": 0}


def test_missing_package_and_weights(stand_in, weights, monkeypatch, tmp_path):
    weights.unlink()
    with pytest.raises(CodecError, match=r"^dac has no weights on this machine"):
        dac("44khz").version()
    monkeypatch.setitem(sys.modules, "dac", None)
    with pytest.raises(CodecError, match=r"^descript-audio-codec is not installed"):
        dac("44khz").encode(tmp_path / "a", tmp_path / "b", 20)
    with pytest.raises(InputError, match="dac takes one of 16khz, 24khz, 44khz"):
        dac("48khz")
