import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from ligeia.errors import FormatError, InputError, MissingExtra, UndefinedScore
from ligeia.metrics import cdpam as module
from ligeia.metrics.cdpam import RATE, cdpam
from ligeia.metrics.metric import Signal

TIME = np.arange(RATE // 4) / RATE
SWEEP = 0.3 * np.sin(2 * np.pi * (300 * TIME + 2000 * TIME**2))
BUZZ = 0.01 * np.sign(np.sin(2 * np.pi * 700 * TIME))


@pytest.fixture
def fresh_weights() -> Iterator[None]:
    """No weights remembered from before, none left behind."""
    module._weights.cache_clear()
    yield
    module._weights.cache_clear()


@pytest.fixture
def package() -> None:
    """The test needs the package with its weights, of which nothing is imported."""
    if find_spec("cdpam") is None:
        pytest.skip("needs the package cdpam (106 MB)")


# --- with the weights -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reference", "estimate", "expected"),
    [
        (SWEEP, SWEEP + BUZZ, 0.2215617),
        (SWEEP + BUZZ, SWEEP, 0.2215617),
        (SWEEP, SWEEP / 2, 0.6656727),
        (SWEEP, 0 * SWEEP, 2.2102723),
        (SWEEP[:841], BUZZ[:841], 1.5638354),
        (SWEEP, SWEEP, 0.0),
    ],
    ids=["buzz", "buzz in the reference", "half gain", "silence", "shortest", "same"],
)
def test_as_the_package_itself(package: None, reference: Signal, estimate: Signal, expected: float) -> None:
    value = cdpam(reference=reference, estimate=estimate, rate=RATE)
    assert value == pytest.approx(expected, abs=1e-5)  # values of cdpam 0.0.6, torch 2.13; float32 through 20 layers
    assert "cdpam" not in sys.modules


