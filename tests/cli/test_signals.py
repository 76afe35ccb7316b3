"""SIGTERM, SIGHUP and Ctrl-C while a command works: nothing half-done stays, no child, and one line says so."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.cli.signals import Stopped, exit_code, signals_as_interrupts
from ligeia.training.checkpoint import read_state

COMMAND = [sys.executable, "-c", "from ligeia.cli.main import run; run()"]
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def everything_in(folder: Path) -> list[str]:
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return [name for name in names if not name.startswith("torchinductor_")]  # a cache of torch


def processes_with(mark: str) -> list[int]:
    """Processes whose environment holds `mark`: whatever a command has started, however it is related."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except (OSError, PermissionError):
            continue
    return found


STARTED: list["Running"] = []


class Running:
    """A command that works in an environment of its own, with temporary files in a folder of their own."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.mark = f"LIGEIA_TEST_MARK={folder.name}-{os.getpid()}"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        name, _, value = self.mark.partition("=")
        environment = {**os.environ, "TMPDIR": str(self.temporary), name: value, "OMP_NUM_THREADS": "1"}
        command = [*COMMAND, *map(str, arguments)]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

        STARTED.append(self)

    def wait_for(self, happens: Callable[[], object]) -> None:
        ends = time.monotonic() + 120
        while not happens():
            assert self.process.poll() is None, self.process.stderr.read() if self.process.stderr else ""
            assert time.monotonic() < ends
            time.sleep(0.01)

    def stop(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said, once all that was started is gone."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        ends = time.monotonic() + 20
        while (left := processes_with(self.mark)) and time.monotonic() < ends:
            time.sleep(0.05)
        assert left == []
        return self.process.returncode, said.decode()

    def end(self) -> None:
        """End what a failed test left: it would slow the others down, and be reported in one of them."""
        for pid in processes_with(self.mark):
            os.kill(pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture(autouse=True)
def nothing_stays(heard_signals: None) -> Iterator[None]:
    yield
    while STARTED:
        STARTED.pop().end()


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that takes long enough to be interrupted: a minute of noise."""
    path = tmp_path_factory.mktemp("recordings") / "minute.wav"
    samples = 0.1 * np.random.default_rng(0).standard_normal((2, 60 * 44100))
    write_audio(path, Audio(samples.astype(np.float32), 44100), subtype="FLOAT")
    return path


def waits(folder: Path) -> Callable[[], object]:
    return lambda: list(folder.glob(".ligeia-*"))


@linux
@pytest.mark.parametrize("number", SIGNALS)
def test_a_recording_in_the_making(tmp_path: Path, minute: Path, number: int) -> None:
    (tmp_path / "out").mkdir()
    running = Running(tmp_path, "denoise", minute, "-o", tmp_path / "out" / "a.wav", "--method", "gate")
    running.wait_for(waits(tmp_path / "out"))  # it is written while the method works
    code, said = running.stop(number)
    assert code == 128 + number
    assert said.strip().splitlines()[-1].startswith("ligeia: interrupted")
    assert ("SIGTERM" in said) == (number == signal.SIGTERM)
    assert everything_in(tmp_path / "out") == everything_in(running.temporary) == []


