"""What attackers and accidents do to the service, each row of the table a test; docs/serve.md shows the same table.

| row | what happens |
| --- | --- |
| large | a body larger than the limit, declared, counted, or beyond what was declared |
| lengths | lengths that lie: negative, too short, too long, two kinds at once |
| half | a body that stops half-way |
| slow-body | a body that comes too slowly |
| slow-headers | headers that come too slowly, or never |
| idle | many idle connections |
| full-disk | no room on the disk |
| quota | too much of a session, or of all together |
| range | ranges that are not there |
| names | names with paths, quotes, line breaks and letters that turn the text |
| traversal | paths that lead out of the folder |
| host | a name that is bound to this machine by somebody else (DNS rebinding) |
| cross-site | a page of another site that posts |
| foreign | ids of another session |
| fixation | a token that the client has chosen |
| bomb | a few bytes that stand for days of sound |
| playlist | a playlist that is called a recording |
| not-sound | bytes of no format, and of a cut recording |
| leak | an error that shows where it happened |
| flood | too many writes, uploads, jobs or streams |
"""

import asyncio
import io
import shlex
import socket
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from made_headers import silent
from made_service import HOST, Running, add_job, add_sound, finish_job, recording, running_service, wait_for

from ligeia.audio.blocks import Segments
from ligeia.networks.siren import Siren
from ligeia.server import headers, sounds
from ligeia.server.limits import MOST_UPLOADS, most_samples
from ligeia.server.protocol import MOST_CONNECTIONS
from ligeia.server.tables import results
from ligeia.server.uploads import clear_incoming, receive

POST = "POST /api/sounds?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def test_every_row_of_the_table_has_a_test(request):
    rows = {line.split("|")[1].strip() for line in __doc__.splitlines() if line.startswith("|")} - {"row", "---"}
    named = " ".join(item.name for item in request.session.items if item.fspath == request.node.fspath)
    everything = named if len(named) > 400 else " ".join(name for name in globals() if name.startswith("test_"))
    assert {row for row in rows if f"test_{row.replace('-', '_')}_" not in everything} == set()


def assert_problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    assert set(answer.json()) == {"code", "detail"}
    for name in headers.SECURITY:
        assert answer.headers[name] == headers.SECURITY[name]


# --- large, lengths, half, slow ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [100 * 10**6 + 1, 10**17, 10**30])
def test_large_uploads_are_refused_before_a_byte_is_read(visitor, size):
    answer = visitor.post("/api/sounds?name=a", content=b"x", headers={"content-length": str(size)})
    assert_problem(answer, 413, "too_large")
    assert "100 MB" in answer.json()["detail"]


def test_large_bodies_elsewhere_are_refused_as_problems(visitor):
    assert_problem(visitor.post("/api/jobs", content=b" " * 70_000), 413, "too_large")
    chunks = (b" " * 10_000 for _ in range(10))
    assert_problem(visitor.post("/api/jobs", content=chunks), 413, "too_large")


def test_large_chunked_uploads_are_not_begun(visitor):
    answer = visitor.post("/api/sounds?name=a", content=iter([recording()]))
    assert_problem(answer, 411, "length_required")


@pytest.mark.parametrize(
    ("stated", "body", "status"),
    [
        ("Content-Length: -5\r\n", b"hello", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", b"hello", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n", 411),
        ("Content-Length: 5x\r\n", b"hello", 400),
        ("", b"", 411),
    ],
    ids=["negative", "twice", "both kinds", "no number", "none"],
)
def test_lengths_that_lie_are_refused(server, stated, body, status):
    answer = server.raw(f"{POST}Connection: close\r\n{stated}\r\n".encode() + body)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b'"code"' in answer
    assert not list(server.settings.incoming.iterdir())


def test_lengths_that_are_too_short_leave_no_second_upload(server):
    wav = recording()
    answer = server.raw(f"{POST}Content-Length: {len(wav)}\r\n\r\n".encode() + wav + b"and more of it\r\n\r\n")
    first, _, rest = answer.partition(b"HTTP/1.1 400 ")
    assert first.startswith(b"HTTP/1.1 201 ")
    assert b"bad_request" in rest


