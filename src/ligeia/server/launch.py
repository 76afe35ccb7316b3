"""The whole service on this machine: the HTTP server, the supervisor with its workers, and an end in good order."""

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any

import uvicorn

from ligeia.errors import InputError
from ligeia.server.app import create_app
from ligeia.server.job_run import Place
from ligeia.server.logs import start_logging
from ligeia.server.protocol import uvicorn_config
from ligeia.server.settings import Settings
from ligeia.server.storage.opening import bucket_of, open_storage
from ligeia.server.supervisor import Supervisor
from ligeia.server.tables import database_of, open_database

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
Announce = Callable[[str], None]


def serve(settings: Settings, announce: Announce) -> None:
    """Serve until a signal asks for the end; `announce` is told the address once requests are answered.

    Raises:
        SettingsError: database or storage are not valid.
        InputError: the address is taken, or none of this machine.
        MissingExtra: a package that the settings need is not installed.
    """
    database_of(settings.database_url)
    if settings.storage is not None:
        bucket_of(settings.storage)  # before anything is made
    listener = None if settings.workers_only else listen(settings.host, settings.port)
    try:
        _serve(settings, listener, announce)
    finally:
        if listener is not None:
            listener.close()


def _serve(settings: Settings, listener: socket.socket | None, announce: Announce) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    start_logging()
    engine = open_database(settings.database_url)
    try:
        supervisor = Supervisor(Place(settings, engine, open_storage(settings)))
        with _running(supervisor):
            if listener is None:
                _wait(announce, settings)
            else:
                _answer(settings, listener, announce)
    finally:
        engine.dispose()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: the address is taken, or none of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there already; choose another port"
        raise InputError(f"cannot listen at {host}, port {port}: {reason}") from error


def address_of(listener: socket.socket) -> str:
    """Return the address of the page behind a socket; that of the loopback where it listens everywhere."""
    host, port = listener.getsockname()[:2]
    known = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{known}:{port}/"


@contextmanager
def _running(supervisor: Supervisor) -> Iterator[None]:
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


def _answer(settings: Settings, listener: socket.socket, announce: Announce) -> None:
    server = Server(uvicorn_config(create_app(settings), settings), lambda: announce(address_of(listener)))
    with _heard(lambda: setattr(server, "should_exit", True)):
        server.run(sockets=[listener])


def _wait(announce: Announce, settings: Settings) -> None:
    over = threading.Event()
    with _heard(over.set):
        announce(f"{settings.workers} worker{'' if settings.workers == 1 else 's'}")
        over.wait()


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready, and leaves signals to us: it would raise them again at the end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    def capture_signals(self) -> Any:
        """Capture none."""
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


@contextmanager
def _heard(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C, SIGTERM and SIGHUP within the block; one that is ignored, as under `nohup`, stays so."""

    def heard(number: int, frame: FrameType | None) -> None:
        stop()

    numbers = [getattr(signal, name) for name in STOPPING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
