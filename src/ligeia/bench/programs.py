"""Codecs that are programs: ffmpeg's (Opus, AAC, Vorbis, Speex, Codec 2), opus-tools, lame, flac.

Each is two command lines, one that encodes and one that decodes. The table `PROGRAMS` stands at the end.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ligeia.bench.codec import CodecError, Family, Shape, Usage, check_channels, no_setting, number_in, one_of, shape_of
from ligeia.bench.program import answer, first_line, program_path, run_program

WAV, ENCODED, RATE = "<wav>", "<encoded>", "<rate>"
"""Placeholders for the two files and the sampling rate in a command."""
PROBING_SECONDS = 120.0
"""Time limit for listing the packets of a file."""
PROBE = ("-v", "error", "-select_streams", "a:0", "-show_entries", "packet=size", "-of", "csv=p=0")
FFMPEG = ("ffmpeg", "-nostdin", "-v", "error", "-y")
SAME_BYTES = ("-fflags", "+bitexact", "-flags:a", "+bitexact")
"""Equal sounds, equal files: no random serial number, no date."""
QUALITY_UNIT = 118
"""Unit of ffmpeg's quality (FF_QP2LAMBDA)."""
TO_WAV = ("-i", ENCODED, "-c:a", "pcm_f32le", "-f", "wav", WAV)
CODEC2_MODES = ("3200", "2400", "1600", "1400", "1300", "1200", "700C")
CODEC2_RATE = 8000
SPEEX_RATES = (8000, 16000, 32000)
MP3_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
SURROUND_KBPS = 16
"""Rate per channel below which opusenc mixes more than two channels down to two."""


@dataclass(frozen=True, kw_only=True)
class ProgramCodec:
    """A codec at one setting, run as programs on files (see `Codec`)."""

    family: str
    setting: str
    suffix: str
    encoder: tuple[str, ...]
    """The program that encodes and what it is always given; `options` and the files follow."""
    options: tuple[str, ...]
    """The options that decide about the sound; part of the version."""
    files: tuple[str, ...] = (WAV, ENCODED)
    """The end of the encoder's command."""
    decoder: tuple[str, ...]
    """The whole command that decodes."""
    banner: Callable[[], str]
    """Program and library in one line."""
    most_channels: int
    """Sounds of more channels are refused."""
    rates: tuple[int, ...] = ()
    """Sampling rates (Hz) to choose the nearest from, where the encoder has only a few; it resamples by itself."""
    refused: Callable[[Shape], str | None] = lambda shape: None
    """Return why a sound is refused that the program would change; None where it is not."""
    lossless: bool = False

    def version(self) -> str:
        """Program, library and options."""
        program_path(self.encoder[0])
        program_path(self.decoder[0])
        rates = "|".join(map(str, self.rates))
        return f"{self.banner()}; {' '.join(self.options).replace(RATE, rates)}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        program_path(self.encoder[0])
        shape = shape_of(wav)
        check_channels(self.family, shape, self.most_channels)
        if (reason := self.refused(shape)) is not None:
            raise CodecError(reason)
        rate = nearest_rate(shape.rate, self.rates) if self.rates else shape.rate
        command = _filled((*self.encoder, *self.options, *self.files), wav, encoded, rate)
        return run_program(command, timeout=timeout, produces=encoded)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file."""
        return run_program(_filled(self.decoder, wav, encoded, 0), timeout=timeout, produces=wav)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the packets; None without `ffprobe`."""
        return packet_bytes(encoded)


def _filled(command: tuple[str, ...], wav: Path, encoded: Path, rate: int) -> list[str]:
    """The command with the real files; absolute, so that no name looks like an option or an address."""
    real = {WAV: str(wav.absolute()), ENCODED: str(encoded.absolute()), RATE: str(rate)}
    return [real.get(part, part) for part in command]


def nearest_rate(rate: int, rates: tuple[int, ...]) -> int:
    """The one of `rates` whose ratio to `rate` is nearest to 1 (Hz)."""
    return min(rates, key=lambda candidate: max(candidate / rate, rate / candidate))


