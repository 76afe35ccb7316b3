"""The application as a whole: every layer, every route, answers that clients can rely on."""

import pytest
from made_service import recording, running_service

from ligeia.server import (
    bodies,
    changes,
    commands,
    deletion,
    files,
    headers,
    limits,
    logs,
    metrics,
    probe,
    prober,
    problems,
    protocol,
    request_log,
    schemas,
    service,
    sessions,
    sounds,
    uploads,
)
from ligeia.server.routes import events, health, jobs, refusals, results, session
from ligeia.server.routes import sounds as sound_routes
from ligeia.server.storage import folder, opening, s3, storage

MODULES = (
    *(bodies, commands, files, deletion, headers, limits, logs, metrics, request_log, probe, prober, problems),
    *(protocol, schemas, service, sessions, sounds, uploads, changes, folder, opening, s3, storage),
    *(events, health, jobs, refusals, results, session, sound_routes),
)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_says_what_it_is(module):
    assert module.__doc__


def test_a_recording_is_taken_in_and_found_again(tmp_path):
    with running_service(tmp_path) as running:
        added = running.client.post("/api/sounds?name=a.wav", content=recording())
        assert added.status_code == 201
        assert running.client.get("/api/sounds").json() == [added.json()]
        assert running.visitor().get("/api/sounds").json() == []
        assert running.visitor().get(f"/api/sounds/{added.json()['id']}").status_code == 404
        assert not running.incoming
