"""Files made to pull other files out of the decoder, each with bait: nothing of it may come out.

That a trap works is shown first, where the ffmpeg at hand falls into it when it is free to guess.
"""

import http.server
import shutil
import struct
import subprocess
import threading

import numpy as np
import pytest
import soundfile
from made_sounds import noise

from ligeia.audio import ffmpeg
from ligeia.audio.reading import read_audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")

# --- files that name other files, with bait: nothing of it may come out ------------------------------

BAIT = np.random.default_rng(7).integers(-9000, 9000, 4000).astype(np.int16)

# Texts that some demuxer of ffmpeg follows to another file; {bait} is its path, {near} the same within the folder.
TEXTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{bait}\n#EXT-X-ENDLIST\n",
    "hls, relative": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{near}\n#EXT-X-ENDLIST\n",
    "hls through concat": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nconcat:{bait}|{bait}\n#EXT-X-ENDLIST\n",
    "hls through subfile": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsubfile,,start,0,end,9000,,:{bait}\n#EXT-X-ENDLIST\n"
    ),
    "ffconcat": "ffconcat version 1.0\nfile {near}\n",
    "ffconcat with options": "ffconcat version 1.0\nfile {near}\noption protocol_whitelist file,crypto,data\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:'
        'profile:isoff-on-demand:2011" mediaPresentationDuration="PT1S" minBufferTime="PT1S"><Period duration="PT1S">'
        '<AdaptationSet contentType="audio" mimeType="audio/mp4"><Representation id="1" bandwidth="100000">'
        "<BaseURL>{bait}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 49170 RTP/AVP 0\n",
    "filter graph": "amovie={bait}",
    "m3u": "{bait}\n",
    "pls": "[playlist]\nFile1={bait}\nNumberOfEntries=1\n",
    "asx": '<asx version="3.0"><entry><ref href="{bait}"/></entry></asx>',
    "asf reference": "[Reference]\nRef1=file://{bait}\n",
    "cue sheet": 'FILE "{near}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "subtitles": "# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n",
    "subtitles with pictures": "1\n00:00:00,000 --> 00:00:01,000\n<img src='{bait}'>\n",
    "imf": (
        '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
        "<Id>{bait}</Id></CompositionPlaylist>"
    ),
    "smil": '<smil><body><audio src="{bait}"/></body></smil>',
}


TRAPS = ["hls", "hls, relative", "ffconcat", "dash"]
"""Kinds that work against ffmpeg 5, left to itself."""


@pytest.fixture
def bait(tmp_path):
    """A private recording in another folder, as a WAV file and as the fragmented MP4 file that playlists consist of."""
    path = tmp_path / "uploads" / "private" / "secret.mp4"
    path.parent.mkdir(parents=True)
    soundfile.write(path.with_suffix(".wav"), BAIT, 8000)
    fragments = ["-c:a", "alac", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", path.with_suffix(".wav"), *fragments, path], check=True)
    return path


def share_of_bait(samples):
    """How much of the sound is the bait: samples at full scale 32768."""
    return np.isin(samples, BAIT).mean() if len(samples) > 1000 else 0.0


@needs_ffmpeg
@pytest.mark.parametrize("kind", TRAPS)
def test_the_traps_work(bait, kind):
    path = bait.parents[1] / "song.wav"
    path.write_text(TEXTS[kind].format(bait=bait, near="private/secret.mp4"))
    free = ["-protocol_whitelist", "file,crypto,data,concat,subfile", "-i", path, "-f", "s16le", "-"]
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *free], capture_output=True)
    if b"blocked" in done.stderr or b"not in allowed" in done.stderr:
        pytest.skip("this ffmpeg refuses by itself")
    assert share_of_bait(np.frombuffer(done.stdout, np.int16)) > 0.9, done.stderr


def assert_refused(path):
    """`path` is refused, and the decoder by itself leaves nothing of the bait either."""
    with pytest.raises(InputError, match="not a recording that can be read") as caught:
        read_audio(path)
    assert "\n" not in str(caught.value)
    wav = path.with_name("decoded.wav")
    with pytest.raises(InputError):
        ffmpeg.decode(path, wav)
    assert not wav.exists() or len(soundfile.read(wav)[0]) == 0


@needs_ffmpeg
@pytest.mark.parametrize("name", ["song.wav", "song.m3u8"])
@pytest.mark.parametrize("kind", TEXTS)
def test_texts_that_name_other_files_are_refused(bait, kind, name):
    path = bait.parents[1] / name
    path.write_text(TEXTS[kind].format(bait=bait, near="private/secret.mp4"))
    assert_refused(path)


@needs_ffmpeg
@pytest.mark.parametrize(("kind", "demuxer"), [("hls", "hls"), ("ffconcat", "concat"), ("dash", "dash")])
def test_a_wrong_demuxer_could_not_open_files_either(bait, monkeypatch, kind, demuxer):
    monkeypatch.setattr(ffmpeg, "find_demuxer", lambda file: demuxer)
    path = bait.parents[1] / "song.wav"
    path.write_text(TEXTS[kind].format(bait=bait, near="private/secret.mp4"))
    assert_refused(path)


@needs_ffmpeg
@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\n", b"ID3\x04\0\0\0\0\0\0", b"RIFF\0\0\0\0WAVE", b"\0" * 9])
@pytest.mark.parametrize("kind", ["hls", "ffconcat"])
def test_a_prefix_does_not_help(bait, kind, prefix):
    path = bait.parents[1] / "song.mp3"
    path.write_bytes(prefix + TEXTS[kind].format(bait=bait, near="private/secret.mp4").encode())
    assert_refused(path)


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def boxes(data):
    """The boxes of an MP4 file or of one of its boxes, as (kind, body)."""
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        yield data[place + 4 : place + 8], data[place + 8 : place + size]
        place += size