def packet_bytes(encoded: Path) -> int | None:
    """Bytes of all packets of the first sound stream, counted by `ffprobe`; None where it is missing or fails.

    Headers of the stream are not packets: page and frame tables, the Info frame of an MP3 file, and the code books
    of Vorbis (3 to 5 KB), without which it cannot be decoded.
    """
    try:
        command = [program_path("ffprobe"), *PROBE, str(encoded.absolute())]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBING_SECONDS, check=True
        )
    except (CodecError, OSError, subprocess.SubprocessError):
        return None
    sizes = [line.split(b",")[0].strip() for line in done.stdout.splitlines()]
    return sum(int(size) for size in sizes if size.isdigit()) or None


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


def _through_ffmpeg(family: str, setting: str, suffix: str, options: tuple[str, ...], channels: int) -> ProgramCodec:
    """A codec of ffmpeg; `options` name the encoder after `-c:a`."""
    encoder = options[options.index("-c:a") + 1]
    return ProgramCodec(
        family=family,
        setting=setting,
        suffix=suffix,
        encoder=(*FFMPEG, "-i", WAV),
        options=options,
        files=("-f", "ogg", ENCODED) if suffix == ".spx" else (ENCODED,),
        # The decoder of Speex that ffmpeg would choose, its own, is several dB worse above 8 kHz (5.1.9).
        decoder=(*FFMPEG, *(("-c:a", "libspeex") if suffix == ".spx" else ()), *TO_WAV),
        banner=lambda: ffmpeg_with(encoder),
        most_channels=channels,
        rates=SPEEX_RATES if RATE in options else (),
    )


def opus(setting: str) -> ProgramCodec:
    """Opus by libopus at a target rate in kbit/s, all channels together (variable rate, best complexity).

    libopus gets sounds of 8, 12, 16, 24 and 48 kHz as they are, others at 48 kHz. On speech at 16 kHz this beats
    `opusenc`, which resamples everything to 48 kHz first; ffmpeg's own decoder keeps the phases that libopus's bends
    (docs/benchmark.md has the figures).
    """
    kbps = number_in("opus", setting, 6, 510, "kbit/s")
    options = ("-c:a", "libopus", "-b:a", f"{kbps}k", "-vbr", "on", "-compression_level", "10", *SAME_BYTES)
    return _through_ffmpeg("opus", kbps, ".opus", options, channels=2)


def aac(setting: str) -> ProgramCodec:
    """AAC-LC by ffmpeg's own encoder at an average rate in kbit/s, all channels together, in an MP4 file.

    The file says how many samples the encoder put before the sound, and ffmpeg skips them; its output extends
    to the end of the last frame of 1024 samples, a little longer than the original.
    """
    kbps = number_in("aac", setting, 8, 1024, "kbit/s")
    return _through_ffmpeg("aac", kbps, ".m4a", ("-c:a", "aac", "-b:a", f"{kbps}k", *SAME_BYTES), channels=8)


def vorbis(setting: str) -> ProgramCodec:
    """Vorbis by libvorbis at a quality from -1 to 10 (variable rate; about 45 kbit/s at -1 for 44.1 kHz stereo).

    Quality, not a bit rate: libvorbis refuses many of those (16 kbit/s at 44.1 kHz, anything with three channels).
    Not `-q:a` either, which ffmpeg ignores below 0. ffmpeg (5.1.9) misplaces the end of sounds that fit in one page,
    about 1 s, by up to 128 samples.
    """
    quality = number_in("vorbis", setting, -1, 10, "a quality")
    scaled = str(round(float(quality) * QUALITY_UNIT))
    options = ("-c:a", "libvorbis", "-global_quality:a", scaled, *SAME_BYTES[:-1], "+bitexact+qscale")
    return _through_ffmpeg("vorbis", quality, ".ogg", options, channels=8)


def codec2(setting: str) -> ProgramCodec:
    """Codec 2, a vocoder for speech, at a mode named after its rate in bit/s: 8 kHz, mono.

    ffmpeg resamples to 8 kHz on the way, which is part of the time; decoding gives 8 kHz. A vocoder rebuilds the
    sound of speech, not its waveform: signal-to-noise ratios say nothing about it.
    """
    mode = one_of("codec2", setting, CODEC2_MODES)
    options = ("-ar", str(CODEC2_RATE), "-c:a", "libcodec2", "-mode", mode, "-f", "codec2")
    return _through_ffmpeg("codec2", mode, ".c2", options, channels=1)