def test_half_a_body_leaves_no_file_and_no_traceback(server):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"{POST}Content-Length: 100000\r\n\r\n".encode() + b"x" * 1000)
        wait_for(lambda: list(server.settings.incoming.glob("*")))  # the folder comes when the server has begun
    wait_for(lambda: not list(server.settings.incoming.iterdir()))
    wait_for(lambda: any(line["status"] == 499 for line in server.lines("request")))
    assert not server.lines("failed")
    assert not [line for line in server.lines() if "trace" in line]


def test_slow_body_is_ended(server):
    answer = server.raw(f"{POST}Content-Length: 100000\r\n\r\n".encode() + b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"too_slow" in answer
    assert not list(server.settings.incoming.iterdir())


@pytest.mark.parametrize("data", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A"])
def test_slow_headers_are_ended(server, data):
    began = time.monotonic()
    assert server.raw(data).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 15  # the server's deadline is half a second here


def test_slow_headers_on_a_connection_that_is_kept(server):
    ask = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = server.raw(ask + b"GET /hea")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


def test_slow_headers_byte_by_byte_are_ended(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        begun = time.monotonic()

        def trickle():
            try:
                for letter in b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000:
                    connection.sendall(bytes([letter]))
                    time.sleep(0.05)
            except OSError:
                return

        sender = threading.Thread(target=trickle, daemon=True)
        sender.start()
        assert b" 408 " in connection.recv(1000)
        assert time.monotonic() - begun < 15
    sender.join()


def test_idle_connections_do_not_shut_others_out(server):
    assert MOST_CONNECTIONS >= 500
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    try:
        assert server.ask("GET", "/healthz")[0].status == 200
    finally:
        for connection in idle:
            connection.close()


# --- room ----------------------------------------------------------------------------------------------


def test_half_an_upload_is_left_alone_by_a_second_server_and_removed_after_a_crash(tmp_path):
    with running_service(tmp_path) as running:
        coming, left = (running.service.settings.incoming / f"{name}.part" for name in ("coming", "left"))
        left.write_bytes(b"of a server that was killed")

        async def body():
            yield b"ab"
            clear_incoming(running.service.settings)  # as another server does when it starts
            assert coming.exists()
            assert not left.exists()
            yield b"cd"

        received = asyncio.run(receive(body(), 4, coming, running.service.settings))
        assert (received.bytes, coming.read_bytes()) == (4, b"abcd")


def test_full_disk_is_said_before_anything_is_written(tmp_path):
    with running_service(tmp_path, reserve_bytes=10**18) as running:
        assert_problem(running.client.post("/api/sounds?name=a", content=recording()), 507, "disk_full")
        assert not running.incoming


def test_full_disk_while_writing_leaves_nothing(running, visitor, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ligeia.server.uploads._take", full)
    assert_problem(visitor.post("/api/sounds?name=a", content=recording()), 507, "disk_full")
    assert not running.incoming
    assert visitor.get("/api/sounds").json() == []


def test_quota_of_a_session_and_of_all(tmp_path):
    size = len(recording())
    with running_service(tmp_path, session_bytes=2 * size, total_bytes=3 * size) as running:
        one, other = running.client, running.visitor()
        add_sound(one), add_sound(one)
        assert_problem(one.post("/api/sounds?name=a", content=recording()), 413, "quota")
        add_sound(other)
        assert_problem(other.post("/api/sounds?name=a", content=recording()), 507, "quota_of_all")
        one.delete("/api/session")
        add_sound(other)


def test_quota_counts_results_too(tmp_path):
    with running_service(tmp_path, session_bytes=100_000) as running:
        add_job(running.client, add_sound(running.client)["id"])
        finish_job(running.service, tmp_path, {"wav": ("a.wav", bytes(100_000))})
        assert_problem(running.client.post("/api/sounds?name=a", content=recording()), 413, "quota")


def test_quota_holds_for_results_that_are_to_come(tmp_path):
    with running_service(tmp_path, session_bytes=100_000, max_seconds=5.0) as running:
        sound = add_sound(running.client, recording(4.0))["id"]
        job = {"sound": sound, "settings": {"task": "denoise"}}
        assert_problem(running.client.post("/api/jobs", json=job), 413, "quota")
        assert running.client.get("/api/jobs").json() == []


def test_full_disk_is_said_before_a_job_is_begun(tmp_path, monkeypatch):
    with running_service(tmp_path) as running:
        sound = add_sound(running.client)["id"]
        monkeypatch.setattr("ligeia.server.limits.shutil.disk_usage", lambda path: SimpleNamespace(free=5_000))
        assert_problem(
            running.client.post("/api/jobs", json={"sound": sound, "settings": {"task": "restore"}}), 507, "disk_full"
        )


def test_bomb_of_a_rate_is_refused_before_the_job_is_begun(tmp_path):
    with running_service(tmp_path, max_seconds=1.0) as running:
        sound = add_sound(running.client, flac_of_silence(1, 48_000, 8))["id"]
        job = {"sound": sound, "settings": {"task": "extend", "rate": 192_000}}
        assert_problem(running.client.post("/api/jobs", json=job), 413, "too_large")


# --- what is asked for ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(running: Running, tmp_path_factory: pytest.TempPathFactory):
    """A visitor with a job that is done, and the address of its result, ten bytes."""
    visitor = running.visitor()
    job = add_job(visitor, add_sound(visitor)["id"])["id"]
    name = 'a "b"\r\nX: y/../c.wav'
    assert finish_job(running.service, tmp_path_factory.mktemp("made"), {"wav": (name, b"0123456789")}) == job
    return visitor, f"/api/jobs/{job}/results/wav"


@pytest.mark.parametrize(
    ("asked", "status", "body", "place"),
    [
        ("bytes=2-5", 206, b"2345", "bytes 2-5/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-999999999999999999", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=" + ",".join(["0-0"] * 500), 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=٣-٤", 200, b"0123456789", None),
    ],
)
def test_range_gives_what_is_there(made, asked, status, body, place):
    visitor, address = made
    answer = visitor.get(address, headers={"range": asked.encode()})
    assert (answer.status_code, answer.content, answer.headers.get("content-range")) == (status, body, place)
    assert answer.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_range_past_the_end_is_refused(made, asked):
    visitor, address = made
    answer = visitor.get(address, headers={"range": asked})
    assert_problem(answer, 416, "not_in_range")
    assert answer.headers["content-range"] == "bytes */10"


def test_range_of_another_version_gives_all(made):
    visitor, address = made
    tag = visitor.get(address).headers["etag"]
    assert visitor.get(address, headers={"range": "bytes=0-1", "if-range": tag}).status_code == 206
    assert visitor.get(address, headers={"range": "bytes=0-1", "if-range": '"other"'}).status_code == 200
    assert visitor.get(address, headers={"if-none-match": f'"x", {tag}'}).status_code == 304


def test_names_of_results_break_no_header(made):
    visitor, address = made
    answer = visitor.get(address, params={"download": "1"})
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"a _b___X_ y_.._c.wav\"; filename*=UTF-8''a%20%22b%22%0D%0AX%3A%20y%2F..%2Fc.wav"
    )
    assert "x" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "audio/wav"
    assert visitor.get(address).headers["content-disposition"] == "attachment"  # never shown as a page


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd%00.wav", "passwd%00.wav"),
        ("../../etc/passwd\0.wav", "passwd.wav"),
        ("C:\\secret\\a.wav", "a.wav"),
        ("a\r\nSet-Cookie: x=y.wav", "aSet-Cookie: x=y.wav"),
        ("gpj\u202evaw.exe", "gpjvaw.exe"),
        ("..", "recording"),
        ("", "recording"),
        ("Grüße 🎙.wav", "Grüße 🎙.wav"),
    ],
)
def test_names_of_recordings_are_labels(running, visitor, name, kept):
    sound = add_sound(visitor, name=name)
    assert sound["name"] == kept
    assert (running.service.settings.data / "files" / "sounds" / sound["id"] / "original").is_file()


@pytest.mark.parametrize("letter", ["'", '"', "$", "ä", "🎙"])
@pytest.mark.parametrize("task", [{"task": "compress", "kbps": 24.123456}, {"task": "extend", "rate": 44100}])
def test_names_however_long_break_neither_command_nor_table(visitor, letter, task):
    sound = add_sound(visitor, name=letter * 251 + ".wav")
    words = shlex.split(add_job(visitor, sound["id"], **task)["command"])
    assert words[:3] == ["ligeia", words[1], sound["name"]]
    assert words[-1] in ("24.123456", "44100")
    assert len(sound["name"] + "-reference-overview.lgov") <= results.c.name.type.length


@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs/..%2f..%2f/results/wav",
        "/api/sounds/%00",
        "/api/sounds/..%2f..%2fligeia.sqlite",
        "/api/shared/%00",
        "/api/shared/..%2f..",
        "/..%2f..%2fligeia.sqlite",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%5c..%5capp.py",
    ],
)
def test_traversal_finds_nothing(made, path):
    visitor, _ = made
    assert_problem(visitor.get(path), 404, "not_found")