@pytest.mark.slow
def test_more_noise_is_further_away_on_speech(package: None, data_folder: Path) -> None:
    from ligeia import read_audio, resample

    speech = resample(read_audio(data_folder / "speech" / "LJ001-0001.flac"), RATE).samples[0, RATE : RATE + RATE // 2]
    noise = np.random.default_rng(0).standard_normal(RATE // 2)
    values = [cdpam(reference=speech, estimate=speech + level * noise, rate=RATE) for level in (1e-4, 1e-3, 1e-2)]
    # 0.0085, 0.243 and 0.896 on another clip: the order and the order of magnitude are to be expected here
    assert values[0] < 0.02 < values[1] < 0.3 < values[2] < 1.5


def test_absurdly_loud(package: None) -> None:
    loud = np.full(841, 1e300)
    with pytest.raises(UndefinedScore, match="too loud"):
        cdpam(reference=loud, estimate=loud / 2, rate=RATE)


# --- the network, with small weights ----------------------------------------------------------------


def small_weights(
    widths: tuple[int, ...] = (2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, 8, 8, 8, 8, 10),
) -> dict[str, torch.Tensor]:
    """Random weights of an encoder with few channels, and of a loss network that fits it."""
    generator = torch.Generator().manual_seed(0)
    weights, width = {}, 1
    for layer, wider in enumerate(widths):
        scale = (15 * width) ** -0.5
        convolution, norm = f"base_encoder.encoder.{layer}.", f"base_encoder.ebatch.{layer}."
        weights[convolution + "weight"] = 2 * scale * torch.randn(wider, width, 15, generator=generator)
        weights[convolution + "bias"] = torch.randn(wider, generator=generator)
        for name in ("weight", "bias", "running_mean", "running_var"):
            weights[norm + name] = 0.5 + torch.rand(wider, generator=generator)
        width = wider
    sizes = (widths[-1] // 2, 4, 3, 2, 2)
    for layer in range(4):
        shape = sizes[layer + 1], sizes[layer]
        weights[f"model_dist.convs.{layer}.0.weight"] = torch.randn(shape, generator=generator)
        weights[f"model_dist.convs.{layer}.0.bias"] = torch.randn(shape[:1], generator=generator)
        weights[f"model_dist.chan_w.{layer}"] = torch.randn(shape[:1], generator=generator)
    return weights


def encoder(weights: dict[str, torch.Tensor]) -> torch.nn.Module:
    """The same encoder of torch's own layers, with every second output dropped after it was computed."""
    layers: list[torch.nn.Module] = []
    for layer in range(16):
        kernel = weights[f"base_encoder.encoder.{layer}.weight"]
        layers.append(torch.nn.Conv1d(kernel.shape[1], kernel.shape[0], 15, padding=7))
        layers[-1].load_state_dict(
            {name: weights[f"base_encoder.encoder.{layer}.{name}"] for name in ("weight", "bias")}
        )
        layers.append(torch.nn.BatchNorm1d(kernel.shape[0]))
        names = ("weight", "bias", "running_mean", "running_var")
        layers[-1].load_state_dict(
            {name: weights[f"base_encoder.ebatch.{layer}.{name}"] for name in names}, strict=False
        )
        layers.append(torch.nn.LeakyReLU(0.1))
        if layer % 4 == 3:
            layers.append(torch.nn.MaxPool1d(1, stride=2))
    return torch.nn.Sequential(*layers).eval()


@pytest.mark.parametrize("length", [1, 15, 16, 17, 1000])
def test_encoder_against_the_layers_of_torch(length: int) -> None:
    weights = small_weights()
    x = torch.randn(length, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours = module._encoded(x, weights)
        assert ours.shape == (10, -(-length // 16))
        # the same sums in another order
        torch.testing.assert_close(ours, encoder(weights)(x[None, None])[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("length", [841, 1024, 1025, 2048, 5000])
def test_pieces_give_the_mean_of_the_whole(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = small_weights()
    signal = np.random.default_rng(0).standard_normal(length) / 32768
    monkeypatch.setattr(module, "_PIECE", 1024)
    with torch.inference_mode():
        outputs = module._encoded(torch.from_numpy(np.round(signal * 32768).astype(np.float32)), weights)
        expected = torch.nn.functional.normalize(outputs.mean(dim=1)[:5], dim=0)
        torch.testing.assert_close(module._embedding(signal, weights), expected, rtol=1e-5, atol=1e-6)


def test_the_margin_covers_what_an_output_depends_on() -> None:
    x = torch.zeros(4096, requires_grad=True)
    module._encoded(x, small_weights())[:, 128].sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    touched = torch.nonzero(x.grad).flatten()
    centre = 128 * 16
    assert centre - int(touched[0]) == int(touched[-1]) - centre == module._REACH < module._MARGIN


def test_distance_by_hand() -> None:
    weights = small_weights()
    ours, theirs = torch.tensor([1.0, 0, 0, 0, 0]), torch.tensor([0, 0.6, 0, 0, 0.8])
    total, pair = 0.0, [ours.numpy(), theirs.numpy()]
    for layer in range(4):
        matrix, bias = (weights[f"model_dist.convs.{layer}.0.{name}"].numpy() for name in ("weight", "bias"))
        pair = [matrix @ x + bias for x in pair]
        if layer < 3:
            pair = [np.maximum(x, 0.01 * x) for x in pair]
        total += float(np.abs(weights[f"model_dist.chan_w.{layer}"].numpy() * (pair[1] - pair[0])).sum())
    assert float(module._distance(ours, theirs, weights)) == pytest.approx(total, rel=1e-5)  # float32
    assert float(module._distance(ours, ours, weights)) == 0.0


# --- without the package ----------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44100, 16000])
def test_only_at_its_own_rate(rate: int) -> None:
    with pytest.raises(InputError, match="22050 Hz"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=rate)


def test_one_sample_and_all_that_is_shorter_than_one_output_sees() -> None:
    for length in (1, 840):
        with pytest.raises(UndefinedScore, match="841"):
            cdpam(reference=SWEEP[:length], estimate=SWEEP[:length], rate=RATE)


def test_unequal_lengths() -> None:
    with pytest.raises(InputError, match="equally long"):
        cdpam(reference=SWEEP, estimate=SWEEP[1:], rate=RATE)


def test_a_missing_package(fresh_weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="cdpam"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"ligeia\[cdpam\]"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


@pytest.fixture
def false_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the same name that must not be imported; the path of its weights, which are yet to be written."""
    weights = tmp_path / "cdpam" / module._WEIGHTS_FILE
    weights.parent.mkdir(parents=True)
    (tmp_path / "cdpam" / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return weights


def test_a_package_without_weights(false_package: Path, fresh_weights: None) -> None:
    with pytest.raises(FormatError, match="no readable weights"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


def test_damaged_weights(false_package: Path, fresh_weights: None) -> None:
    false_package.write_bytes(b"not weights")
    with pytest.raises(FormatError):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("executed",)


def test_weights_that_would_run_code(
    false_package: Path, fresh_weights: None, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"state": {"base_encoder": Harmful()}}, false_package, _use_new_zipfile_serialization=False)
    with pytest.raises(FormatError, match="damaged"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
def test_truncated_weights(false_package: Path, fresh_weights: None, kept: float) -> None:
    torch.save({"state": small_weights()}, false_package, _use_new_zipfile_serialization=False)
    data = false_package.read_bytes()
    false_package.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(FormatError, match="damaged"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


def test_integers_that_python_2_wrote_as_text() -> None:
    def legacy(number: bytes) -> bytes:
        """The five pickles of a file of torch.save, the fourth a list of two numbers, and two bytes of a storage."""
        return b"".join((b"\x80\x02K\x01.", b"\x80\x02K\x02.", b"\x80\x02}.", number, b"\x80\x02].", b"I9\n"))

    written = legacy(b"\x80\x02](I139832181927520\nI-7\ne.")
    read = module._without_text_integers(written).read()
    numbers = [(139832181927520).to_bytes(8, "little"), (-7).to_bytes(8, "little", signed=True)]
    assert read == legacy(b"\x80\x02](\x8a\x08" + numbers[0] + b"\x8a\x08" + numbers[1] + b"e.")
    assert module._without_text_integers(legacy(b"\x80\x02N.")).read() == legacy(b"\x80\x02N.")


def test_weights_of_another_network(false_package: Path, fresh_weights: None) -> None:
    torch.save({"state": small_weights()}, false_package, _use_new_zipfile_serialization=False)
    with pytest.raises(FormatError, match="another network"):
        cdpam(reference=SWEEP, estimate=SWEEP, rate=RATE)


def test_weights_are_read_once(false_package: Path, fresh_weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = small_weights()
    torch.save({"state": weights}, false_package, _use_new_zipfile_serialization=False)
    monkeypatch.setattr(module, "_shapes", lambda: {name: tuple(tensor.shape) for name, tensor in weights.items()})
    first = cdpam(reference=SWEEP, estimate=SWEEP + BUZZ, rate=RATE)
    false_package.unlink()
    assert cdpam(reference=SWEEP, estimate=SWEEP + BUZZ, rate=RATE) == first > 0