def speex(setting: str) -> ProgramCodec:
    """Speex at a constant rate in kbit/s or the nearest that it has: 8, 16 or 32 kHz, mono or stereo.

    ffmpeg resamples to whichever is nearest on the way, which is part of the time; decoding, by libspeex, stays there.
    """
    kbps = number_in("speex", setting, 2, 48, "kbit/s")
    options = ("-ar", RATE, "-c:a", "libspeex", "-b:a", f"{kbps}k", *SAME_BYTES)
    return _through_ffmpeg("speex", kbps, ".spx", options, channels=2)


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
        most_channels=8,
        refused=lambda shape: _mixed_down(shape, kbps),
    )


def _mixed_down(shape: Shape, kbps: str) -> str | None:
    """Return why `opusenc` must not have this sound: it mixes channels down where the rate is small."""
    least = SURROUND_KBPS * shape.channels
    if shape.channels <= 2 or float(kbps) >= least:
        return None
    return f"opusenc would mix {shape.channels} channels down to 2 at {kbps} kbit/s; it keeps them from {least} kbit/s"


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
        most_channels=2,
    )


def flac(setting: str) -> ProgramCodec:
    """FLAC at its smallest; lossless. Without the 8 KB that are otherwise kept free for comments."""
    command = ("flac", "--silent", "--force", "--channel-map=none")
    return ProgramCodec(
        family="flac",
        setting=no_setting("flac", setting),
        suffix=".flac",
        encoder=command,
        options=("-8", "--no-padding", "--no-seektable"),
        files=("-o", ENCODED, WAV),
        decoder=(*command, "--decode", "-o", WAV, ENCODED),
        banner=lambda: first_line("flac", "--version"),
        most_channels=8,
        lossless=True,
    )


_OPUS_LADDER = ("6", "8", "12", "16", "24", "32", "48", "64")
_LADDER = ("16", "24", "32", "48", "64", "96", "128")
_FFMPEG = "Debian: apt-get install ffmpeg"

PROGRAMS = (
    Family(
        "opus",
        opus,
        _OPUS_LADDER,
        "K: kbit/s, 6 to 510",
        "Opus, variable rate (libopus in ffmpeg); 1 or 2 channels",
        _FFMPEG,
    ),
    Family(
        "opusenc",
        opusenc,
        _OPUS_LADDER,
        "K: kbit/s, 6 to 512",
        "Opus, variable rate (opusenc and opusdec, which resample)",
        "Debian: apt-get install opus-tools",
    ),
    Family(
        "mp3",
        mp3,
        _LADDER,
        f"K: kbit/s, one of {', '.join(map(str, MP3_KBPS))}",
        "MP3, constant rate (lame); 1 or 2 channels",
        "Debian: apt-get install lame",
    ),
    Family("aac", aac, _LADDER, "K: kbit/s, 8 to 1024", "AAC-LC (ffmpeg's own encoder)", _FFMPEG),
    Family(
        "vorbis",
        vorbis,
        ("-1", "1", "3", "5"),
        "Q: quality, -1 to 10",
        "Vorbis, variable rate (libvorbis in ffmpeg)",
        _FFMPEG,
    ),
    Family(
        "speex",
        speex,
        ("4", "8", "16", "24"),
        "K: kbit/s, 2 to 48",
        "Speex for speech, 8, 16 or 32 kHz (libspeex in ffmpeg); 1 or 2 channels",
        _FFMPEG,
    ),
    Family(
        "codec2",
        codec2,
        ("3200", "2400", "1600", "1300", "700C"),
        f"MODE: one of {', '.join(CODEC2_MODES)}",
        "Codec 2, a vocoder for speech, 8 kHz (libcodec2 in ffmpeg); mono",
        _FFMPEG,
    ),
    Family("flac", flac, summary="FLAC, lossless", install="Debian: apt-get install flac"),
)
