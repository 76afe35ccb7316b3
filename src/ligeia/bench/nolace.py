"""Opus for speech, with the network that newer decoders have: NoLACE (Büthe et al. 2024), part of libopus since 1.5.

The streams are those of `libopus-voip`; the decoder repairs what its speech coder did to them. PyAV's libopus was built
without the network and FFmpeg's own decoder has none, so that this one is the libopus of the system, called directly.
"""

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.codec import CodecError, Family, Usage, number_in, run_here
from ligeia.bench.libopus import INSIDE, LADDER, LibopusCodec, encode_opus, original_rate

SET_COMPLEXITY = 4010
"""The request `OPUS_SET_COMPLEXITY`."""
NOLACE, PLAIN = 7, 5
"""Complexities of a decoder from which it uses NoLACE, and up to which it uses no network."""
LONGEST_SECONDS = 0.12
"""Longest duration of a packet (RFC 6716 §3.2.5)."""
SKIP = slice(10, 12)
"""Place of the samples to skip in the identification header (RFC 7845 §5.1)."""
PROBE_BITS = 12000


@dataclass(frozen=True)
class NolaceCodec:
    """libopus's application `voip` at a target rate in kbit/s, decoded with NoLACE (see `Codec`)."""

    setting: str
    family: str = "libopus-nolace"
    suffix: str = ".opus"
    lossless: bool = False

    def version(self) -> str:
        """Encoder and decoder."""
        encoder = self._encoder().version()
        _check_for_nolace()
        return f"{encoder}; decoded by {_text(_library().opus_get_version_string())}, complexity {NOLACE}"

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file."""
        return self._encoder().encode(wav, encoded, timeout)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to the length and, where libopus was given it, the rate of the original, as 32-bit float."""
        import av  # noqa: F401 - loading libraries is not part of the time

        _library()
        work = lambda: write_audio(wav, decoded(encoded, NOLACE), subtype="FLOAT", overwrite=True)  # noqa: E731
        return run_here(self.family, work)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of the packets."""
        return self._encoder().payload_bytes(encoded)

    def _encoder(self) -> LibopusCodec:
        return LibopusCodec("voip", self.setting)


def decoded(encoded: Path, complexity: int) -> Audio:
    """Decode a file of Opus by the system's libopus.

    Raises:
        CodecError: the library refuses a packet.
    """
    import av

    with av.open(str(encoded)) as container:
        stream = container.streams.audio[0]
        head = bytes(stream.codec_context.extradata or b"")
        packets = [bytes(packet) for packet in container.demux(stream) if packet.size]
        skip, channels, rate = int.from_bytes(head[SKIP], "little"), stream.codec_context.channels, original_rate(head)
        end = int(stream.duration or 0)
    samples = _samples(packets, rate, channels, complexity)
    first, last = (round(place * rate / INSIDE) for place in (skip, end))
    return Audio(np.ascontiguousarray(samples[:, first:last]), rate)


def _samples(packets: list[bytes], rate: int, channels: int, complexity: int) -> NDArray[np.float32]:
    """Decode packets to `[channels, time]`."""
    library, status, parts = _library(), ctypes.c_int(), []
    decoder = library.opus_decoder_create(rate, channels, ctypes.byref(status))
    most = round(LONGEST_SECONDS * rate)
    room = np.empty((most, channels), dtype=np.float32)
    try:
        library.opus_decoder_ctl(ctypes.c_void_p(decoder), SET_COMPLEXITY, ctypes.c_int(complexity))
        for packet in packets:
            place = ctypes.c_void_p(room.ctypes.data)
            count = library.opus_decode_float(ctypes.c_void_p(decoder), packet, len(packet), place, most, 0)
            if count < 0:
                raise CodecError(f"libopus: {_text(library.opus_strerror(count))}")
            parts.append(room[:count].T.copy())
    finally:
        library.opus_decoder_destroy(ctypes.c_void_p(decoder))
    return np.concatenate(parts, axis=1)


@cache
def _library() -> Any:
    """The system's libopus.

    Raises:
        CodecError: there is none.
    """
    try:
        library = ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")
    except OSError as error:
        raise CodecError("libopus is not installed (Debian 13: apt-get install libopus0)") from error
    library.opus_decoder_create.restype = ctypes.c_void_p
    for name in ("opus_get_version_string", "opus_strerror"):
        getattr(library, name).restype = ctypes.c_char_p
    return library


@cache
def _check_for_nolace() -> None:
    """Decode a tone with and without; builds that lack the network give the same twice.

    Raises:
        CodecError: this libopus has no NoLACE.
    """
    tone = Audio((0.1 * np.sin(np.arange(8000) / 5)).astype(np.float32)[None], 16000)
    with TemporaryDirectory(prefix="ligeia-bench-") as folder:
        encoded = Path(folder, "tone.opus")
        encode_opus(tone, encoded, PROBE_BITS, "voip")
        one, other = (decoded(encoded, complexity).samples for complexity in (PLAIN, NOLACE))
    if np.array_equal(one, other):
        found = _text(_library().opus_get_version_string())
        raise CodecError(
            f"{found} was built without NoLACE, or is older than 1.5 (Debian 13: apt-get install libopus0)"
        )


def _text(text: bytes) -> str:
    return text.decode(errors="replace")


def nolace(setting: str) -> NolaceCodec:
    """Application `voip` at a target rate in kbit/s, all channels together, decoded with NoLACE."""
    return NolaceCodec(number_in("libopus-nolace", setting, 6, 510, "kbit/s"))


LIBOPUS_NOLACE = Family(
    "libopus-nolace",
    nolace,
    LADDER,
    "K: kbit/s, 6 to 510",
    "Opus for speech: libopus-voip, decoded with NoLACE; 1 or 2 channels",
    "as libopus-voip, and libopus 1.5 or newer with OSCE (Debian 13: apt-get install libopus0)",
)
