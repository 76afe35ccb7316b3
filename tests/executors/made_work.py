"""Work that goes wrong as its task says."""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

loaded = time.time()


def work(task: dict[str, Any]) -> dict[str, Any]:
    if "pid_to" in task:
        Path(task["pid_to"]).write_text(f"{os.getpid()}\n")
    if "child_to" in task:
        subprocess.Popen(["sleep", "60"])
        child = subprocess.Popen(["sleep", "60"])
        Path(task["child_to"]).write_text(f"{child.pid}\n")
    if "program_to" in task:
        subprocess.run(["sh", "-c", f"echo $$ > {task['program_to']}; exec sleep 60"], start_new_session=False)
    if "signal" in task:
        os.kill(os.getpid(), task["signal"])
    if "exit" in task:
        os._exit(task["exit"])
    if "error" in task:
        raise ValueError(task["error"])
    if "allocate" in task:
        return {"allocated": len(bytearray(task["allocate"]))}
    if "threads" in task:
        return threads()
    if "temporary" in task:
        tempfile.mkstemp()
    if "says" in task:
        print(task["says"], flush=True)
        os.write(1, task["says"].encode())
    time.sleep(task.get("sleep", 0))
    return {"n": task.get("n"), "pid": os.getpid(), "loaded": loaded, "folder": tempfile.gettempdir()}


def threads() -> dict[str, Any]:
    import numpy  # noqa: F401  which brings BLAS
    from threadpoolctl import threadpool_info

    blas = max(pool["num_threads"] for pool in threadpool_info())
    return {"blas": blas, "variable": os.environ["OMP_NUM_THREADS"]}


def add(first: int, second: int = 0) -> int:
    return first + second
