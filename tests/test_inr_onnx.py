"""ONNX models: what the runtime gives is what the INR gives, at any instants and any number of them."""

import logging

import numpy as np
import pytest

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.errors import InputError
from ligeia.inr_onnx import MOST_BYTES, UNSUITED, make_model
from ligeia.networks import Finer, Lapped, Local, NetworkSpec, Siamese, Siren

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

RATE = 8000
NETWORKS = {
    "siren": (Siren(channels=2, width=6, depth=3, hidden_omega=3.0, first_omega=40.0), Segments(250, 90, 20)),
    "siren with a fixed layer": (Siren(width=6, fixed_first=60.0), Segments(250, 90, 0)),
    "siren in one block": (Siren(width=6, octaves=4, closed=True), Segments(250, 250, 0)),
    "finer": (Finer(width=9, depth=2, first_omega=20.0, hidden_omega=3.0), Segments(250, 90, 20)),
    "siamese": (Siamese(channels=2, shared_width=7, head_width=5, octaves=3, average=True), Segments(250, 90, 20)),
}


def started(spec: NetworkSpec, cut: Segments) -> ligeia.INR:
    module = spec.build(blocks=cut.count, seed=1)
    parameters = {name: value.detach().numpy() for name, value in module.named_parameters()}
    return ligeia.INR(spec, parameters, RATE, cut, np.linspace(0.5, 1.0, cut.count))


def instants(inr: ligeia.INR) -> np.ndarray:
    """Anywhere, outside too, and every sample, in no order."""
    random = np.random.default_rng(0)
    anywhere = random.uniform(-0.01, inr.seconds + 0.01, 500)
    return random.permutation(np.concatenate([anywhere, np.arange(inr.sample_count) / RATE, [0.0, inr.seconds]]))


def session(inr: ligeia.INR, folder) -> "onnxruntime.InferenceSession":
    inr.to_onnx(folder / "a.onnx")
    return onnxruntime.InferenceSession(folder / "a.onnx", providers=["CPUExecutionProvider"])


def check(inr: ligeia.INR, folder) -> None:
    """The largest error is that of single precision: 1e-5 of the peak."""
    run, times = session(inr, folder), instants(inr)
    expected = inr(times)
    found = run.run(None, {"seconds": times})[0]
    assert (found.dtype, found.shape) == (np.float32, expected.shape)
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    for count in (0, 1, 7):
        assert np.abs(run.run(None, {"seconds": times[:count]})[0] - expected[:, :count]).max(initial=0) < 1e-5
    facts = run.get_modelmeta().custom_metadata_map
    counts = {"sample_count": str(inr.sample_count), "channels": str(inr.channels)}
    assert facts == {"rate": str(RATE), "network": inr.spec.name, **counts}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_model_is_the_function(name, tmp_path):
    check(started(*NETWORKS[name]), tmp_path)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_lapped_network_with_every_length_of_hop(channels, tmp_path):
    random = np.random.default_rng(0)
    clicks = 0.01 * random.normal(size=(channels, 6000))
    clicks[:, 1700:1720], clicks[:, 4100:4400] = 0.9, 0.5 * np.sin(np.arange(300))
    inr = ligeia.decode(ligeia.encode(clicks, rate=RATE, quality=8))
    assert isinstance(inr.spec, Lapped)
    assert len(set(np.unique(inr.parameters["switching"]))) > 1
    check(inr, tmp_path)


def test_the_size_is_that_of_the_parameters_and_a_graph(tmp_path):
    inr = started(Siren(width=64, depth=3), Segments(2000, 500, 50))
    inr.to_onnx(tmp_path / "a.onnx")
    parameters = sum(value.nbytes for value in inr.parameters.values())
    assert parameters < (tmp_path / "a.onnx").stat().st_size < parameters + 40_000


def test_a_file_is_overwritten_only_where_told_to(tmp_path):
    inr = started(*NETWORKS["siren in one block"])
    (tmp_path / "a.onnx").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        inr.to_onnx(tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").read_text() == "mine"
    inr.to_onnx(tmp_path / "a.onnx", overwrite=True)
    with pytest.raises(TypeError, match="path must be"):
        inr.to_onnx(3)


def test_the_exporter_is_quiet_and_leaves_its_log_as_it_was(tmp_path, capfd):
    before = logging.getLogger("torch.onnx").level
    started(*NETWORKS["siren in one block"]).to_onnx(tmp_path / "a.onnx")
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("torch.onnx").level == before


def test_what_cannot_be_a_graph_says_why(tmp_path):
    assert list(UNSUITED) == ["local", "phased"]
    inr = started(Local(windows=2, width=5, first_bound=10.0), Segments(250, 250, 0))
    with pytest.raises(InputError, match="the network local cannot be an ONNX model: which of its windows"):
        inr.to_onnx(tmp_path / "a.onnx")


def test_a_function_beyond_what_a_file_can_hold():
    spec, size = Siren(width=1, depth=1), MOST_BYTES // 4 + 1
    huge = {"weight_0": np.broadcast_to(np.float32(0), (size, 1, 1))}
    with pytest.raises(InputError, match="more than an ONNX file can hold"):
        make_model(spec, huge, np.ones(1, np.float32), RATE, Segments(250, 250))
