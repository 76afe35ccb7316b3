"""The schema of the API: complete, and kept by the server whatever it is sent."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from made_service import add_job, add_sound, finish_job
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ligeia.server.app import create_app
from ligeia.server.settings import Settings

EXAMPLES = 10


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_named_and_says_what_it_does():
    schema = create_app(Settings()).openapi()
    named = dict(operations(schema))
    assert len({operation["operationId"] for operation in named.values()}) == len(named) > 15
    for name, operation in named.items():
        assert operation.get("description"), name
        assert operation["operationId"][0].islower(), name


def test_every_refusal_is_a_problem():
    for name, operation in operations(create_app(Settings()).openapi()):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                shape = answer["content"]["application/json"]["schema"]
                assert shape == {"$ref": "#/components/schemas/Problem"}, (name, status)


SCHEMA = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = {f"{each.ok().method.upper()} {each.ok().path}": each.ok() for each in SCHEMA.get_all_operations()}
UNDECIDED = {"POST /api/sounds": [positive_data_acceptance]}  # hardly any bytes are a recording
NOT_ASKED = {"GET /api/events", "GET /readyz"}  # a stream has no end; without workers the server is not ready


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as asked", "otherwise"])
@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - NOT_ASKED))
def test_the_server_keeps_to_its_schema(server, cookie, name, mode):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode))
    def ask(case):
        base = f"http://127.0.0.1:{server.port}"
        case.call_and_validate(base_url=base, headers={"Cookie": cookie}, excluded_checks=UNDECIDED.get(name, []))

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing that is sent to it could be wrong


@pytest.fixture(scope="module")
def cookie(server):
    return server.visitor()


def test_ids_that_exist_keep_to_the_schema_too(running, tmp_path):
    job = add_job(running.client, add_sound(running.client)["id"])["id"]
    finish_job(running.service, tmp_path, {"wav": ("a.wav", b"RIFF"), "lig": ("a.lig", b"LIG")})
    shown = running.client.get(f"/api/jobs/{job}").json()
    assert (shown["state"], [result["kind"] for result in shown["results"]]) == ("done", ["lig", "wav"])
    assert shown["report"]["rate"] == 8000
