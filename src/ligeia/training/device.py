"""Where a fit runs: device, threads, and the precision that the machine is fast in."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ligeia.errors import FitError, InputError
from ligeia.fitting.config import FitConfig


def pick_device(name: str) -> torch.device:
    """The device called `name`: "cpu", "cuda", or "auto" (cuda where there is one).

    Raises:
        InputError: the name is unknown, or the machine has no such device.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"device must be auto, cpu or cuda, got {name!r}")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("this machine, or this build of torch, has no CUDA device; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def autocast_dtype(config: FitConfig, device: torch.device) -> torch.dtype:
    """Precision of the hidden layers' products while fitting."""
    if config.precision == "auto":
        return torch.bfloat16 if _has_bfloat16(device) else torch.float32
    return torch.bfloat16 if config.precision == "bfloat16" else torch.float32


def _has_bfloat16(device: torch.device) -> bool:
    """Whether the machine has instructions for bfloat16 products (elsewhere they are emulated, and slow)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    probes = [getattr(torch.cpu, f"_is_{feature}_supported", None) for feature in ("avx512_bf16", "amx_tile")]
    return any(probe() for probe in probes if probe is not None)


@contextmanager
def thread_count(threads: int | None) -> Iterator[None]:
    """Run with that many threads, and put the number back afterwards; None changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "storage size calculation overflowed")
"""How torch's errors say that memory is short, in lower case."""


@contextmanager
def torch_errors(name: str, lower: str) -> Iterator[None]:
    """Report any error that torch raises within as one line that begins with `name`.

    `lower` names the settings that take memory. Errors of Ligeia itself pass unchanged.

    Raises:
        FitError: torch failed.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # of torch, RuntimeError is the root: no memory, LinAlgError, CUDA
        text = " ".join(str(error).split())
        if isinstance(error, MemoryError) or any(sign in text.lower() for sign in OUT_OF_MEMORY):
            raise FitError(f"{name}: out of memory; lower {lower}") from error
        raise FitError(f"{name}: torch failed: {text or type(error).__name__}") from error
