"""Made-up programs and made-up sounds."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.bench.codec import Codec, CodecError

sys.path.insert(0, str(Path(__file__).parent))  # lets the tests of this folder import `made_rows`


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """`program(name, script)` puts a shell script called `name` before all other programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))


@pytest.fixture
def installed() -> Callable[..., None]:
    """`installed(name...)` skips the test where one of these programs is missing."""

    def check(*names: str) -> None:
        for name in names:
            if shutil.which(name) is None:
                pytest.skip(f"no program {name}")

    return check


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, dict[str, str]], None]:
    """`install(module, text, points)` installs a module with entry points of codecs, for worker processes too."""

    def write(module: str, text: str, points: dict[str, str]) -> None:
        folder = tmp_path / "site"
        info = folder / f"{module}-1.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(text)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
        lines = [f"{name} = {value}\n" for name, value in points.items()]
        (info / "entry_points.txt").write_text(f"[ligeia.codecs]\n{''.join(lines)}")
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])))
        monkeypatch.delitem(sys.modules, module, raising=False)

    return write


@pytest.fixture
def made_codecs(install: Callable[[str, str, dict[str, str]], None]) -> None:
    """The codecs of `made_codecs.py` are installed."""
    install("made_codecs", Path(__file__).with_name("made_codecs.py").read_text(), {"copy": "made_codecs:FAMILY"})


@pytest.fixture
def needs() -> Callable[..., None]:
    """`needs(codec...)` skips the test where one of these codecs is missing."""

    def check(*codecs: Codec) -> None:
        for codec in codecs:
            try:
                codec.version()
            except CodecError as error:
                pytest.skip(str(error))

    return check


@pytest.fixture
def write_tone(tmp_path: Path) -> Callable[..., Path]:
    """`write_tone(rate, channels, seconds)` writes a 16-bit WAV file: a voice-like tone, another pitch a channel."""

    def write(rate: int, channels: int = 1, seconds: float = 0.5) -> Path:
        noise = np.random.default_rng(1).standard_normal((int(rate * seconds), channels))
        times = np.arange(int(rate * seconds))[:, None] / rate
        pitch = 220 + 30 * np.arange(channels) + 200 * times  # it glides, so that there is one best alignment
        samples = sum(np.sin(2 * np.pi * k * pitch * times) / k for k in range(1, 6))
        path = tmp_path / f"tone-{rate}-{channels}.wav"
        soundfile.write(path, 0.2 * samples + 0.002 * noise, rate, subtype="PCM_16")
        return path

    return write