def test_traversal_from_the_page_finds_nothing(tmp_path, made_page):
    (tmp_path / "secret.html").write_text("secret")
    with running_service(tmp_path, page=made_page) as running:
        for path in ("/..%2fsecret.html", "/assets/..%2f..%2fsecret.html", "/%2e%2e%2fsecret.html", "/assets/%00"):
            answer = running.client.get(path)
            assert answer.status_code == 404
            assert "secret" not in answer.text


# --- who is asking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", f"{HOST}.", "a" * 300])
def test_host_names_of_others_are_refused(visitor, host):
    assert_problem(visitor.get("/api/limits", headers={"host": host}), 400, "bad_request")


def test_host_names_of_this_machine_are_taken(tmp_path):
    with running_service(tmp_path, hosts=["127.0.0.1", "localhost", "[::1]"]) as running:
        for host in ("127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8000"):
            assert running.client.get("/api/limits", headers={"host": host}).status_code == 200, host
        assert running.client.get("/api/limits", headers={"host": "[::2]"}).status_code == 400


@pytest.mark.parametrize(
    "said",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"http://{HOST}.evil.example"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"},
        {"origin": "http://[", "content-type": "text/plain"},
    ],
)
def test_cross_site_writing_is_refused(made, said):
    visitor, address = made
    for method, path in (
        ("POST", "/api/sounds?name=a"),
        ("POST", "/api/jobs"),
        ("DELETE", "/api/session"),
        ("DELETE", address.partition("/results")[0]),
    ):
        assert_problem(visitor.request(method, path, headers=said), 403, "cross_site")
    assert visitor.get(address).status_code == 200  # nothing has changed


