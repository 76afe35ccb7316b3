"""What every test may use: recordings that may be absent, golden regeneration, processes that should be gone."""

import os
import signal
import sys
import time

# Before anything loads torch: tests are small, and threads that spin for each other on shared cores are slow.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
WAIT_SECONDS = 5.0  # generous: killing takes milliseconds, but cores are shared
NO_DATA = "no recordings: the folder named by LIGEIA_DATA does not exist"

# Modules named made_* lie beside the tests that use them, and any test may import them.
sys.path[:0] = sorted({str(path.parent) for path in Path(__file__).parent.rglob("made_*.py")})

THOROUGH = bool(os.environ.get("LIGEIA_THOROUGH"))
"""Whether to try many more examples than a run on every change has time for."""

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=500 if THOROUGH else 40)
settings.load_profile("ci")


def data_path() -> Path:
    """The folder of recordings: LIGEIA_DATA, or ../shared/data beside the repository."""
    named = os.environ.get("LIGEIA_DATA")
    return Path(named).resolve() if named else REPOSITORY.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate",
        action="store_true",
        default=False,
        help="write golden files anew instead of comparing",
    )


@pytest.hookimpl(tryfirst=True)  # before `-m` selects, so that using the fixture is as good as the marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    present = data_path().is_dir()
    for item in items:
        if "data_folder" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)
        if not present and item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=f"{NO_DATA} ({data_path()})"))


@pytest.fixture(scope="session")
def thorough() -> bool:
    """True where LIGEIA_THOROUGH is set: a test of random cases then tries many more."""
    return THOROUGH


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of recordings; a test that asks for it is marked `data` and skipped where it is absent."""
    return data_path()


@pytest.fixture(scope="session")
def regenerate(request: pytest.FixtureRequest) -> bool:
    """True under `pytest --regenerate`: a golden test then writes its file instead of comparing."""
    return bool(request.config.getoption("--regenerate"))


@pytest.fixture
def heard_signals() -> Iterator[None]:
    """Let programs that a test starts hear SIGHUP and SIGINT, also where this run does not.

    A run under `nohup`, or in the background of a script, ignores them, and what it starts would as well. A handler
    that does nothing keeps this run as deaf as it was, and is what a new program does not inherit.
    """
    ignored = [number for number in (signal.SIGHUP, signal.SIGINT) if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def vanishes() -> Callable[[int], bool]:
    """`vanishes(pid)` waits until a process is gone, for a few seconds."""

    def wait(pid: int) -> bool:
        deadline = time.monotonic() + WAIT_SECONDS
        while runs(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return wait


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def read_when_there() -> Callable[[Path], str]:
    """`read_when_there(path)` waits until a file holds a whole line, for a few seconds."""

    def wait(path: Path) -> str:
        deadline = time.monotonic() + 4 * WAIT_SECONDS
        while not path.exists() or not path.read_text().endswith("\n"):
            assert time.monotonic() < deadline, f"{path} never came"
            time.sleep(0.02)
        return path.read_text()

    return wait


@pytest.fixture(scope="session")
def s3() -> Iterator[tuple[str, str]]:
    """The address of a server that speaks S3, and a bucket on it."""
    moto = pytest.importorskip("moto.server", reason="moto, a server of S3, is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in keys.items():
            environment.setenv(name, value)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        import boto3

        client = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket="recordings")
        client.close()
        yield endpoint, "recordings"
        server.stop()


@pytest.fixture
def in_store(s3: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty folder in an object store, as fsspec takes it."""
    pytest.importorskip("obstore", reason="obstore is not installed")
    endpoint, bucket = s3
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return f"s3://{bucket}/{tmp_path.name}"


def skipped_for_data(reports: list[pytest.TestReport]) -> Iterator[str]:
    """The names of the tests among `reports` that were skipped because there are no recordings."""
    for report in reports:
        if isinstance(report.longrepr, tuple) and NO_DATA in report.longrepr[2]:
            yield report.nodeid


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    names = sorted(skipped_for_data(terminalreporter.stats.get("skipped", [])))
    if names:
        terminalreporter.section("skipped for lack of data")
        terminalreporter.write_line(
            f"{len(names)} skipped because {data_path()} does not exist (set LIGEIA_DATA): {', '.join(names)}"
        )
