"""Figures of the service for Prometheus: requests from this process, jobs and files from the table."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Engine, func, select

from ligeia.server import tables

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """The figures of one application; each has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("ligeia_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "ligeia_request_seconds", "Seconds that an answer took.", ["route"], buckets=_QUICK, registry=self.registry
        )
        self.refused = Counter("ligeia_refused", "Uploads and jobs refused.", ["reason"], registry=self.registry)
        self.uploaded = Counter("ligeia_uploaded_bytes", "Bytes of recordings taken in.", registry=self.registry)
        self.streams = Gauge("ligeia_event_streams", "Open streams of events.", registry=self.registry)

    def watch(self, engine: Engine) -> None:
        """Take the figures of the table too, whenever they are asked for."""
        self.registry.register(TableFigures(engine))

    def text(self) -> bytes:
        """Return all of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class TableFigures:
    """Figures that every process of the service shares, counted when they are asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the table need not be there when this is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield the figures."""
        jobs, sounds, results = tables.jobs.c, tables.sounds.c, tables.results.c
        with tables.reading(self.engine) as connection:
            counts = connection.execute(
                select(jobs.task, jobs.state, func.count()).group_by(jobs.task, jobs.state)
            ).all()
            uploads, kept = connection.execute(select(func.count(), func.sum(sounds.bytes))).one()
            made = connection.execute(select(func.sum(results.bytes))).scalar()
            sessions = connection.execute(select(func.count()).select_from(tables.sessions)).scalar()
        family = GaugeMetricFamily("ligeia_jobs", "Jobs that are kept, by task and state.", labels=["task", "state"])
        for task, state, count in counts:
            family.add_metric([task, state], count)
        yield family
        waiting = sum(count for _, state, count in counts if state == "queued")
        yield GaugeMetricFamily("ligeia_jobs_waiting", "Jobs that no worker has claimed yet.", value=waiting)
        yield GaugeMetricFamily("ligeia_sounds", "Recordings that are kept.", value=uploads)
        yield GaugeMetricFamily("ligeia_sound_bytes", "Bytes of the recordings that are kept.", value=kept or 0)
        yield GaugeMetricFamily("ligeia_result_bytes", "Bytes of the results that are kept.", value=made or 0)
        yield GaugeMetricFamily("ligeia_sessions", "Sessions that are kept.", value=sessions or 0)
