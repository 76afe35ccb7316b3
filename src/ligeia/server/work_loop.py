"""Claim jobs one after the other, and do them; whatever happens to one, its row says so, and no file is left over."""

import errno
import logging
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from ligeia.errors import LigeiaError
from ligeia.server import jobs
from ligeia.server.job_run import Attempt, Place
from ligeia.server.lease import Halt, Interrupts, Lease, TooLong
from ligeia.server.storage.storage import Missing

LOGGER = logging.getLogger("ligeia.server")
POLL_SECONDS = 0.1
"""Time between two looks for a job, where there was none."""
SEEN_SECONDS = 5.0
"""Time between two signs of life of a worker without a job."""
RETRY_SECONDS = 1.0
"""Pause after a failure of the database."""
FULL = (errno.ENOSPC, errno.EDQUOT)
_ORIGINAL = re.compile(r"(?<![\w/.])/(?:[^\s/:'\"]+/)+original(?![\w.-])")
_PATH = re.compile(r"(?<![\w/.])/(?:[^\s/:'\"]+/)+([^\s/:'\"]*)")


class Worker:
    """Worker on the jobs of a place, in its own process; or in a thread, with a folder `scratch` to work in."""

    def __init__(self, name: str, place: Place, interrupts: Interrupts, scratch: Path | None = None) -> None:
        self.name, self.place, self.interrupts, self._scratch = name, place, interrupts, scratch

    def loop(self) -> None:
        """Do jobs until the worker is told to stop."""
        stopping, busy, seen = self.interrupts.stopping, False, float("-inf")
        while not stopping.is_set():
            try:
                if not busy and monotonic() - seen > SEEN_SECONDS:
                    jobs.enrol(self.place.engine, self.name)
                    seen = monotonic()
                job = jobs.claim(self.place.engine, self.name, self.place.settings.lease_seconds)
                busy = job is not None
                if job is not None:
                    self.work(job)
                    seen = float("-inf")  # it says that it is free once there is no other job
                else:
                    stopping.wait(POLL_SECONDS)
            except SQLAlchemyError:
                LOGGER.exception("database_failed")
                stopping.wait(RETRY_SECONDS)

    def work(self, job: jobs.Fields) -> None:
        """Do a claimed job: whatever happens, its row says so, and no file is left that is nobody's."""
        lease = Lease(self.place.engine, job, self.place.settings.lease_seconds, self.interrupts)
        with self._folder() as folder:
            attempt = Attempt(self.place, job, lease, folder)
            try:
                with lease:
                    attempt.run()
            except BaseException as error:
                self._ended_badly(attempt, error)
            facts = {"job": lease.id, "task": job["task"], "attempt": job["attempts"], "worker": self.name}
            LOGGER.info("job_left", extra={"facts": facts})

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Give a fresh folder; a process of its own gets its limits too."""
        if self._scratch is not None:
            yield self._scratch
            return
        limit_processor(self.place.settings.job_seconds)
        with scratch_folder(self.place.settings.scratch, self.name) as folder:
            yield folder

    def close(self) -> None:
        """Let go of what is held for all jobs."""

    def _ended_badly(self, attempt: Attempt, error: BaseException) -> None:
        if isinstance(error, SQLAlchemyError):
            raise error  # it may be done all the same: nothing is deleted, and what is nobody's is swept
        engine, holder = self.place.engine, (attempt.lease.id, attempt.lease.holder)
        if isinstance(error, Halt) and not isinstance(error, TooLong):
            if not jobs.cancelled(engine, *holder):
                jobs.give_back(engine, *holder)
        else:
            jobs.fail(engine, *holder, *reason_of(error, self.place.settings.data))
        for key in attempt.put:
            self.place.storage.delete(key)


def reason_of(error: BaseException, data: Path) -> tuple[str, str]:
    """Return code and text of a failure as strangers may read it; what nobody foresaw goes to the log, with an id."""
    if isinstance(error, TooLong):
        return "too_long", "the job took longer than this server allows"
    if isinstance(error, Missing):
        return "gone", "a recording that the job needs was deleted"
    if isinstance(error, MemoryError):
        return "no_memory", "there was not enough memory for this recording"
    if _is_full(error):
        return "disk_full", "the disk of the server is full: nothing was kept, try again later"
    if isinstance(error, LigeiaError):
        return "refused", without_paths(str(error), data)
    id = secrets.token_hex(4)
    LOGGER.error("job_broke", extra={"facts": {"id": id}}, exc_info=error)
    return "internal", f"something went wrong in the server; its log has it under {id}"


def _is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or the one behind it, is that there is no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__
    return False


def without_paths(text: str, data: Path) -> str:
    """Return a text in which files of the server are called by their last name alone.

    Example:
        >>> without_paths("/srv/my data/files/x/original is damaged: see /usr/lib/x.so", Path("/srv/my data"))
        'the recording is damaged: see x.so'
    """
    return _PATH.sub(r"\1", _ORIGINAL.sub("the recording", text.replace(str(data), "/data")))


def limit_processor(seconds: float) -> None:
    """Let the process use the processor for so many seconds more, before SIGXCPU stops the job."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


@contextmanager
def scratch_folder(parent: Path, name: str) -> Iterator[Path]:
    """Give a fresh folder, in which the library's temporary files lie too, and remove it afterwards."""
    folder = parent / name / secrets.token_hex(4)
    folder.mkdir(parents=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
