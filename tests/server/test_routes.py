"""Routes as the page uses them: answers, commands to copy, limits, the page itself and what is no route."""

import json
import shlex
from pathlib import Path

import pytest
from made_service import add_job, add_sound, finish_job, recording, running_service

from ligeia.server import headers
from ligeia.server.commands import command_of
from ligeia.server.schemas import Compress, Denoise, Extend, Restore, Score
from ligeia.server.uploads import label


def test_a_job_from_beginning_to_end(running, visitor, tmp_path):
    sound = add_sound(visitor, name="my memo.wav")
    job = add_job(visitor, sound["id"], task="compress", kbps=24)
    assert (job["state"], job["progress"], job["sound_name"], job["results"]) == ("queued", 0.0, "my memo.wav", [])
    assert job["command"].startswith("ligeia encode 'my memo.wav' -o 'my memo.lig' --kbps 24")
    assert job["settings"] == {"task": "compress", "preset": None, "kbps": 24.0, "snr_db": None, "quality": None}
    finish_job(running.service, tmp_path, {"lig": ("my memo.lig", b"LIG"), "wav": ("my memo.wav", b"RIFF")})
    done = visitor.get(f"/api/jobs/{job['id']}").json()
    assert done["state"] == "done"
    assert done["version"] > job["version"]
    assert visitor.get("/api/jobs").json() == [done]
    stream = visitor.get(f"/api/jobs/{job['id']}/results/lig?download=1")
    assert stream.content == b"LIG"
    assert stream.headers["content-type"] == "application/x-ligeia"
    assert stream.headers["content-disposition"].startswith('attachment; filename="my memo.lig"')
    assert visitor.get(f"/api/jobs/{job['id']}/results/reference").status_code == 404
    assert visitor.get(f"/api/jobs/{job['id']}/results/nothing").status_code == 422
    assert visitor.post(f"/api/jobs/{job['id']}/cancel").json()["state"] == "done"  # it stays as it is
    assert visitor.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert visitor.delete(f"/api/jobs/{job['id']}").status_code == 404


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_recordings_of_many_formats(visitor, format):
    sound = add_sound(visitor, recording(0.5, 16_000, 2, format=format))
    assert (sound["format"], sound["rate"], sound["channels"]) == (format.lower(), 16_000, 2)
    assert sound["seconds"] == pytest.approx(0.5, abs=0.1)
    assert sound["expires"] - sound["created"] == pytest.approx(24 * 3600)


def test_streams_are_recordings_too(visitor):
    stream = (Path(__file__).parents[1] / "vectors" / "coded_speech.lig").read_bytes()
    sound = add_sound(visitor, stream, name="a.lig")
    assert sound["format"] == "lig"
    assert sound["seconds"] > 0
    reference = add_sound(visitor)["id"]
    job = add_job(visitor, reference, task="score", estimate=sound["id"])
    assert job["command"] == "ligeia score --reference a.wav --estimate a.lig"
    visitor.delete("/api/session")


def test_a_rate_that_is_no_extension_is_refused(visitor):
    sound = add_sound(visitor, recording(0.1, 48_000))["id"]
    answer = visitor.post("/api/jobs", json={"sound": sound, "settings": {"task": "extend", "rate": 44_100}})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_higher")
    assert "48,000 Hz" in answer.json()["detail"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"task": "destroy"},
        {"task": "compress", "kbps": 24, "quality": 6},
        {"task": "compress", "kbps": 0},
        {"task": "compress", "kbps": "24; rm -rf /"},
        {"task": "compress", "kbps": float("inf")},
        {"task": "compress", "network": "siren"},
        {"task": "denoise", "strength": 2},
        {"task": "extend"},
        {"task": "score"},
    ],
    ids=str,
)
def test_settings_that_are_not_valid_are_refused_in_one_line(visitor, settings):
    sound = add_sound(visitor)["id"]
    body = json.dumps({"sound": sound, "settings": settings})
    answer = visitor.post("/api/jobs", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")
    assert "\n" not in answer.json()["detail"]
    assert visitor.get("/api/jobs").json() == []


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (Compress(task="compress"), "ligeia encode a.wav -o a.lig"),
        (Compress(task="compress", preset="music", snr_db=30), "ligeia encode a.wav -o a.lig --preset music --snr 30"),
        (Denoise(task="denoise", strength=0.5), "ligeia denoise a.wav -o a.denoised.wav --strength 0.5"),
        (Restore(task="restore", clicks=False), "ligeia restore a.wav -o a.restored.wav --no-clicks"),
        (Extend(task="extend", rate=44_100), "ligeia extend a.wav -o a.44.1kHz.wav --rate 44100"),
        (Score(task="score", estimate="x"), "ligeia score --reference a.wav --estimate b.wav"),
    ],
    ids=str,
)
def test_commands_to_copy(settings, line):
    assert command_of(settings, "a.wav", "b.wav") == line


def test_commands_are_safe_to_paste():
    name = "-rf '; rm $HOME `x` \".wav"
    words = shlex.split(command_of(Compress(task="compress"), name))
    assert words == ["ligeia", "encode", f"./{name}", "-o", words[-1]]
    assert not words[-1].startswith("-")


def test_limits_say_what_is_taken(visitor):
    said = visitor.get("/api/limits").json()
    assert said["max_bytes"] == 100_000_000
    assert said["tasks"] == ["compress", "denoise", "restore", "extend", "score"]
    assert {"snr", "si_sdr"} <= set(said["metrics"])


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/api/nothing", 404, None),
        ("POST", "/api", 404, None),
        ("PUT", "/api/sounds", 405, "GET, POST"),
        ("PATCH", "/api/jobs/x", 405, "DELETE, GET"),
        ("TRACE", "/api/limits", 405, "GET"),
        ("POST", "/healthz", 405, "GET"),
        ("GET", "/docs", 404, None),
        ("GET", "/nothing.html", 404, None),
    ],
)
def test_what_is_no_route_is_said_as_json(visitor, method, path, status, allowed):
    answer = visitor.request(method, path, headers={"accept": "text/html"})
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "detail"}
    assert answer.headers.get("allow") == allowed


def test_the_page_is_served_with_headers_for_caches(tmp_path, made_page):
    with running_service(tmp_path, page=made_page) as running:
        for path in ("/", "/index.html", "/any/where"):
            answer = running.client.get(path, headers={"accept": "text/html"})
            assert answer.status_code == 200, path
            assert "<title>Ligeia" in answer.text
            assert answer.headers["cache-control"] == "no-cache"
        script = running.client.get("/assets/index-a1b2c3.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        assert running.client.get("/assets/none.js").headers["cache-control"] == "no-store"
        again = running.client.get("/", headers={"if-none-match": running.client.get("/").headers["etag"]})
        assert again.status_code == 304
        mistyped = running.client.get("/api/x", headers={"accept": "text/html"})
        assert (mistyped.status_code, mistyped.json()["code"]) == (404, "not_found")
        for answer in (script, again, mistyped):
            assert {name: answer.headers[name] for name in headers.SECURITY} == headers.SECURITY


def test_a_page_that_is_not_built_is_said(running, visitor):
    answer = visitor.get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "page_not_built")
    assert "make page" in answer.json()["detail"]


def test_answers_of_the_api_are_kept_by_nobody(visitor):
    assert visitor.get("/api/jobs").headers["cache-control"] == "no-store"


def test_labels_are_cut():
    assert len(label("x" * 1000)) == 200
