"""The layer that watches requests: what it says of them, and what a client hears where a route fails."""

import asyncio
import logging

import pytest
from prometheus_client import generate_latest
from starlette.requests import ClientDisconnect

from ligeia.server.metrics import Metrics
from ligeia.server.request_log import LEFT, Observing, route_of


def ask(error: Exception, *, begun: bool, method: str = "GET") -> tuple[list[dict], str]:
    """Return the messages that a client gets of an application that fails, and the figures kept of it."""
    sent, metrics = [], Metrics()

    async def application(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/secret-token", "headers": []}
    try:
        asyncio.run(Observing(application, metrics)(scope, receive, send))
    finally:
        figures = generate_latest(metrics.registry).decode()
    return sent, figures


def test_a_failure_is_a_problem_with_an_id_and_no_reason(caplog):
    with caplog.at_level(logging.INFO):
        sent, figures = ask(ValueError("a path of the server"), begun=False)
    assert sent[0]["status"] == 500
    assert b"x-request-id" in dict(sent[0]["headers"])
    assert b"a path of the server" not in sent[1]["body"]
    assert "secret-token" not in figures


def test_half_an_answer_ends_with_its_connection():
    with pytest.raises(ValueError, match="broken"):
        ask(ValueError("broken"), begun=True)


def test_a_client_that_left_is_no_failure():
    sent, figures = ask(ClientDisconnect(), begun=False)
    assert sent == []
    assert f'status="{LEFT}"' in figures


def test_a_made_up_method_begins_no_figure_of_its_own():
    assert 'method="other"' in ask(ClientDisconnect(), begun=False, method="BREW")[1]
    assert route_of({"type": "http"}) == "other"
