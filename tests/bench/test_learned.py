import numpy as np
import pytest
import soundfile

from ligeia.bench.codec import CodecError
from ligeia.bench.learned import measured, package, versions, weights, write_tensor


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(name, text)` makes a module that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name, text: (tmp_path / f"{name}.py").write_text(text)


def test_packages_that_are_missing(module):
    with pytest.raises(CodecError, match=r"^made-up is not installed: pip install made-up$"):
        package("nosuch_made_up.part", "made-up")
    module("half_made_up", "import nosuch_made_up")
    with pytest.raises(CodecError, match=r"^made-up is not installed completely \(nosuch_made_up is missing\)"):
        package("half_made_up", "made-up")


def test_packages_that_do_not_load(module):
    module("broken_made_up", "raise RuntimeError('too\\nold')")
    with pytest.raises(CodecError, match=r"^made-up does not load: too old$"):
        package("broken_made_up", "made-up")


def test_weights_that_are_missing(tmp_path):
    with pytest.raises(CodecError, match=r"^made-up has no weights on this machine: there is no "):
        weights("made-up", tmp_path)
    (tmp_path / "w").touch()
    assert weights("made-up", tmp_path / "w") == tmp_path / "w"


def test_versions():
    assert versions("numpy", "nosuch-made-up") == f"numpy {np.__version__}, nosuch-made-up (unknown version)"


def test_errors_of_others_become_one_line():
    assert measured("made-up", lambda: None).seconds >= 0
    with pytest.raises(CodecError, match=r"^made-up: ZeroDivisionError: division by zero$"):
        measured("made-up", lambda: 1 / 0)


def test_tensors_are_written(tmp_path):
    import torch

    write_tensor(tmp_path / "a.wav", torch.tensor([[0.25, -1.5]], requires_grad=True), 24000)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert (samples.tolist(), rate) == ([0.25, -1.5], 24000)
