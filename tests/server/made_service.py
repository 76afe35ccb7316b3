"""The service for tests: an application in this process, recordings to give it, and what a worker would do."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from fastapi.testclient import TestClient

from ligeia.server.app import create_app
from ligeia.server.service import Service
from ligeia.server.settings import Settings

HOST = "ligeia.test"


def recording(seconds: float = 0.1, rate: int = 8000, channels: int = 1, format: str = "WAV", seed: int = 0) -> bytes:
    """The bytes of a file of noise."""
    samples = np.random.default_rng(seed).normal(size=(round(seconds * rate), channels)) * 0.1
    soundfile.write(file := io.BytesIO(), samples, rate, format=format)
    return file.getvalue()


def settings_for(folder: Path, **more: Any) -> Settings:
    """Settings of a service in a folder of its own, without the limits that only get in the way of tests."""
    given = {"hosts": [HOST], "reserve_bytes": 0, "writes_per_minute": 100_000, **more}
    return Settings(data=folder, **given)


@contextmanager
def running_service(folder: Path, **more: Any) -> Iterator["Running"]:
    """A service that answers in this process."""
    app = create_app(settings_for(folder, **more), page=folder / "no page")
    with TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False) as client:
        yield Running(client, client.app_state["service"])


class Running:
    """An application with its first visitor."""

    def __init__(self, client: TestClient, service: Service) -> None:
        self.client, self.service = client, service

    def visitor(self, **options: Any) -> TestClient:
        """Return another visitor: one with a cookie jar of its own."""
        other = TestClient(self.client.app, base_url=f"http://{HOST}", raise_server_exceptions=False, **options)
        other.portal = self.client.portal
        other.app_state.update(self.client.app_state)
        return other

    @property
    def incoming(self) -> list[Path]:
        """Uploads that lie about."""
        return list(self.service.settings.incoming.iterdir())
