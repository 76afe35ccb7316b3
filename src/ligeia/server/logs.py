"""The log: one JSON line for each event, with no names of files, no tokens and no addresses of results."""

import json
import logging
import secrets
import time
from contextvars import ContextVar
from typing import Any, TextIO

LOGGER = logging.getLogger("ligeia.server")
REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""Id of the request that is being answered."""


def log(
    event: str, *, level: int = logging.INFO, session: str | None = None, exc_info: bool = False, **facts: Any
) -> None:
    """Write an event; `session` is shortened, so that the log opens nothing."""
    if session is not None:
        facts["session"] = session[:8]
    LOGGER.log(level, event, extra={"facts": facts}, exc_info=exc_info)


def new_request_id() -> str:
    """Return an id for a request, and let the events that follow carry it."""
    REQUEST.set(id := secrets.token_hex(8))
    return id


class JsonLines(logging.Formatter):
    """Each record as one JSON object: time, level, event, and its facts; exceptions as type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage() if record.name == LOGGER.name else record.name,
        }
        if (request := REQUEST.get()) is not None:
            line["request"] = request
        if record.name != LOGGER.name:
            line["message"] = record.getMessage()
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def start_logging(stream: TextIO | None = None) -> None:
    """Send the log of this process, and that of its HTTP server, to a stream (None: standard error)."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name in (LOGGER.name, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
