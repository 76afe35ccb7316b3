"""AAC by Fraunhofer's FDK library, the best encoder of AAC that Debian has: LC, HE (with SBR), HE v2 (and PS).

HE and HE v2 code the lower half of the band, and a description of the upper; v2 codes two channels as one, and a
description of the difference. They make up what they do not code: signal-to-noise ratios say little about them.

Library and program are run where the user has installed them (`contrib` and `non-free`: the licence of the library
covers the copyright, and no patents), and are not part of Ligeia.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ligeia.bench.codec import CodecError, Family, Shape, Usage, number_in
from ligeia.bench.program import first_line, package_version
from ligeia.bench.programs import ENCODED, FFMPEG, TO_WAV, WAV, ProgramCodec

LEAST_KBPS, MOST_KBPS = 10, 576
"""`fdkaac` takes numbers below 10 kbit/s for kbit/s instead of bit/s."""
GAPLESS = ("--gapless-mode", "1", "--include-sbr-delay")
"""Options that state the delay, that of SBR included, in the shortest form that ffmpeg reads."""
CONFIGURATION = b"\x05\x80\x80\x80"
"""Start of what an MP4 file says of its AAC (ISO/IEC 14496-1, DecoderSpecificInfo), with a length of four bytes."""


@dataclass(frozen=True)
class Profile:
    """A set of tools of AAC."""

    family: str
    number: str
    """Audio object type (ISO/IEC 14496-3)."""
    least_channels: int
    summary: str
    ladder: tuple[str, ...]


class FdkAacCodec(ProgramCodec):
    """AAC of a profile at one setting; a single channel of HE-AAC comes back as one."""

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file.

        ffmpeg makes two equal channels of one with SBR, since the parameters of v2 might follow at any time.
        """
        single = self.family != PROFILES[-1].family and _coded_channels(encoded) == 1
        codec = replace(self, decoder=(*FFMPEG, *TO_WAV[:2], "-ac", "1", *TO_WAV[2:])) if single else self
        return ProgramCodec.decode(codec, encoded, wav, timeout)


def _coded_channels(encoded: Path) -> int | None:
    """Channels by the configuration of the stream (ISO/IEC 14496-3, AudioSpecificConfig); None where there is none.

    Raises:
        CodecError: the file cannot be read.
    """
    try:
        _, found, rest = encoded.read_bytes().partition(CONFIGURATION)
    except OSError as error:
        raise CodecError(f"fdkaac: {error}") from error
    return rest[2] >> 3 & 15 if found and len(rest) > 2 else None  # a length, then 5 + 4 bits before these 4


_LADDER = ("16", "24", "32", "48", "64", "96")
PROFILES = (
    Profile("fdkaac", "2", 1, "AAC-LC, constant rate (libfdk-aac); 1 or 2 channels", _LADDER),
    Profile("fdkaac-he", "5", 1, "HE-AAC (libfdk-aac); 1 or 2 channels", _LADDER[1:-1]),
    Profile("fdkaac-hev2", "29", 2, "HE-AAC v2 (libfdk-aac); 2 channels", _LADDER[:-2]),
)


def fdkaac(profile: Profile, setting: str) -> ProgramCodec:
    """AAC of a profile at a constant rate in kbit/s, all channels together, in an MP4 file that ffmpeg decodes."""
    kbps = number_in(profile.family, setting, LEAST_KBPS, MOST_KBPS, "kbit/s")
    bits = str(round(float(kbps) * 1000))
    return FdkAacCodec(
        family=profile.family,
        setting=kbps,
        suffix=".m4a",
        encoder=("fdkaac", "--silent"),
        options=("--profile", profile.number, "--bitrate", bits, *GAPLESS),
        files=("-o", ENCODED, WAV),
        decoder=(*FFMPEG, *TO_WAV),
        banner=lambda: f"{first_line('fdkaac', '--help', status=1)}, {package_version('libfdk-aac2')}",
        most_channels=2,
        refused=lambda shape: _too_few(profile, shape),
    )


def _too_few(profile: Profile, shape: Shape) -> str | None:
    """Return why a sound is refused: HE-AAC v2 describes the difference of two channels."""
    if shape.channels >= profile.least_channels:
        return None
    return f"{profile.family} takes {profile.least_channels} channels, not {shape.channels}"


FDK_AAC = tuple(
    Family(
        profile.family,
        partial(fdkaac, profile),
        profile.ladder,
        f"K: kbit/s, {LEAST_KBPS} to {MOST_KBPS}",
        profile.summary,
        "Debian, with contrib and non-free: apt-get install fdkaac; and ffmpeg",
    )
    for profile in PROFILES
)
