"""Codecs with programs of their own: Opus (opus-tools), MP3 (lame), FLAC (flac)."""

from ligeia.bench.codec import CodecError
from ligeia.bench.installed import first_line
from ligeia.bench.programs import ENCODED, WAV, ProgramCodec
from ligeia.bench.settings import nothing, number_in, one_of
from ligeia.bench.wave import Shape, check_channels

MP3_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
SURROUND_KBPS = 16
"""Below this rate a channel, opusenc mixes more than two channels down to two."""


def opusenc(setting: str) -> ProgramCodec:
    """Opus at a target rate in kbit/s, all channels together (variable rate, the slowest and best complexity).

    Opus works at 48 kHz inside: `opusenc` resamples what comes, `opusdec` goes back to the original rate and cuts to
    the original length. Both resamplings cost: at 16 kHz libopus does better on what it is given directly (`opus`), and
    the decoder's own resampler delays by a fraction of a sample and bends phases. It decodes to float: for 16 bits it
    would add dither. `--padding 0` leaves out the 512 empty bytes that are otherwise kept free for comments,
    `--serial 0` makes equal sounds equal files.
    """
    kbps = number_in("opusenc", setting, 6, 512, "kbit/s")
    return ProgramCodec(
        family="opusenc",
        setting=kbps,
        suffix=".opus",
        encoder=("opusenc", "--quiet"),
        options=("--bitrate", kbps, "--vbr", "--comp", "10", "--padding", "0", "--serial", "0"),
        decoder=("opusdec", "--quiet", "--float", ENCODED, WAV),
        banner=lambda: first_line("opusenc", "--version"),
        check=lambda shape: _check_surround(shape, float(kbps)),
    )


def _check_surround(shape: Shape, kbps: float) -> None:
    check_channels("opusenc", shape, 8)
    if shape.channels > 2 and kbps < SURROUND_KBPS * shape.channels:
        raise CodecError(
            f"opusenc would mix {shape.channels} channels down to 2 at {kbps:g} kbit/s; "
            f"it keeps them from {SURROUND_KBPS * shape.channels} kbit/s"
        )


def mp3(setting: str) -> ProgramCodec:
    """MP3 at a constant rate in kbit/s, all channels together, at lame's default quality.

    `lame` lowers the sampling rate where the bit rate is small for it, and takes the highest bit rate there is where
    the sampling rate is small (64 kbit/s at 8 kHz). When it decodes, it skips the delay of encoder and decoder and
    cuts to the original length, both read from the tag that it has written. Where a frame is too small for the tag
    (32 kbit/s at 16 kHz) there is none: then the sound comes 576 samples late, and longer.
    """
    kbps = one_of("mp3", setting, MP3_KBPS)
    return ProgramCodec(
        family="mp3",
        setting=kbps,
        suffix=".mp3",
        encoder=("lame", "--silent"),
        options=("--cbr", "-b", kbps),
        decoder=("lame", "--silent", "--decode", ENCODED, WAV),
        banner=lambda: first_line("lame", "--version").partition(" (")[0],
        check=lambda shape: check_channels("lame", shape, 2),
    )


def flac(setting: str) -> ProgramCodec:
    """FLAC at its smallest; lossless. Without the 8 KB that are otherwise kept free for comments."""
    return ProgramCodec(
        family="flac",
        setting=nothing("flac", setting),
        suffix=".flac",
        encoder=("flac", "--silent", "--force", "--channel-map=none"),
        options=("-8", "--no-padding", "--no-seektable"),
        files=("-o", ENCODED, WAV),
        decoder=("flac", "--silent", "--force", "--channel-map=none", "--decode", "-o", WAV, ENCODED),
        banner=lambda: first_line("flac", "--version"),
        check=lambda shape: check_channels("flac", shape, 8),
        lossless=True,
    )
