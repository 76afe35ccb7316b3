"""Results and rows on the disk: many of them together, every few seconds, beside the work.

To wait for the disk after each of many short files takes longer than to encode them. A run that is killed loses nothing
either way, as what is written is with the system. A failure of power may leave rows whose results have not come to the
disk: their files are short or missing then, which the next run sees, and does them again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ligeia.corpus.folder import Folder
from ligeia.errors import InputError
from ligeia.records.journal import Journal

SYNC_SECONDS = 5.0
"""Time between two syncs."""


@contextmanager
def synced(results: Folder, journal: Journal) -> Iterator[None]:
    """Sync results, then the rows that speak of them, now and then and at the end.

    Raises:
        InputError: the disk failed.
    """
    ended = threading.Event()
    failed: list[OSError] = []

    def sync() -> None:
        try:
            results.sync()
            journal.sync()
        except OSError as error:
            failed.append(error)

    def keep_syncing() -> None:
        while not ended.wait(SYNC_SECONDS):
            sync()

    thread = threading.Thread(target=keep_syncing, name="ligeia-sync", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        sync()
    if failed:
        raise InputError(f"the disk of the results failed: {failed[0].strerror or failed[0]}")