@linux
def test_what_was_ignored_at_the_start_stays_ignored(tmp_path: Path, minute: Path) -> None:
    """Under `nohup`, and in the background of a script: a work that was to outlive its terminal does."""
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGINT)]
    try:
        running = Running(tmp_path, "denoise", minute, "-o", tmp_path / "a.wav", "--method", "gate")
    finally:
        for number, handler in zip((signal.SIGHUP, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    running.wait_for(waits(tmp_path))
    running.process.send_signal(signal.SIGHUP)
    code, said = running.stop(signal.SIGINT)
    assert code == 0, said
    assert everything_in(tmp_path) == ["a.wav", "temporary"]


@linux
@pytest.mark.parametrize("number", SIGNALS)
def test_encode(tmp_path: Path, minute: Path, number: int) -> None:
    running = Running(tmp_path, "encode", minute, "-o", tmp_path / "a.lig")
    running.wait_for(lambda: b"SigCgt" in Path(f"/proc/{running.process.pid}/status").read_bytes())
    time.sleep(1.0)  # somewhere within
    code, said = running.stop(number)
    assert code in (128 + number, 0), said
    assert everything_in(tmp_path) == (["temporary"] if code else ["a.lig", "temporary"])


SLOW_FFMPEG = "#!/bin/sh\necho $$ > {folder}/started\nexec sleep 100\n"


@linux
@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGKILL])
def test_ffmpeg_ends_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "ffmpeg").write_text(SLOW_FFMPEG.format(folder=tmp_path))
    (programs / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    running = Running(tmp_path, "encode", tmp_path / "a.m4a", "-o", tmp_path / "a.lig")
    running.wait_for((tmp_path / "started").exists)
    code, _ = running.stop(number)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert not (tmp_path / "a.lig").exists()
    assert everything_in(running.temporary) == []  # after kill -9, too: temporary files have no names


@linux
@pytest.mark.parametrize("number", SIGNALS)
def test_decode(tmp_path: Path, lig: Path, number: int) -> None:
    out = tmp_path / "out"
    out.mkdir()
    running = Running(
        tmp_path, "decode", lig, "-o", out / "a.wav", "--rate", 40_000_000, "--max-seconds", 60
    )  # seconds of work
    running.wait_for(waits(out))
    code, said = running.stop(number)
    assert code == 128 + number, said
    assert everything_in(out) == everything_in(running.temporary) == []


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_fit_keeps_its_checkpoint(tmp_path: Path, minute: Path, number: int) -> None:
    target, folder = tmp_path / "a.lig", tmp_path / "state"
    options = ("--network", "siren", "--steps", 100_000, "--checkpoint", folder)
    running = Running(tmp_path, "fit", minute, "-o", target, *options)
    running.wait_for((folder / "run.json").exists)
    time.sleep(0.5)
    code, said = running.stop(number)
    assert code == 128 + number
    assert f"the same command continues from {folder}" in said
    assert not target.exists()
    assert everything_in(running.temporary) == []
    assert not list(folder.glob(".ligeia-*"))
    for file in folder.glob("*.safetensors"):
        read_state(file)


@linux
@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGKILL])
def test_workers_of_a_benchmark(tmp_path: Path, minute: Path, number: int) -> None:
    (tmp_path / "suite.txt").write_text(str(minute))
    options = ("--codecs", "ligeia:lapped@24,ligeia:lapped@32", "--metrics", "snr", "--workers", 2)
    running = Running(tmp_path, "bench", tmp_path / "suite.txt", "-o", tmp_path / "out", *options)
    running.wait_for(lambda: list(running.temporary.glob("ligeia-worker-*/*")))
    code, said = running.stop(number)
    assert code == (-number if number == signal.SIGKILL else 128 + number), said
    assert everything_in(running.temporary) == []


@linux
def test_a_training(tmp_path: Path, minute: Path) -> None:
    config = '[contexts]\npreset = "speech"\nhidden = 4\nbatch = 64\n[training]\nsteps = 1000000\ndevice = "cpu"\n'
    (tmp_path / "small.toml").write_text(config)
    target = tmp_path / "new.safetensors"
    running = Running(tmp_path, "train", "contexts", tmp_path / "small.toml", "--data", minute.parent, "-o", target)
    running.wait_for(lambda: list(tmp_path.rglob("curve.jsonl")))
    code, said = running.stop(signal.SIGTERM)
    assert code == 128 + signal.SIGTERM, said
    assert not target.exists()
    assert not list(tmp_path.rglob(".ligeia-*"))
    assert everything_in(running.temporary) == []


def test_a_second_signal_does_not_disturb_the_cleanup() -> None:
    cleaned = False
    with pytest.raises(Stopped, match="SIGHUP") as caught, signals_as_interrupts():  # noqa: PT012
        try:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
            cleaned = True
    assert cleaned
    assert exit_code(caught.value) == 129


def test_handlers_are_put_back_and_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_as_interrupts():
            os.kill(os.getpid(), signal.SIGHUP)  # as under nohup
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
