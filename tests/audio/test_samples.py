"""Samples as callers have them: every type by hand, and what is mistaken for samples."""

import numpy as np
import pytest

from ligeia.audio.samples import to_samples
from ligeia.audio.signal import Audio
from ligeia.errors import InputError


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("int16", [-32768, 0, 16384, 32767], [-1, 0, 0.5, 32767 / 32768]),
        ("int32", [-(2**31), 0, 2**30, 256], [-1, 0, 0.5, 2.0**-23]),
        ("int8", [-128, 0, 64, 127], [-1, 0, 0.5, 127 / 128]),
        ("uint8", [0, 128, 192, 255], [-1, 0, 0.5, 127 / 128]),
        (">i2", [-32768, 0, 16384, 1], [-1, 0, 0.5, 1 / 32768]),
        ("float64", [-1.5, 0, 0.5, 3], [-1.5, 0, 0.5, 3]),
        ("float16", [-1, 0, 0.5, 2], [-1, 0, 0.5, 2]),
    ],
)
def test_whole_numbers_are_scaled_and_nothing_is_clipped(kind, values, expected):
    samples = to_samples(np.array(values, kind))
    assert (samples.dtype, samples.shape) == (np.float32, (1, 4))
    assert samples[0].tolist() == expected


def test_lists_rows_and_views():
    assert to_samples([0.0, 0.5]).tolist() == [[0, 0.5]]
    assert to_samples(((0.0,), (0.5,))).tolist() == [[0], [0.5]]
    strided = np.arange(12, dtype=np.float32).reshape(3, 4).T[:2, ::2]
    assert to_samples(strided).flags.c_contiguous
    assert not np.shares_memory(to_samples(strided), strided)


@pytest.mark.parametrize("kind", ["int64", "uint16", "uint32", "uint64"])
def test_types_without_a_full_scale_are_refused_with_the_way_out(kind):
    with pytest.raises(TypeError, match=rf"type {kind} have no known full scale: give floats .* int16"):
        to_samples(np.zeros((1, 9), kind))


@pytest.mark.parametrize("kind", [bool, complex, object, "U3", "M8[s]"])
def test_what_is_no_number_is_refused(kind):
    with pytest.raises(TypeError, match="must be real numbers"):
        to_samples(np.zeros((1, 9), kind))


@pytest.mark.parametrize("values", [None, "0.5", b"00", {"a": 1}])
def test_what_is_no_array_is_refused(values):
    with pytest.raises(TypeError, match=r"samples must be numbers, .* got a value of type"):
        Audio(values, 8000)


def test_rows_of_two_lengths_are_refused():
    with pytest.raises(InputError, match="rows of one length"):
        to_samples([[0.0, 0.1], [0.2]])


@pytest.mark.parametrize("shape", [(16000, 2), (65, 1), (100, 8), (5000, 60)])
def test_time_before_channels_is_refused_with_the_hint_to_transpose(shape):
    with pytest.raises(InputError, match=r"looks like \[time, channels\]: transpose it \(samples.T\)"):
        Audio(np.zeros(shape), 16000)
    assert Audio(np.zeros(shape).T, 16000).channels == shape[1]


@pytest.mark.parametrize("shape", [(2, 1), (64, 1), (200, 9), (2, 0)])
def test_many_channels_of_a_short_sound_are_no_mistake(shape):
    assert to_samples(np.zeros(shape)).shape == shape


def test_numbers_beyond_single_precision_are_named():
    with pytest.raises(InputError, match=r"samples reach 1e\+60, beyond what float32 holds"):
        to_samples(np.array([0.0, 1e60]))
    with pytest.raises(InputError, match="NaN or infinite"):
        to_samples([0.0, float("nan")])


def test_torch_tensors_of_any_type():
    torch = pytest.importorskip("torch")
    for tensor in (torch.tensor([0.5]), torch.tensor([0.5], requires_grad=True), torch.tensor([0.5]).bfloat16()):
        assert to_samples(tensor).tolist() == [[0.5]]
    assert to_samples(torch.tensor([[16384]], dtype=torch.int16)).tolist() == [[0.5]]
