"""Codecs that behave as told, for the tests of the benchmark itself (the fixture `made_codecs` installs them)."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from ligeia.bench.codec import CodecError, Family, Usage


@dataclass(frozen=True)
class Copy:
    """Copies its input; `setting` says how it goes wrong."""

    setting: str = ""
    family: str = "copy"
    suffix: str = ".wav"
    lossless: bool = True

    def version(self) -> str:
        if self.setting == "missing":
            raise CodecError("copy is not installed (Debian: apt-get install copy)")
        return f"copy {os.environ.get('COPY_VERSION', '1')}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        if wav.name == "tone.wav" and self.setting not in ("", "half"):
            raise CodecError("nothing to warm")
        if self.setting == "fails":
            raise CodecError("copy: cannot\ndo it")
        if self.setting == "hangs":
            time.sleep(60)
        if self.setting == "dies":
            os.abort()
        shutil.copyfile(wav, encoded)
        return Usage(0.5, 1000)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        shutil.copyfile(encoded, wav)
        if self.setting == "garbage":
            wav.write_bytes(b"RIFF nonsense")
        return Usage(0.25, None)

    def payload_bytes(self, encoded: Path) -> int | None:
        return encoded.stat().st_size - 44


FAMILY = Family("copy", Copy)
