"""Health, figures and the log: what whoever runs the service looks at, and what nobody else sees."""

import json
import logging
import sys

import pytest
from made_service import add_job, add_sound, finish_job, recording, running_service
from prometheus_client.parser import text_string_to_metric_families

from ligeia.server import jobs, logs


def figures(answer):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_health_and_readiness(tmp_path):
    with running_service(tmp_path) as running:
        assert running.client.get("/healthz").json() == {"status": "alive"}
        waiting = running.client.get("/readyz")
        assert (waiting.status_code, waiting.json()["code"]) == (503, "not_ready")
        assert "no worker" in waiting.json()["detail"]
        jobs.enrol(running.service.engine, "tester")
        assert running.client.get("/readyz").status_code == 503  # it looks every few seconds
        running.service.readiness = (float("-inf"), None)
        assert running.client.get("/readyz").json() == {"status": "ready"}
        assert not running.keys


@pytest.mark.parametrize(("part", "said"), [("storage", "storage"), ("database", "database")])
def test_readiness_names_what_is_missing(tmp_path, monkeypatch, part, said):
    def broken(*arguments):
        raise OSError("secret")

    with running_service(tmp_path) as running:
        jobs.enrol(running.service.engine, "tester")
        if part == "storage":
            monkeypatch.setattr(running.service.storage, "put", broken)
        else:
            monkeypatch.setattr("ligeia.server.jobs.seen_workers", broken)
        answer = running.client.get("/readyz")
        assert answer.status_code == 503
        assert said in answer.json()["detail"]
        assert "secret" not in answer.text
        assert running.client.get("/healthz").status_code == 200
        assert not running.incoming


def test_figures_count_what_happens(tmp_path):
    with running_service(tmp_path) as running:
        here = running.visitor(client=("127.0.0.1", 1))
        add_job(here, add_sound(here)["id"])
        add_job(here, add_sound(here)["id"])
        finish_job(running.service, tmp_path, {"wav": ("a.wav", b"RIFF")})
        here.post("/api/sounds?name=a", content=b"no recording")
        found = figures(here.get("/metrics"))
        assert found[("ligeia_jobs", "compress", "done")] == 1
        assert found[("ligeia_jobs_waiting",)] == 1
        assert found[("ligeia_sounds",)] == 2
        assert found[("ligeia_sound_bytes",)] == 2 * len(recording())
        assert found[("ligeia_result_bytes",)] == 4
        assert found[("ligeia_sessions",)] == 1
        assert found[("ligeia_refused_total", "not_a_recording")] == 1
        assert found[("ligeia_uploaded_bytes_total",)] == 2 * len(recording())
        assert found[("ligeia_requests_total", *sorted(("POST", "/api/sounds", "201")))] == 2


def test_figures_are_shown_to_this_machine_and_to_the_token_alone(tmp_path):
    with running_service(tmp_path, metrics_token="hush") as running:
        here, there = running.visitor(client=("127.0.0.1", 1)), running.visitor(client=("203.0.113.7", 1))
        assert here.get("/metrics").status_code == 200
        assert here.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 404
        for said in (
            {},
            {"authorization": "Bearer x"},
            {"authorization": "hush"},
            {"authorization": b"Bearer hush\xe9"},
        ):
            assert there.get("/metrics", headers=said).status_code == 404
        assert there.get("/metrics", headers={"authorization": "Bearer hush"}).status_code == 200


def test_the_log_has_a_line_for_each_event_and_no_names(server):
    answer, body = server.ask("POST", "/api/sounds?name=my-secret-memo.wav", recording())
    cookie = answer.getheader("set-cookie").partition(";")[0]
    sound = json.loads(body)["id"]
    fetched, _ = server.ask("GET", f"/api/sounds/{sound}", cookie=cookie)
    shared, _ = server.ask("GET", "/api/shared/my-secret-token")
    lines = server.lines_of(answer)
    assert [line["event"] for line in lines] == ["uploaded", "request"]
    assert lines[0]["sound"] == sound
    (asked,) = server.lines_of(fetched)
    assert [line["route"] for line in server.lines_of(shared)] == ["/api/shared/{token}"]
    assert (asked["route"], asked["method"], asked["status"]) == ("/api/sounds/{id}", "GET", 200)
    assert len(asked["session"]) == 8
    text = server.log.read_text()
    for secret in ("my-secret", cookie.partition("=")[2]):
        assert secret not in text


def test_an_exception_becomes_one_line():
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.LogRecord(logs.LOGGER.name, logging.ERROR, "", 0, "failed", None, sys.exc_info())
    line = logs.JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["event"] == "failed"
    assert "ValueError" in json.loads(line)["trace"]
