"""The application: routes, the page, and the layers in front of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.middleware.trustedhost import TrustedHostMiddleware

from ligeia import __version__
from ligeia.server.bodies import Bodies
from ligeia.server.headers import SameOrigin, SecurityHeaders
from ligeia.server.metrics import Metrics
from ligeia.server.problems import Problems, Refusal, handle_problems, not_found
from ligeia.server.request_log import Observing
from ligeia.server.routes import events, health, jobs, results, session, sounds
from ligeia.server.service import lifespan_state, running
from ligeia.server.settings import Settings

PAGE = Path(__file__).parent / "page"
"""The built page."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_NOT_BUILT = (
    "The page is not built: run `make page` in a clone (it needs node), or install a release. "
    "The API works: see /openapi.json."
)


def create_app(settings: Settings, *, page: Path = PAGE) -> FastAPI:
    """Return the application. Everything that it needs is opened when it starts, and closed when it ends."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with running(settings, metrics) as service:
            yield lifespan_state(service)

    app = FastAPI(
        title="Ligeia",
        version=__version__,
        summary="Compress, denoise, restore, extend and compare recordings.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    handle_problems(app)
    for part in (sounds, jobs, results, events, session, health):
        app.include_router(part.router)
    _refuse_the_rest(app)
    _serve_page(app, page)
    # The last one is the outermost.
    app.add_middleware(Bodies)
    app.add_middleware(SameOrigin)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)
    app.add_middleware(Problems)
    app.add_middleware(Observing, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    return app


def _refuse_the_rest(app: FastAPI) -> None:
    """Answer what no route of the API takes: 405 with every method that its address knows, else 404, never the page."""
    known = [(route.path_regex, route.methods) for route in _routes(app)]

    async def rest(request: Request) -> Response:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        allowed = {method for regex, methods in known if regex.match(path) for method in methods or ()}
        if not allowed:
            raise not_found()
        raise Refusal(405, f"{path} knows {', '.join(sorted(allowed))}.", Allow=", ".join(sorted(allowed)))

    for path in ("/api", "/api/{path:path}", "/healthz", "/readyz", "/metrics", "/openapi.json"):
        app.add_api_route(path, rest, methods=_METHODS, include_in_schema=False)


def _routes(app: FastAPI) -> list[APIRoute]:
    return [
        route
        for part in (sounds, jobs, results, events, session, health)
        for route in part.router.routes
        if isinstance(route, APIRoute)
    ]


def _serve_page(app: FastAPI, page: Path) -> None:
    if (page / "index.html").is_file():
        app.frontend("/", directory=page, fallback="index.html", check_dir=True)
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> None:
        raise Refusal(503, _NOT_BUILT, "page_not_built")
