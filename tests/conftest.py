import gc
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import httpx._transports.default as httpx_transport
import psutil
import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support.properties import FUZZ_FACTOR, examples

SHARED = Path(__file__).resolve().parents[2] / "shared"

# Prefect reads these when it is first imported, and a test must never start a server of its own or call out.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
for name in ("PREFECT_API_URL", "CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
    os.environ.pop(name, None)

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own there
ROOM_BYTES = 4 * 2**30


def _has_room() -> bool:
    """Say whether memory and its file system have room for what tests write."""
    if not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK | os.X_OK):
        return False
    free = shutil.disk_usage(IN_MEMORY).free
    return min(free, psutil.virtual_memory().available) >= ROOM_BYTES


# A ledger and an archive wait for the disk at each step, and most of their tests are short.
# What has to survive is the death of a process, not of the machine. Workers ask the first process for folders.
if "PYTEST_XDIST_WORKER" not in os.environ and _has_room():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

# `make test` tries the same examples everywhere and every time, so that a change is judged by what it changes;
# `make fuzz` sets FUZZ_FACTOR and draws new ones from a seed that it prints. No example is judged by the time it takes:
# a loaded machine is no failure.
settings.register_profile(
    "test",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz",
    settings.get_profile("test"),
    derandomize=False,
    database=None,
    max_examples=examples(100),
)
settings.load_profile("fuzz" if FUZZ_FACTOR else "test")


# They wait for servers, browsers and child processes more than they compute.
LONG_WAITS = ("tests/flows/", "tests/hostile/", "tests/crash/", "tests/integration/")
PAGES = ("tests/flows/web/", "tests/flows/test_web_")


def _uses_prefect(nodeid: str) -> bool:
    return nodeid.startswith("tests/flows/") and not nodeid.startswith(PAGES)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits long, so that no worker is left alone with it at the end.

    Files with slow tests come next, and the many with quick ones last: whoever is done first takes another of them.
    """
    slow = {
        item.path
        for item in items
        if item.get_closest_marker("slow") or item.get_closest_marker("integration")
    }
    items.sort(
        key=lambda item: (
            not _uses_prefect(item.nodeid),
            not item.nodeid.startswith(LONG_WAITS),
            item.path not in slow,
        )
    )


class OnePrefectServer(LoadFileScheduling):
    """Gives a file to one worker, and all files with a Prefect server to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests with Prefect" if _uses_prefect(nodeid) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Start Prefect's server once: a start takes ten seconds of a processor."""
    return OnePrefectServer(config, log) if config.getoption("dist") == "loadfile" else None


# Each client of httpx reads a megabyte of certificates for 20 ms, also those that a test asks with each moment
# whether something has happened. All of them speak plain HTTP with this machine.
httpx_transport.create_ssl_context = cache(httpx.create_ssl_context)

# By default, rich draws each traceback with all local variables. If one of them is a long text, a
# single logged exception takes seconds.
_PLAIN_LOGS = [
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
]
structlog.configure(processors=_PLAIN_LOGS)


MEASURING = {Path(__file__).parent / name for name in ("bench", "production")}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out folders that only measure where measuring is left out: they import for a second."""
    without = "not bench" in str(config.option.markexpr)
    return True if without and collection_path in MEASURING else None


def pytest_collectstart() -> None:
    """Let Python not look for garbage among what is kept: it takes a seventh of the time to collect."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let Python look for garbage less often, and never among the thousands of collected tests.

    Otherwise this takes a tenth of the time of a quick test.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def _logs_to_the_stream_of_the_test() -> Iterator[None]:
    """Forget what a command configured for logs: its stream is closed when its test ends."""
    yield
    structlog.reset_defaults()
    structlog.configure(processors=_PLAIN_LOGS)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents beside the project, where there is one."""
    folder = SHARED / "corpora"
    if not folder.is_dir():
        pytest.skip("the real documents for measuring are not beside the project")
    return folder
