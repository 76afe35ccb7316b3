"""The adapter with a stand-in for the package: neither package nor weights can be had here."""

import json
import struct
import sys
from types import ModuleType

import numpy as np
import pytest
import soundfile
import torch

from ligeia.bench.codec import CodecError
from ligeia.bench.encodec_codec import WEIGHTS, encodec, weights_path
from ligeia.errors import InputError


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
def weights(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / WEIGHTS
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def stand_in(monkeypatch, weights):
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


def test_missing_package(weights, write_tone, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "encodec", None)
    for call in (encodec("6").version, lambda: encodec("6").encode(write_tone(8000), tmp_path / "a", 20)):
        with pytest.raises(CodecError, match=r"^encodec is not installed"):
            call()


def test_missing_weights(stand_in, weights, tmp_path):
    weights.unlink()
    for call in (encodec("6").version, lambda: encodec("6").decode(tmp_path / "a", tmp_path / "b", 20)):
        with pytest.raises(CodecError, match=f"^encodec has no weights on this machine: there is no .*{WEIGHTS}$"):
            call()


def test_where_weights_lie(monkeypatch):
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert str(weights_path()) == f"/cache/torch/hub/checkpoints/{WEIGHTS}"


def test_what_it_does_not_take(stand_in, write_tone, tmp_path):
    with pytest.raises(CodecError, match="takes 1 channel, not 2"):
        encodec("6").encode(write_tone(8000, 2), tmp_path / "a", 20)
    with pytest.raises(InputError, match=r"encodec takes one of 1\.5, 3, 6, 12, 24"):
        encodec("7")
    (tmp_path / "garbage").write_bytes(b"garbage")
    assert encodec("6").payload_bytes(tmp_path / "garbage") is None
