"""Codecs that `ffmpeg` brings: Opus, AAC (its own encoder), Vorbis, Codec 2, Speex."""

import re

from ligeia.bench.codec import CodecError
from ligeia.bench.installed import answer
from ligeia.bench.programs import ENCODED, RATE, WAV, ProgramCodec
from ligeia.bench.settings import number_in, one_of
from ligeia.bench.wave import check_channels

FFMPEG = ("ffmpeg", "-nostdin", "-v", "error", "-y")
SAME_BYTES = ("-fflags", "+bitexact", "-flags:a", "+bitexact")
"""Equal sounds, equal files: no random serial number, no date."""
QUALITY_UNIT = 118
"""What ffmpeg counts quality in (FF_QP2LAMBDA)."""
TO_WAV = ("-i", ENCODED, "-c:a", "pcm_f32le", "-f", "wav", WAV)
DECODE = (*FFMPEG, *TO_WAV)

CODEC2_MODES = ("3200", "2400", "1600", "1400", "1300", "1200", "700C")
CODEC2_RATE = 8000
SPEEX_RATES = (8000, 16000, 32000)


def opus(setting: str) -> ProgramCodec:
    """Opus by libopus at a target rate in kbit/s, all channels together (variable rate, best complexity).

    libopus gets sounds of 8, 12, 16, 24 and 48 kHz as they are, others at 48 kHz. On speech at 16 kHz this beats
    `opusenc`, which resamples everything to 48 kHz first; ffmpeg's own decoder keeps the phases that libopus's bends
    (docs/benchmark.md has the figures).
    """
    kbps = number_in("opus", setting, 6, 510, "kbit/s")
    return ProgramCodec(
        family="opus",
        setting=kbps,
        suffix=".opus",
        encoder=(*FFMPEG, "-i", WAV),
        options=("-c:a", "libopus", "-b:a", f"{kbps}k", "-vbr", "on", "-compression_level", "10", *SAME_BYTES),
        files=(ENCODED,),
        decoder=DECODE,
        banner=lambda: ffmpeg_with("libopus"),
        check=lambda shape: check_channels("opus", shape, 2),
    )


def aac(setting: str) -> ProgramCodec:
    """AAC-LC by ffmpeg's own encoder at an average rate in kbit/s, all channels together, in an MP4 file.

    The file says how many samples the encoder put before the sound, and ffmpeg skips them; what it decodes to goes on
    to the end of the last frame of 1024 samples, a little longer than the original.
    """
    kbps = number_in("aac", setting, 8, 1024, "kbit/s")
    return ProgramCodec(
        family="aac",
        setting=kbps,
        suffix=".m4a",
        encoder=(*FFMPEG, "-i", WAV),
        options=("-c:a", "aac", "-b:a", f"{kbps}k", *SAME_BYTES),
        files=(ENCODED,),
        decoder=DECODE,
        banner=lambda: ffmpeg_with("aac"),
        check=lambda shape: check_channels("aac", shape, 8),
    )


def vorbis(setting: str) -> ProgramCodec:
    """Vorbis by libvorbis at a quality from -1 to 10 (variable rate; about 45 kbit/s at -1 for 44.1 kHz stereo).

    Quality, not a bit rate: libvorbis refuses many of those (16 kbit/s at 44.1 kHz, anything with three channels).
    Not `-q:a` either, which ffmpeg ignores below 0. ffmpeg (5.1.9) misplaces the end of sounds that fit in one page,
    about 1 s, by up to 128 samples.
    """
    quality = number_in("vorbis", setting, -1, 10, "a quality")
    scaled = str(round(float(quality) * QUALITY_UNIT))
    return ProgramCodec(
        family="vorbis",
        setting=quality,
        suffix=".ogg",
        encoder=(*FFMPEG, "-i", WAV),
        options=("-c:a", "libvorbis", "-global_quality:a", scaled, *SAME_BYTES[:-1], "+bitexact+qscale"),
        files=(ENCODED,),
        decoder=DECODE,
        banner=lambda: ffmpeg_with("libvorbis"),
        check=lambda shape: check_channels("vorbis", shape, 8),
    )


def codec2(setting: str) -> ProgramCodec:
    """Codec 2, a vocoder for speech, at a mode named after its rate in bit/s: 8 kHz, mono.

    ffmpeg resamples to 8 kHz on the way, which is part of the time; decoding gives 8 kHz. A vocoder rebuilds the
    sound of speech, not its waveform: signal-to-noise ratios say nothing about it.
    """
    mode = one_of("codec2", setting, CODEC2_MODES)
    return ProgramCodec(
        family="codec2",
        setting=mode,
        suffix=".c2",
        encoder=(*FFMPEG, "-i", WAV),
        options=("-ar", str(CODEC2_RATE), "-c:a", "libcodec2", "-mode", mode, "-f", "codec2"),
        files=(ENCODED,),
        decoder=DECODE,
        banner=lambda: ffmpeg_with("libcodec2"),
        check=lambda shape: check_channels("codec2", shape, 1),
    )


def speex(setting: str) -> ProgramCodec:
    """Speex at a constant rate in kbit/s or the nearest that it has: 8, 16 or 32 kHz, mono or stereo.

    ffmpeg resamples to whichever is nearest on the way, which is part of the time; decoding stays there. It is done
    by libspeex: the decoder that ffmpeg would choose, its own, is several dB worse above 8 kHz (5.1.9).
    """
    kbps = number_in("speex", setting, 2, 48, "kbit/s")
    return ProgramCodec(
        family="speex",
        setting=kbps,
        suffix=".spx",
        encoder=(*FFMPEG, "-i", WAV),
        options=("-ar", RATE, "-c:a", "libspeex", "-b:a", f"{kbps}k", *SAME_BYTES),
        files=("-f", "ogg", ENCODED),
        decoder=(*FFMPEG, "-c:a", "libspeex", *TO_WAV),
        banner=lambda: ffmpeg_with("libspeex"),
        check=lambda shape: check_channels("speex", shape, 2),
        rates=SPEEX_RATES,
    )


def ffmpeg_with(encoder: str) -> str:
    """Version of ffmpeg and of its library of codecs; ffmpeg does not say that of the libraries it was linked with.

    Raises:
        CodecError: ffmpeg is not installed, or was built without this encoder.
    """
    about = answer("ffmpeg", "-version")
    if not answer("ffmpeg", "-hide_banner", "-h", f"encoder={encoder}").startswith("Encoder "):
        raise CodecError(f"this ffmpeg was built without {encoder}")
    program, library = re.search(r"ffmpeg version (\S+)", about), re.search(r"libavcodec\s+([\d. ]+\d)", about)
    parts = [f"ffmpeg {program.group(1)}"] if program else ["ffmpeg"]
    parts += [f"libavcodec {library.group(1).replace(' ', '')}"] if library else []
    return ", ".join([*parts, encoder])
