"""AAC by Fraunhofer's FDK library, the best encoder of AAC that Debian has: LC, HE (with SBR), HE v2 (and PS).

HE and HE v2 code the lower half of the band, and a description of the upper; v2 codes two channels as one, and a
description of the difference. They make up what they do not code: signal-to-noise ratios say little about them.

Library and program are run where the user has installed them (`contrib` and `non-free`: the licence of the library
covers the copyright, and no patents), and are no part of Ligeia.
"""

from dataclasses import dataclass
from functools import partial

from ligeia.bench.codec import Family, Shape, number_in
from ligeia.bench.program import first_line, package_version
from ligeia.bench.programs import ENCODED, FFMPEG, TO_WAV, WAV, ProgramCodec

LEAST_KBPS, MOST_KBPS = 10, 576
"""`fdkaac` takes numbers below 10 kbit/s for kbit/s instead of bit/s."""
GAPLESS = ("--gapless-mode", "1", "--include-sbr-delay")
"""How much to skip at the beginning, that of SBR included, in the shortest form that ffmpeg reads."""


@dataclass(frozen=True)
class Profile:
    """A set of tools of AAC."""

    family: str
    number: str
    """Audio object type (ISO/IEC 14496-3)."""
    least_channels: int
    summary: str
    ladder: tuple[str, ...]


_LADDER = ("16", "24", "32", "48", "64", "96")
PROFILES = (
    Profile(
        "fdkaac", "2", 1, "AAC-LC, constant rate (libfdk-aac); 1 or 2 channels", ("16", "24", "32", "48", "64", "96")
    ),
    Profile("fdkaac-he", "5", 2, "HE-AAC (libfdk-aac); 2 channels", _LADDER[1:-1]),
    Profile("fdkaac-hev2", "29", 2, "HE-AAC v2 (libfdk-aac); 2 channels", _LADDER[:-2]),
)


def fdkaac(profile: Profile, setting: str) -> ProgramCodec:
    """AAC of a profile at a constant rate in kbit/s, all channels together, in an MP4 file that ffmpeg decodes."""
    kbps = number_in(profile.family, setting, LEAST_KBPS, MOST_KBPS, "kbit/s")
    bits = str(round(float(kbps) * 1000))
    return ProgramCodec(
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
    """Why HE-AAC is not for a single channel: decoders make two of it, as if v2 had been meant."""
    if shape.channels >= profile.least_channels:
        return None
    return f"{profile.family} takes {profile.least_channels} channels here, not {shape.channels}: ffmpeg decodes two"


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
