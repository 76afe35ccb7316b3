"""Device, precision, threads and processes of a training, and errors of torch as one line."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from ligeia.errors import FitError, SettingsError

# --- device, precision, threads ---------------------------------------------------------------------


def pick_device(name: str) -> torch.device:
    """The device called `name`: "cpu", "cuda", or "auto" (cuda where there is one).

    Raises:
        SettingsError: the name is unknown, or the machine has no such device.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise SettingsError(f"device must be auto, cpu or cuda, got {name!r}")
    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            "there is no CUDA device on this machine, or this build of torch has none: name cpu or auto"
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type called `name`: "float32", "bfloat16", "float16", or "auto" (bfloat16 where the device is fast in it)."""
    if name == "auto":
        return torch.bfloat16 if _has_bfloat16(device) else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def _has_bfloat16(device: torch.device) -> bool:
    """True where the machine has instructions for bfloat16 products (elsewhere they are emulated, and slow)."""
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


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Let a device add in one order, however many threads it has: the gradient of an index does not by itself.

    Nothing changes on other devices than the CPU, where some operations have no such form.
    """
    memory: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(before[0] or device.type == "cpu")
    memory.fill_uninitialized_memory = False  # which would cost time, and decides nothing
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]


# --- errors --------------------------------------------------------------------------------------------

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "storage size calculation overflowed")
"""Phrases of torch's errors for want of memory, in lower case."""


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


# --- processes -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Processes:
    """The processes that learn one thing together, as `torchrun` starts them; alone by default.

    Each sees its share of every batch, gradients are averaged, and only the first one writes files.
    """

    rank: int = 0
    """Number of this process."""
    count: int = 1
    """Number of processes."""

    @property
    def first(self) -> bool:
        """True for the process that writes files and reports."""
        return self.rank == 0

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its mean over the processes."""
        if self.count == 1:
            return
        by_type: dict[torch.dtype, list[Tensor]] = {}
        for tensor in tensors:
            by_type.setdefault(tensor.dtype, []).append(tensor)
        for members in by_type.values():  # one message for each type
            joined = torch.cat([tensor.reshape(-1) for tensor in members])
            dist.all_reduce(joined)
            joined /= self.count
            pieces = torch.split(joined, [tensor.numel() for tensor in members])
            for tensor, piece in zip(members, pieces, strict=True):
                tensor.copy_(piece.view_as(tensor))

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by that of the first process."""
        if self.count > 1:
            for tensor in tensors:
                dist.broadcast(tensor, src=0)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()


@contextmanager
def joined_processes(device: str) -> Iterator[tuple[Processes, torch.device]]:
    """Join the processes that `torchrun` has started, by its environment variables; yield them and this one's device.

    They communicate by NCCL where they run on CUDA devices, each on its own, else by Gloo. A process that was started
    otherwise is alone.

    Raises:
        SettingsError: the device does not exist.
    """
    chosen = pick_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes(), chosen
        return
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size()), chosen
    finally:
        dist.destroy_process_group()
