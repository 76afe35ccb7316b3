"""Make the streams in examples/streams/ and put them into examples/player.html: python scripts/make_example_streams.py

The recordings are those of scripts/make_demo_clip.py. A page that is opened from a file may load nothing, so that
player.html holds each stream as a `data:` address. Its text is written by hand; only the addresses of elements with
`data-stream` are replaced.
"""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import ligeia

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PAGE = EXAMPLES / "player.html"


@dataclass(frozen=True)
class Example:
    """A stream to be made."""

    recording: str
    title: str
    kbps: float
    denoised: bool = False


STREAMS = {
    "sentence.lig": Example("demo.flac", "A sentence over plucked strings", 20),
    "memo.lig": Example("noisy_memo.flac", "A memo without its noise", 12, denoised=True),
    "strings.lig": Example("pluck_stereo.flac", "Plucked strings in stereo", 56),
}


def stream_of(example: Example) -> bytes:
    """Return the stream of an example."""
    audio = ligeia.read_audio(EXAMPLES / example.recording)
    if example.denoised:
        audio = ligeia.denoise(audio).audio
    return ligeia.encode(audio, kbps=example.kbps, tags={"title": example.title, "license": "Apache-2.0"})


def address_of(stream: bytes) -> str:
    """Return a stream as a `data:` address."""
    return "data:application/octet-stream;base64," + base64.b64encode(stream).decode()


def with_streams(page: str, streams: dict[str, bytes]) -> str:
    """Return a page in which the elements with `data-stream="NAME"` have the address of that stream."""

    def replaced(match: re.Match[str]) -> str:
        return f'{match[1]}"{address_of(streams[match[2]])}"'

    return re.sub(r'(data-stream="([^"]+)"\s+src=)"[^"]*"', replaced, page)


def main() -> None:
    """Write the streams and the page."""
    streams = {name: stream_of(example) for name, example in STREAMS.items()}
    for name, stream in streams.items():
        (EXAMPLES / "streams" / name).write_bytes(stream)
        print(f"{name}: {len(stream):,} bytes")
    PAGE.write_text(with_streams(PAGE.read_text(encoding="utf-8"), streams), encoding="utf-8")


if __name__ == "__main__":
    main()
