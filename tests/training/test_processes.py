import pytest
import torch

from ligeia.errors import InputError
from ligeia.training.processes import pick_device, pick_precision, repeatable, thread_count


def without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_auto_is_the_processor_where_there_is_nothing_else(monkeypatch):
    without_cuda(monkeypatch)
    assert pick_device("auto") == pick_device("cpu") == torch.device("cpu")


def test_cuda_is_picked_only_where_it_is(monkeypatch):
    without_cuda(monkeypatch)
    with pytest.raises(InputError, match="CUDA"):
        pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("cuda") == pick_device("auto") == torch.device("cuda")
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:7"])
def test_an_unknown_device_is_named(name):
    with pytest.raises(InputError, match=f"'{name}'"):
        pick_device(name)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)]
)
def test_a_named_precision_is_taken(precision, dtype):
    assert pick_precision(precision, torch.device("cpu")) == dtype


@pytest.mark.parametrize("feature", ["avx512_bf16", "amx_tile"])
def test_auto_precision_follows_the_processor(monkeypatch, feature):
    for name in ("avx512_bf16", "amx_tile"):
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda: False, raising=False)
    assert pick_precision("auto", torch.device("cpu")) == torch.float32
    monkeypatch.setattr(torch.cpu, f"_is_{feature}_supported", lambda: True)
    assert pick_precision("auto", torch.device("cpu")) == torch.bfloat16


def test_auto_precision_without_probes_is_single(monkeypatch):
    for name in ("avx512_bf16", "amx_tile"):
        monkeypatch.delattr(torch.cpu, f"_is_{name}_supported", raising=False)
    assert pick_precision("auto", torch.device("cpu")) == torch.float32


def test_threads_are_set_and_put_back():
    before = torch.get_num_threads()
    with thread_count(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with thread_count(None):
        assert torch.get_num_threads() == before


def test_threads_are_put_back_after_an_exception():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), thread_count(before + 1):
        raise KeyError
    assert torch.get_num_threads() == before


def test_gradients_of_an_index_are_the_same_each_time():
    torch.manual_seed(0)
    table = torch.randn(64, 48, requires_grad=True)
    index, weights = torch.randint(64, (50_000,)), torch.randn(50_000, 48)

    def gradient():
        return torch.autograd.grad((table[index] * weights).sum(), table)[0]

    with thread_count(2), repeatable(torch.device("cpu")):
        first = gradient()
        assert all(torch.equal(gradient(), first) for _ in range(10))
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("enabled", [True, False])
def test_what_was_set_of_repeatable_sums_is_put_back(enabled):
    torch.use_deterministic_algorithms(enabled)
    try:
        with repeatable(torch.device("cuda")):
            assert torch.are_deterministic_algorithms_enabled() == enabled
        with repeatable(torch.device("cpu")):
            assert torch.are_deterministic_algorithms_enabled()
        assert torch.are_deterministic_algorithms_enabled() == enabled
        assert torch.utils.deterministic.fill_uninitialized_memory
    finally:
        torch.use_deterministic_algorithms(False)
