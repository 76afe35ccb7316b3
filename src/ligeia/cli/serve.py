"""`ligeia serve`: the service and its page, on this machine or on many."""

from pathlib import Path
from typing import Annotated

import typer

from ligeia.cli.standard import say

ANYWHERE = ("0.0.0.0", "::")


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen at (default: 127.0.0.1, which only this machine can reach).")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at; 0: any that is free (default: 8000).")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that do jobs (default: one for each core).")] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the database and of all files (default: ligeia-data, here)."),
    ] = None,
    hosts: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Names under which it is asked for, with commas between (default: those of --host)."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="PostgreSQL, postgresql://..., in the place of SQLite in the folder."),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="S3, s3://bucket/prefix, in the place of files in the folder.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, tcp://host:port, whose workers do the jobs.")
    ] = None,
    workers_only: Annotated[bool, typer.Option("--workers-only", help="Do jobs, and answer no requests.")] = False,
) -> None:
    """Serve the page on which people drop a recording, and hear what becomes of it.

    Needs the extra `server`. Every setting can be given in the environment too, such as LIGEIA_SERVE_PORT;
    docs/serve.md lists them. Ctrl-C ends it: jobs that are running begin again at the next start.
    """
    from ligeia.errors import needs_extra

    with (
        needs_extra("fastapi", "server"),
        needs_extra("uvicorn", "server"),
        needs_extra("sqlalchemy", "server"),
        needs_extra("pydantic_settings", "server"),
        needs_extra("prometheus_client", "server"),
    ):
        from ligeia.server.launch import serve as run
        from ligeia.server.settings import LOCAL_NAMES, read_settings

    if hosts is None and host is not None and host not in ANYWHERE:
        hosts = ",".join(dict.fromkeys([*LOCAL_NAMES, f"[{host}]" if ":" in host else host]))
    settings = read_settings(
        host=host, port=port, workers=workers, data=data, hosts=hosts, database=database, storage=storage,
        scheduler=scheduler, workers_only=workers_only or None,
    )  # fmt: skip

    def announce(what: str) -> None:
        say(f"working: {what}" if settings.workers_only else f"serving: {what}")

    run(settings, announce)
    say("stopped", err=True)
