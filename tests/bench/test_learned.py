"""Learned codecs with stand-ins for their packages: neither packages nor weights can be had here."""

import json
import struct
import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ligeia.bench.codec import CodecError, run_here
from ligeia.bench.learned import (
    DAC_WEIGHTS,
    ENCODEC_WEIGHTS,
    dac,
    encodec,
    encodec_weights,
    package,
    packed,
    unpacked,
    versions,
    write_tensor,
)
from ligeia.errors import InputError


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(name, text)` makes a module that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name, text: (tmp_path / f"{name}.py").write_text(text)


def test_packages_that_are_missing(module, tmp_path):
    with pytest.raises(CodecError, match=r"^made-up is not installed: pip install made-up$"):
        package("nosuch_made_up.part", "made-up", tmp_path)
    module("half_made_up", "import nosuch_made_up")
    with pytest.raises(CodecError, match=r"^made-up is not installed completely \(nosuch_made_up is missing\)"):
        package("half_made_up", "made-up", tmp_path)
    module("broken_made_up", "raise RuntimeError('too\\nold')")
    with pytest.raises(CodecError, match=r"^made-up does not load: too old$"):
        package("broken_made_up", "made-up", tmp_path)


def test_weights_that_are_missing(module, tmp_path):
    module("whole_made_up", "x = 1")
    with pytest.raises(CodecError, match=r"^made-up has no weights on this machine: "):
        package("whole_made_up", "made-up", tmp_path)
    (tmp_path / "w").touch()
    assert package("whole_made_up", "made-up", tmp_path / "w").x == 1


def test_versions():
    assert versions("numpy", "nosuch-made-up") == f"numpy {np.__version__}, nosuch-made-up (unknown version)"


def test_errors_of_others_become_one_line():
    assert run_here("made-up", lambda: None).seconds >= 0
    with pytest.raises(CodecError, match=r"^made-up: ZeroDivisionError: division by zero$"):
        run_here("made-up", lambda: 1 / 0)


def test_tensors_are_written(tmp_path):
    write_tensor(tmp_path / "a.wav", torch.tensor([[0.25, -1.5]], requires_grad=True), 24000)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert (samples.tolist(), rate) == ([0.25, -1.5], 24000)


class StandIn:
    """Like EncodecModel, as far as the adapter goes: it keeps 8-bit samples."""

    def set_target_bandwidth(self, bandwidth):
        self.bandwidth = bandwidth


def compress(model, wav, use_lm):
    assert wav.shape[0] == 1
    assert not use_lm
    head = json.dumps({"m": "encodec_24khz", "bandwidth": model.bandwidth}).encode()
    return struct.pack("!4sBI", b"ECDC", 0, len(head)) + head + (wav[0] * 127).to(torch.int8).numpy().tobytes()


def decompress(data):
    (length,) = struct.unpack_from("!I", data, 5)
    samples = torch.from_numpy(np.frombuffer(data, np.int8, offset=9 + length).astype(np.float32) / 127)
    return samples[None], 24000


@pytest.fixture
def encodec_file(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / ENCODEC_WEIGHTS
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def stand_in(monkeypatch, encodec_file):
    module = ModuleType("encodec.compress")
    module.MODELS, module.compress, module.decompress = {"encodec_24khz": StandIn}, compress, decompress
    monkeypatch.setitem(sys.modules, "encodec", ModuleType("encodec"))
    monkeypatch.setitem(sys.modules, "encodec.compress", module)


def test_there_and_back(stand_in, write_tone, tmp_path):
    codec = encodec("6")
    codec.encode(write_tone(8000), tmp_path / "a.ecdc", 20)
    codec.decode(tmp_path / "a.ecdc", tmp_path / "b.wav", 20)
    samples, rate = soundfile.read(tmp_path / "b.wav")
    assert (len(samples), rate) == (12000, 24000)
    assert codec.payload_bytes(tmp_path / "a.ecdc") == 12000
    assert "6 kbit/s" in codec.version()


def test_missing_package(encodec_file, write_tone, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "encodec", None)
    for call in (encodec("6").version, lambda: encodec("6").encode(write_tone(8000), tmp_path / "a", 20)):
        with pytest.raises(CodecError, match=r"^encodec is not installed"):
            call()


def test_missing_weights(stand_in, encodec_file, tmp_path):
    encodec_file.unlink()
    for call in (encodec("6").version, lambda: encodec("6").decode(tmp_path / "a", tmp_path / "b", 20)):
        with pytest.raises(
            CodecError, match=f"^encodec has no weights on this machine: .*{ENCODEC_WEIGHTS} does not exist$"
        ):
            call()


def test_where_weights_lie(monkeypatch):
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert str(encodec_weights()) == f"/cache/torch/hub/checkpoints/{ENCODEC_WEIGHTS}"


def test_what_it_does_not_take(stand_in, write_tone, tmp_path):
    with pytest.raises(CodecError, match="takes 1 channel, not 2"):
        encodec("6").encode(write_tone(8000, 2), tmp_path / "a", 20)
    with pytest.raises(InputError, match=r"encodec takes one of 1\.5, 3, 6, 12, 24"):
        encodec("7")
    (tmp_path / "garbage").write_bytes(b"garbage")
    assert encodec("6").payload_bytes(tmp_path / "garbage") is None


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
def dac_file(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".cache" / "descript" / "dac" / DAC_WEIGHTS["44khz"]
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def dac_stand_in(monkeypatch, dac_file):
    module = ModuleType("dac")
    module.DAC, module.DACFile = DAC, DACFile
    monkeypatch.setitem(sys.modules, "dac", module)
    return module


def test_dac_there_and_back(dac_stand_in, write_tone, tmp_path):
    codec, wav = dac("44khz"), write_tone(8000, 2)
    codec.encode(wav, tmp_path / "a.dac10", 20)
    codec.decode(tmp_path / "a.dac10", tmp_path / "b.wav", 20)
    before, after = soundfile.read(wav)[0], soundfile.read(tmp_path / "b.wav")[0]
    assert abs(before - after).max() < 2 / 511
    assert codec.payload_bytes(tmp_path / "a.dac10") == 4000 * 2 * 10 / 8
    assert codec.version().endswith(f"; {DAC_WEIGHTS['44khz']}")


def test_files_hold_everything(dac_stand_in):
    file = DACFile(
        torch.tensor([[[0, 1, 1023], [512, 7, 2]]]), 3, 1000, torch.tensor([-3.25]), 1, 44100, False, "1.0.0"
    )
    again = unpacked(packed(file), dac_stand_in)
    assert torch.equal(again.codes, file.codes)
    assert torch.equal(again.input_db, file.input_db)
    assert {**vars(again), "codes": 0, "input_db": 0} == {**vars(file), "codes": 0, "input_db": 0}


def test_missing_package_and_weights(dac_stand_in, dac_file, monkeypatch, tmp_path):
    dac_file.unlink()
    with pytest.raises(CodecError, match=r"^descript-audio-codec has no weights on this machine"):
        dac("44khz").version()
    monkeypatch.setitem(sys.modules, "dac", None)
    with pytest.raises(CodecError, match=r"^descript-audio-codec is not installed"):
        dac("44khz").encode(tmp_path / "a", tmp_path / "b", 20)
    with pytest.raises(InputError, match="dac takes one of 16khz, 24khz, 44khz"):
        dac("48khz")