def with_external_data(data, alias):
    """The MP4 bytes `data` with `alias` in place of "the samples are in this file"."""
    out = b""
    for kind, body in boxes(data):
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
            body = with_external_data(body, alias)
        elif kind == b"dref":
            body = struct.pack(">II", 0, 1) + box(b"alis", bytes(4), alias)
        out += box(kind, body)
    return out


def alias_of(path):
    """A Macintosh alias of the file `path`, the way QuickTime movies refer to samples in other files."""
    name = str(path).encode()
    head = bytes(10) + bytes([1]) + b"/".ljust(27, b"\0") + bytes(12)
    head += bytes([len(path.name)]) + path.name.encode().ljust(63, b"\0") + bytes(16)
    levels = struct.pack(">HH", 1, 2) + bytes(16)
    absolute = struct.pack(">HH", 2, len(name)) + name + b"\0" * (len(name) % 2)
    return head + levels + absolute + struct.pack(">HH", 0xFFFF, 0)


def movie_that_points_at(path, bait):
    """A QuickTime file without samples of its own: its chunk offsets are those of `bait`."""
    made = path.with_name("made.mov")
    command = ["ffmpeg", "-v", "error", "-i", bait, "-map_metadata", "-1", "-c:a", "pcm_s16le", made]
    subprocess.run(command, check=True)
    path.write_bytes(with_external_data(made.read_bytes().replace(BAIT.tobytes(), bytes(8000)), alias_of(bait)))
    made.unlink()


@needs_ffmpeg
@pytest.mark.parametrize("name", ["song.mov", "song.wav"])
def test_movies_whose_samples_are_in_another_file(bait, name):
    path = bait.parents[1] / name
    movie_that_points_at(path, bait.with_suffix(".wav"))
    allowed = ["-enable_drefs", "1", "-use_absolute_path", "1", "-i", path, "-f", "f32le", "-"]
    leaked = subprocess.run(["ffmpeg", "-v", "error", *allowed], capture_output=True, check=True).stdout
    assert share_of_bait(np.frombuffer(leaked, np.float32) * 32768) > 0.9  # the trap itself works
    try:
        samples = read_audio(path).samples
    except InputError:
        return
    assert not np.isin(samples[samples != 0] * 32768, BAIT).any()


@needs_ffmpeg
def test_pictures_numbered_like_the_name_are_not_read(bait):
    folder = bait.parents[1]
    picture = ["-f", "lavfi", "-i", "testsrc=d=0.2:r=10", str(folder / "song%d.png")]
    subprocess.run(["ffmpeg", "-v", "error", *picture], check=True)
    path = folder / "song%d.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    free = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "rawvideo", "-"], capture_output=True)
    assert len(free.stdout) > 10000  # the trap itself works
    assert_refused(path)


@needs_ffmpeg
@pytest.mark.parametrize("muxer", ["mxf", "mxf_opatom"])
def test_formats_that_may_consist_of_several_files_are_refused(tmp_path, muxer):
    video = ["-f", "lavfi", "-i", "testsrc=d=0.2:s=720x576:r=25"] if muxer == "mxf" else []
    sound = ["-f", "lavfi", "-i", "sine=d=0.2:r=48000", "-c:a", "pcm_s16le"]
    path = tmp_path / "song.mxf"
    subprocess.run(["ffmpeg", "-v", "error", *video, *sound, "-f", muxer, path], check=True)
    with pytest.raises(InputError, match="no known audio format"):
        read_audio(path)


@pytest.mark.parametrize(
    "name", ["concat:{bait}|{bait}", "subfile,,start,0,end,0,,:{bait}", "file:{bait}", "file://{bait}", "async:{bait}"]
)
@needs_ffmpeg
def test_names_are_names_of_files(bait, name):
    name = name.format(bait=bait.with_suffix(".wav"))
    free = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", name, "-f", "s16le", "-"], capture_output=True)
    assert share_of_bait(np.frombuffer(free.stdout, np.int16)) > 0.9  # the trap itself works
    with pytest.raises(InputError, match="No such file"):
        read_audio(name)
    with pytest.raises(InputError, match="does not exist"):
        write_audio(name + ".wav", noise())


@needs_ffmpeg
def test_addresses_are_not_asked(bait):
    asked = []

    class Server(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=bait.parent)

        def log_message(self, *arguments):
            asked.append(arguments)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/secret.mp4"
        playlist = bait.parents[1] / "song.wav"
        playlist.write_text(TEXTS["hls"].format(bait=address))
        for name in (address, playlist):
            with pytest.raises(InputError, match=r"No such file|no known audio format"):
                read_audio(name)
        ours = len(asked)
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", address, "-f", "null", "-"], check=True)
        server.shutdown()
    assert ours == 0
    assert asked  # the trap itself works


@needs_ffmpeg
@pytest.mark.parametrize("name", ["-y", "-i", "@file", "|cat", "a b\n'\".m4a", "é\udcff.m4a", "x" * 250 + ".m4a"])
def test_strange_names_of_real_recordings(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_audio(tmp_path / "made.m4a", noise(1, 3000))
    (tmp_path / "made.m4a").rename(tmp_path / name)
    assert read_audio(name).sample_count >= 3000
    write_audio(tmp_path / f"{name[:200]}.m4a", noise(1, 3000), overwrite=True)
    assert read_audio(tmp_path / f"{name[:200]}.m4a").sample_count >= 3000
