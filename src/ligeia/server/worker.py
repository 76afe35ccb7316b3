"""A worker process: does jobs until it is told to stop or its parent is gone.

`python -m ligeia.server.worker NAME` reads its settings, one line of JSON, from standard input; the end of that input
means that whoever started it is no longer there. SIGTERM gives the job back at once.
"""

import os
import resource
import signal
import sys
import threading
from importlib import import_module

from ligeia.dsp.threads import one_blas_thread
from ligeia.server.job_run import Place
from ligeia.server.lease import Interrupts
from ligeia.server.logs import start_logging
from ligeia.server.settings import Settings
from ligeia.server.storage.opening import open_storage
from ligeia.server.sweep import locked_folder
from ligeia.server.tables import open_database
from ligeia.server.work_loop import Worker

PRELOADED = ("ligeia.server.tasks.compress", "ligeia.codec.transform.encoder", "ligeia.metrics.score")
"""Modules that nearly every job needs, imported before the first."""
NICENESS = 5
"""Niceness of a worker: requests are answered before jobs are worked on."""


def preload() -> None:
    """Import what nearly every job needs, and let the codec make its tables, so that the first job is as quick."""
    import numpy as np

    from ligeia.audio.signal import Audio
    from ligeia.codec.decode import decode_pieces
    from ligeia.codec.encode import encode

    for module in PRELOADED:
        import_module(module)
    noise = np.random.default_rng(0).standard_normal((1, 16000)).astype(np.float32)
    list(decode_pieces(encode(Audio(0.1 * noise, 16000))))


def main() -> None:
    """Work for the settings on standard input, under the name of the command line."""
    name = sys.argv[1]
    settings = Settings.model_validate_json(sys.stdin.readline())

    start_logging()
    os.nice(NICENESS)
    interrupts = Interrupts(signals=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (settings.largest_file, settings.largest_file))
    threading.Thread(target=_follow, args=(interrupts,), daemon=True).start()
    with one_blas_thread(), locked_folder(settings, name):
        if settings.scheduler is None:
            preload()
        place = Place(settings, open_database(settings.database_url), open_storage(settings))
        worker = worker_for(name, place, interrupts)
        worker.loop()
        worker.close()


def worker_for(name: str, place: Place, interrupts: Interrupts) -> Worker:
    """Return the worker that the settings ask for."""
    if place.settings.scheduler is None:
        return Worker(name, place, interrupts)
    from ligeia.server.dask import DaskWorker

    return DaskWorker(name, place, interrupts)


def _follow(interrupts: Interrupts) -> None:
    """Stop when standard input ends, because the parent, which holds its other end, is gone."""
    while os.read(0, 1 << 12):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
