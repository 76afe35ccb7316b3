"""Sessions: begun by a recording, known by a hash, forgotten with all that they had; and what they share."""

import hashlib

import pytest
from made_service import HOST, add_job, add_sound, finish_job, recording, running_service
from sqlalchemy import select

from ligeia.server import sessions, tables


def rows(service, table):
    with tables.reading(service.engine) as connection:
        return connection.execute(select(table)).all()


def test_reading_begins_no_session(tmp_path):
    with running_service(tmp_path) as running:
        for path in ("/api/sounds", "/api/jobs", "/api/limits", "/api/events", "/"):
            assert "set-cookie" not in running.client.get(path).headers
        running.client.post("/api/sounds?name=a", content=b"no recording")
        assert rows(running.service, tables.sessions) == []


def test_the_table_knows_only_a_hash(running, visitor):
    add_sound(visitor)
    token = visitor.cookies["ligeia"]
    known = {row.id for row in rows(running.service, tables.sessions)}
    assert hashlib.sha256(token.encode()).hexdigest() in known
    assert token not in known


def test_a_session_is_begun_once(visitor):
    add_sound(visitor)
    answer = visitor.post("/api/sounds?name=b", content=recording())
    assert "set-cookie" not in answer.headers
    assert len(visitor.get("/api/sounds").json()) == 2


def test_https_has_a_cookie_that_no_other_host_can_set(running):
    visitor = running.visitor()
    visitor.base_url = f"https://{HOST}"
    said = visitor.post("/api/sounds?name=a", content=recording()).headers["set-cookie"]
    assert said.startswith("__Host-ligeia=")
    assert "Secure" in said
    assert "Domain" not in said
    assert len(visitor.get("/api/sounds").json()) == 1
    plain = running.visitor()
    plain.cookies.set("__Host-ligeia", visitor.cookies["__Host-ligeia"])
    assert plain.get("/api/sounds").json() == []


def test_the_end_of_a_session_leaves_nothing(tmp_path):
    with running_service(tmp_path) as running:
        client, other = running.client, running.visitor()
        job = add_job(client, add_sound(client)["id"])
        finish_job(running.service, tmp_path, {"wav": ("a.wav", b"RIFF")})
        add_job(client, add_sound(client)["id"])
        kept = add_sound(other)["id"]
        token = client.cookies["ligeia"]
        ended = client.delete("/api/session")
        assert ended.status_code == 204
        assert 'ligeia=""' in ended.headers["set-cookie"]
        assert rows(running.service, tables.jobs) == rows(running.service, tables.results) == []
        assert [row.id for row in rows(running.service, tables.sounds)] == [kept]
        assert running.keys == {f"sounds/{kept}/original"}
        client.cookies.set("ligeia", token)
        assert client.get(f"/api/jobs/{job['id']}").status_code == 404
        assert client.delete("/api/session").status_code == 204


def test_forgetting_a_recording_forgets_its_jobs_and_files(running, visitor, tmp_path):
    sound = add_sound(visitor)["id"]
    job = add_job(visitor, sound)["id"]
    assert finish_job(running.service, tmp_path, {"wav": ("a.wav", b"RIFF")}) == job
    keys = {key for key in running.keys if sound in key or job in key}
    assert keys == {f"sounds/{sound}/original", f"jobs/{job}/wav"}
    assert visitor.delete(f"/api/sounds/{sound}").status_code == 204
    assert not {key for key in running.keys if sound in key or job in key}
    assert visitor.get("/api/jobs").json() == visitor.get("/api/sounds").json() == []


def test_a_recording_that_expired_is_not_there(running, visitor):
    sound = add_sound(visitor)["id"]
    with running.service.engine.begin() as connection:
        connection.execute(tables.sounds.update().where(tables.sounds.c.id == sound).values(expires=1.0))
    assert visitor.get(f"/api/sounds/{sound}").status_code == 404
    assert visitor.get("/api/sounds").json() == []
    assert visitor.post("/api/jobs", json={"sound": sound, "settings": {"task": "denoise"}}).status_code == 404


def test_seen_is_noted_now_and_then(running, visitor, monkeypatch):
    add_sound(visitor)
    id = sessions.digest(visitor.cookies["ligeia"])
    monkeypatch.setattr(sessions, "_SEEN_SECONDS", -1.0)
    (before,) = (row.seen for row in rows(running.service, tables.sessions) if row.id == id)
    visitor.get("/api/sounds")
    (after,) = (row.seen for row in rows(running.service, tables.sessions) if row.id == id)
    assert after > before


@pytest.fixture
def shared(running, visitor, tmp_path):
    """A visitor, their job that is done, and the token under which it is shared."""
    job = add_job(visitor, add_sound(visitor, name="memo.wav")["id"])["id"]
    finish_job(running.service, tmp_path, {"wav": ("memo.wav", b"RIFF1234")})
    return visitor, job, visitor.post(f"/api/jobs/{job}/share").json()["token"]


def test_what_is_shared_anybody_may_read(running, shared):
    visitor, job, token = shared
    anybody = running.visitor()
    seen = anybody.get(f"/api/shared/{token}").json()
    assert seen == visitor.get(f"/api/jobs/{job}").json()
    assert seen["shared"] == token
    part = anybody.get(f"/api/shared/{token}/results/wav", headers={"range": "bytes=4-"})
    assert (part.status_code, part.content) == (206, b"1234")
    assert anybody.get(f"/api/shared/{token}/results/lig").status_code == 404
    assert anybody.get(f"/api/jobs/{job}").status_code == 404
    for method in ("POST", "PUT", "DELETE"):
        assert anybody.request(method, f"/api/shared/{token}").status_code == 405


def test_sharing_twice_gives_the_same_token_and_can_be_taken_back(running, shared):
    visitor, job, token = shared
    assert visitor.post(f"/api/jobs/{job}/share").json() == {"token": token}
    assert visitor.delete(f"/api/jobs/{job}/share").status_code == 204
    assert running.visitor().get(f"/api/shared/{token}").status_code == 404
    assert running.visitor().get(f"/api/shared/{token}/results/wav").status_code == 404
    assert visitor.post(f"/api/jobs/{job}/share").json()["token"] != token


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "A" * 65, "' OR 1=1 --", "%25", "é", "%00"])
def test_tokens_that_nobody_gave_open_nothing(visitor, token):
    assert visitor.get(f"/api/shared/{token}").status_code == 404


def test_what_is_not_done_is_not_shared(visitor):
    job = add_job(visitor, add_sound(visitor)["id"])["id"]
    answer = visitor.post(f"/api/jobs/{job}/share")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_done")
    visitor.delete(f"/api/jobs/{job}")
