"""The environment of rows: versions, machine, threads; kept once, and named in every row."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ligeia.audio.atomic import write_bytes
from ligeia.errors import InputError

ENVIRONMENTS = "environment.json"
PACKAGES = ("numpy", "scipy", "torch", "soxr", "soundfile", "constriction", "pesq", "pystoi", "visqol-python", "numba")
"""Distributions whose versions can change a figure."""


def describe(workers: int, metrics: dict[str, str]) -> dict[str, Any]:
    """The environment of a run: plain data. `metrics` says which version computes each."""
    return {
        "ligeia": installed_version("ligeia"),
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "machine": processor(),
        "cores": os.cpu_count(),
        "threads": threads(workers),
        "workers": workers,
        "packages": {name: installed_version(name) for name in PACKAGES},
        "metrics": metrics,
        "date": datetime.now(UTC).date().isoformat(),
    }


def keep(folder: Path, environment: dict[str, Any]) -> str:
    """Add an environment to those of a folder of rows, and return the name that rows know it by."""
    name = environment_id(environment)
    environments = read_environments(folder)
    if name not in environments:
        text = json.dumps(environments | {name: environment}, indent=1, sort_keys=True) + "\n"
        write_bytes(folder / ENVIRONMENTS, text.encode(), overwrite=True)
    return name


def read_environments(folder: Path) -> dict[str, Any]:
    """The environments that the rows of a folder name.

    Raises:
        InputError: the file is damaged.
    """
    path = folder / ENVIRONMENTS
    try:
        return dict(json.loads(path.read_bytes())) if path.exists() else {}
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}") from error


def environment_id(environment: dict[str, Any]) -> str:
    """A short name for an environment: equal for equal ones."""
    return hashlib.sha256(json.dumps(environment, sort_keys=True).encode()).hexdigest()[:8]


def threads(workers: int) -> int:
    """Threads for each of `workers` processes."""
    return max(usable_cores() // workers, 1)


def usable_cores() -> int:
    """Return how many cores this process may use: a job of SLURM, or a container, may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def commit() -> str | None:
    """The commit of the checkout that this package runs from; None outside of one."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def processor() -> str:
    """The machine's processor, and how many."""
    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor() or sys.platform


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def installed_version(package: str) -> str | None:
    """The version of an installed distribution; None where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