@pytest.mark.parametrize("said", [{"sec-fetch-site": "same-origin"}, {"origin": f"http://{HOST}"}, {}])
def test_cross_site_rules_let_the_page_and_programs_write(visitor, said):
    assert visitor.post("/api/sounds?name=a", content=recording(), headers=said).status_code == 201


def test_cross_site_reading_gets_no_permission(made):
    visitor, address = made
    answer = visitor.get(address, headers={"origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    assert visitor.options("/api/jobs", headers=asked).status_code == 405


def test_foreign_ids_are_not_there(running, made):
    owner, address = made
    job = address.split("/")[3]
    sound = owner.get(f"/api/jobs/{job}").json()["sound"]
    stranger = running.visitor()
    add_sound(stranger)  # a session of its own
    nobody = running.visitor()
    asked = [("GET", f"/api/sounds/{sound}"), ("DELETE", f"/api/sounds/{sound}"), ("GET", address)]
    asked += [(method, f"/api/jobs/{job}") for method in ("GET", "DELETE")]
    asked += [(method, f"/api/jobs/{job}/share") for method in ("POST", "DELETE")]
    asked += [("POST", f"/api/jobs/{job}/cancel")]
    never = sounds.is_id(job) and job[::-1]
    for who in (stranger, nobody):
        for method, path in asked:
            answer = who.request(method, path)
            assert_problem(answer, 404, "not_found")
            gone = who.request(method, path.replace(job, never).replace(sound, never))
            assert gone.json() == answer.json()  # nobody learns which ids there are
        job_of_it = {"sound": sound, "settings": {"task": "compress"}}
        assert_problem(who.post("/api/jobs", json=job_of_it), 404, "not_found")
        assert job not in who.get("/api/jobs").text
    mine = add_sound(stranger)["id"]
    scored = {"sound": mine, "settings": {"task": "score", "estimate": sound}}
    assert_problem(stranger.post("/api/jobs", json=scored), 404, "not_found")
    assert owner.get(address).content == b"0123456789"


def test_fixation_of_a_token_begins_no_session(running):
    visitor = running.visitor()
    visitor.cookies.set("ligeia", "chosen-by-somebody-else")
    answer = visitor.post("/api/sounds?name=a", content=recording())
    given = answer.headers["set-cookie"]
    assert "chosen-by-somebody-else" not in given
    for part in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert part in given


# --- what is uploaded ----------------------------------------------------------------------------------


def flac_of_silence(seconds, rate=8000, channels=1):
    soundfile.write(file := io.BytesIO(), np.zeros((seconds * rate, channels), np.int16), rate, format="FLAC")
    return file.getvalue()


def test_bomb_of_flac_is_refused_by_its_header(running, visitor):
    bomb = flac_of_silence(3600)
    assert len(bomb) < 200_000  # stands for 115 MB of samples
    answer = visitor.post("/api/sounds?name=a.flac", content=bomb)
    assert_problem(answer, 413, "too_large")
    assert "3,600.0 s" in answer.json()["detail"]
    assert "600 s" in answer.json()["detail"]
    assert not running.incoming


@pytest.mark.parametrize(
    ("channels", "rate", "said"), [(9, 8000, "8 are the most"), (1, 400_000, "192,000 Hz are the most")]
)
def test_bomb_of_channels_or_rate_is_refused(visitor, channels, rate, said):
    answer = visitor.post("/api/sounds?name=a.wav", content=recording(0.01, rate, channels))
    assert_problem(answer, 413, "too_large")
    assert said in answer.json()["detail"]


def test_bomb_of_samples_is_refused_by_its_header(tmp_path):
    with running_service(tmp_path, max_seconds=1.0) as running:
        assert most_samples(running.service.settings) == 384_000
        add_sound(running.client, flac_of_silence(1, 48_000, 8))
        answer = running.client.post("/api/sounds?name=a", content=flac_of_silence(1, 96_000, 8))
        assert_problem(answer, 413, "too_large")


def test_bomb_of_a_stream_is_refused_by_its_header(visitor):
    for segments in (Segments(2**33, 2**26 // 2, 2**26 // 2), Segments(8000 * 601, 2**15, 2**15)):
        bomb = silent(Siren(width=1, depth=1), segments)
        assert len(bomb) < 50_000
        assert_problem(visitor.post("/api/sounds?name=a.lig", content=bomb), 413, "too_large")


def test_bomb_of_what_is_compared_as_a_whole_is_refused(visitor, monkeypatch):
    monkeypatch.setattr("ligeia.server.routes.jobs.MOST_VALUES", 10_000)
    short, long = (add_sound(visitor, recording(seconds))["id"] for seconds in (1.0, 2.0))
    for pair in ((short, long), (long, short)):
        job = {"sound": pair[0], "settings": {"task": "score", "estimate": pair[1]}}
        assert_problem(visitor.post("/api/jobs", json=job), 413, "too_large")
    add_job(visitor, short, task="score", estimate=short)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{near}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {near}\n",
    "cue": 'FILE "{near}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "m3u": "{near}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 49170 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("prefix", [b"", b"ID3\x04\0\0\0\0\0\0", b"RIFF\0\0\0\0WAVE"], ids=["bare", "id3", "riff"])
def test_playlist_that_names_a_neighbour_is_refused(running, visitor, kind, prefix):
    victim = running.visitor()
    secret = running.service.settings.data / "files" / "sounds" / add_sound(victim)["id"] / "original"
    for near in (secret, f"../files/sounds/{secret.parent.name}/original"):
        text = prefix + PLAYLISTS[kind].format(near=near).encode()
        answer = visitor.post("/api/sounds?name=song.mp3", content=text)
        assert_problem(answer, 422, "not_a_recording")
        assert str(running.service.settings.data) not in answer.text
    assert not running.incoming


@pytest.mark.parametrize(
    "data", [b"x", b"hello" * 100, b"LIG", b"LIG\x01" + bytes(50), recording()[:30], recording(1)[:9000], bytes(5000)]
)
def test_not_sound_is_refused_in_one_line(running, visitor, data):
    answer = visitor.post("/api/sounds?name=a.wav", content=data)
    assert_problem(answer, 422, "not_a_recording")
    assert "\n" not in answer.json()["detail"]
    assert str(running.service.settings.data) not in answer.text
    assert ".part" not in answer.text
    assert not running.incoming
    assert visitor.cookies.get("ligeia") is None  # no session begins


@pytest.mark.parametrize("body", [b"{", b'{"sound": "\xff"}', b"[" * 30_000, b'{"a": ' + b"1" * 5000 + b"}"])
def test_not_json_is_said(visitor, body):
    answer = visitor.post("/api/jobs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert "JSON" in answer.json()["detail"]


# --- errors and floods -----------------------------------------------------------------------------------


def test_leak_of_an_unexpected_error_is_none(visitor, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("secret")

    monkeypatch.setattr("ligeia.server.routes.session._metrics", broken)
    answer = visitor.get("/api/limits")
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_flood_of_made_up_methods_begins_no_figures(running, visitor):
    for number in range(20):
        assert visitor.request(f"MADE{number}", "/api/jobs").status_code == 405
    assert b"MADE" not in running.service.metrics.text()
    assert b'method="other"' in running.service.metrics.text()


def test_flood_of_writes_is_told_when_to_come_back(tmp_path):
    with running_service(tmp_path, writes_per_minute=3) as running:
        for _ in range(4):
            answer = running.client.post("/api/sounds?name=a", content=recording())
        add = [running.client.post("/api/sounds?name=a", content=recording()).status_code for _ in range(3)]
        assert 429 in [answer.status_code, *add]
        refused = running.client.delete("/api/session")
        assert_problem(refused, 429, "too_often")
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert running.client.get("/api/sounds").status_code == 200  # reading goes on


def test_flood_from_one_address_is_held_up_whatever_its_cookies(tmp_path):
    with running_service(tmp_path, writes_per_minute=3) as running:
        seen = [running.visitor(client=("203.0.113.7", 5000 + n)).delete("/api/session").status_code for n in range(4)]
        assert seen == [204, 204, 204, 429]
        assert running.visitor(client=("203.0.113.8", 5000)).delete("/api/session").status_code == 204


def test_flood_of_jobs_is_refused(tmp_path):
    with running_service(tmp_path, max_waiting=2) as running:
        sound = add_sound(running.client)["id"]
        first = add_job(running.client, sound)
        add_job(running.client, sound)
        third = {"sound": sound, "settings": {"task": "compress"}}
        answer = running.client.post("/api/jobs", json=third)
        assert_problem(answer, 429, "too_many_jobs")
        assert answer.headers["retry-after"]
        running.client.post(f"/api/jobs/{first['id']}/cancel")
        add_job(running.client, sound)


def test_flood_of_uploads_at_a_time_is_refused(server):
    head = f"{POST}Cookie: {server.visitor()}\r\nContent-Length: 100000\r\n\r\n".encode()
    open_ones = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(MOST_UPLOADS)]
    try:
        for connection in open_ones:
            connection.sendall(head + b"x")
        wait_for(lambda: len(list(server.settings.incoming.iterdir())) == MOST_UPLOADS)
        assert b"too_many_uploads" in server.raw(head)
    finally:
        for connection in open_ones:
            connection.close()
