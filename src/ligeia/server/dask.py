"""Jobs on a Dask cluster: a worker process claims as ever, and a worker of the cluster does the work in its place.

The cluster's workers need the same version of Ligeia, and reach the same database and storage.
"""

import logging
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from ligeia.errors import InputError, needs_extra
from ligeia.server import jobs
from ligeia.server.job_run import Place
from ligeia.server.lease import Interrupts
from ligeia.server.settings import Settings
from ligeia.server.storage.opening import open_storage
from ligeia.server.tables import open_database
from ligeia.server.work_loop import Worker

LOGGER = logging.getLogger("ligeia.server")
LOOK_SECONDS = 0.02


class DaskWorker(Worker):
    """Claims jobs for a cluster, one at a time."""

    def __init__(self, name: str, place: Place, interrupts: Interrupts) -> None:
        super().__init__(name, place, interrupts)
        with needs_extra("distributed", "dask"):
            import distributed
        connect: Any = distributed.Client
        try:
            self._client = connect(place.settings.scheduler, timeout=10, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise InputError(f"no Dask scheduler answers at {place.settings.scheduler}") from error

    def work(self, job: jobs.Fields) -> None:
        """Let the cluster do a claimed job, and wait for it."""
        holder = str(job["worker"])
        future = self._client.submit(
            perform, self.place.settings.handed_on(), job, key=f"ligeia-{holder}", pure=False, retries=0
        )
        while not future.done():
            if self.interrupts.stopping.wait(LOOK_SECONDS):
                future.cancel()
                jobs.give_back(self.place.engine, str(job["id"]), holder)  # which its thread notices
                return
        if future.status != "finished":
            LOGGER.error("cluster_lost_job", extra={"facts": {"job": job["id"], "status": future.status}})
            jobs.release(self.place.engine, self.name)

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()


def perform(handed_on: str, job: jobs.Fields) -> None:
    """Do a claimed job, on a worker of the cluster."""
    folder = Path(tempfile.mkdtemp(prefix="ligeia-"))
    try:
        name = str(job["worker"]).partition("/")[0]
        Worker(name, _place(handed_on), Interrupts(signals=False), scratch=folder).work(job)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@lru_cache(maxsize=4)
def _place(handed_on: str) -> Place:
    """Return the place that settings speak of; it is opened once in each process."""
    settings = Settings.model_validate_json(handed_on)
    return Place(settings, open_database(settings.database_url), open_storage(settings))
