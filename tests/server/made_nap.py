"""A worker whose tasks take time and do nothing, for tests of what happens around jobs; all else is a real worker's.

`strength` is in seconds. "restore" reports while it naps, "denoise" does not, "extend" does not even hear signals.
"""

import ctypes
import signal
import sys
import time

from ligeia.progress import Progress
from ligeia.server import worker
from ligeia.server.job_run import Place
from ligeia.server.supervisor import Supervisor
from ligeia.server.tasks.task import Made, Make, Order, write_floats


class Napping(Supervisor):
    """A supervisor of such workers."""

    program = (sys.executable, "-P", __file__)


def napping(task: str) -> Make:
    """The function of a task."""

    def make(order: Order) -> Made:
        over = time.monotonic() + float(order.settings["strength"])
        if task == "extend":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
        while (left := over - time.monotonic()) > 0:
            if task == "extend":
                ctypes.CDLL(None).usleep(int(left * 1e6))
                continue
            time.sleep(min(left, 0.01))
            if task == "restore":
                order.on_progress(Progress(done=0.5, elapsed=0.0, stage="napping"))
        path, sound = order.folder / "nap.wav", order.sound
        write_floats(path, sound.rate, sound.channels, [sound.read(0, sound.sample_count)])
        return Made(estimate=path, ending="-napped")

    return make


def main() -> None:
    worker.Place = lambda settings, engine, storage: Place(settings, engine, storage, napping)
    worker.preload = lambda: None
    worker.main()


if __name__ == "__main__":
    main()
