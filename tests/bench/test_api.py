"""What a proxied call costs, what a gigabyte and fifty accounts hold, and how long the tools are."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from flows.agents.accounts import open_account
from flows.agents.server import described
from flows.agents.tokens import make_token
from flows.agents.tools.catalog import visible_tools
from flows.app.wiring.ports import open_ledger, system_clock
from infra.emulator import Emulator
from pipeline.model.agents import Scope
from pipeline.settings import load_settings
from tests.integration.agents.desk import RAW, account_of
from tests.integration.pipeline.accounts import Source, receipt, write_account, write_settings
from tests.integration.webhooks.hooked import until
from tests.support.processes import free_port

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

MIB = 2**20
CALLS = 300
ROUNDS = 5
PATH = "/tables/Receipts/records"
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
MOST_RATIO = 7.0
"""A request is served, its token looked up, and two audit rows are written: the goal of 2 is missed,
and the least proxy misses it as well."""
MOST_OF_LEAST = 3.0
MOST_GROWTH_MIB = 32
MOST_ACCOUNT_MIB = 2.0
ACCOUNTS = 50

_BARE = """
import sys, time, httpx
url, calls = sys.argv[1], int(sys.argv[2])
form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
path = "/integrations/rest/v3/tables/Receipts/records?q.pageNumber=1&q.pageSize=50&q.orderBy=PK_ID"
with httpx.Client(base_url=url) as client:
    token = client.post("/oauth/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    client.get(path, headers=headers)
    before = time.process_time()
    for _ in range(calls):
        client.get(path, headers=headers).raise_for_status().json()
    print((time.process_time() - before) / calls * 1000)
"""


_PEER = """
import contextlib, sys, httpx, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
url, port = sys.argv[1], int(sys.argv[2])
form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
token = httpx.post(url + "/oauth/token", data=form).json()["access_token"]
client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"})
async def records(request):
    path = f"/integrations/rest/v3/tables/{request.path_params['table']}/records"
    page = {"q.pageNumber": "1", "q.pageSize": "50", "q.orderBy": "PK_ID"}
    answer = await client.get(path, params=page)
    answer.raise_for_status()
    return JSONResponse({"result": answer.json()["Result"]})
app = Starlette(routes=[Route("/tables/{table}/records", records)])
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
"""
"""The least that a proxy in Python does: no token, no rate, no audit, no check of arguments."""


@dataclass(frozen=True)
class Proxy:
    """The API in a process of its own, and the account's address at Caspio."""

    process: psutil.Process
    client: httpx.Client
    caspio: str

    def resident_mib(self) -> float:
        """Return the memory that the API holds."""
        return float(self.process.memory_info().rss / MIB)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An account with a few records, served by `api serve`."""
    folder = tmp_path_factory.mktemp("proxy")
    files = {f"main{n}.txt": receipt(n) for n in (1, 2, 3)}
    seed = write_account(folder / "seed", account_of("main"), files)
    with Emulator(seed=seed) as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        source = Source({"table": "Receipts"}, name="main")
        config = write_settings(folder, emulator.url, source)
        settings = load_settings(config)
        with open_ledger(settings) as ledger:
            made = make_token(
                ledger, settings.caspio.account, name="bench", scope=RAW,
                life=timedelta(1), clock=system_clock(),
            )  # fmt: skip
        with serving(config, made.token) as (process, client):
            yield Proxy(process, client, emulator.url)


@contextmanager
def serving(config: Path, token: str) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """Run `api serve` and return its process and a client for its account."""
    command = [sys.executable, "-m", "flows.cli", "api", "serve", "--config", str(config)]
    started = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert started.stderr is not None
    try:
        line = next(line for line in started.stderr if "HTTP API at" in line)
        headers = {"Authorization": f"Bearer {token}"}
        address = line.split()[-1]
        with httpx.Client(base_url=address, headers=headers, timeout=300) as client:
            yield psutil.Process(started.pid), client
    finally:
        started.terminate()
        started.wait(30)
        started.stderr.close()


@contextmanager
def peer(caspio: str) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """Run the least proxy in a process of its own; return that and a client for it."""
    port = free_port()
    command = [sys.executable, "-c", _PEER, caspio, str(port)]
    with subprocess.Popen(command) as started:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                until(lambda: _answers(client))
                yield psutil.Process(started.pid), client
        finally:
            started.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get(PATH).is_success
    except httpx.TransportError:
        return False


def cpu_ms(process: psutil.Process, client: httpx.Client) -> float:
    """Return the processor time that a server uses for one call."""

    def used_s() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    before = used_s()
    for _ in range(CALLS):
        client.get(PATH).raise_for_status()
    return (used_s() - before) / CALLS * 1000


def test_processor_time_of_a_call(proxy: Proxy):
    """What a proxied call costs beside the same call by httpx alone, and by the least proxy."""
    for _ in range(20):
        proxy.client.get(PATH).raise_for_status()
    rounds: list[tuple[float, float, float]] = []
    with peer(proxy.caspio) as least:
        # In turns: whatever else the machine does meets all three.
        for _ in range(ROUNDS):
            bare = subprocess.run(
                [sys.executable, "-c", _BARE, proxy.caspio, str(CALLS)],
                capture_output=True,
                text=True,
                check=True,
            )
            ours_ms = cpu_ms(proxy.process, proxy.client)
            rounds.append((float(bare.stdout), cpu_ms(*least), ours_ms))
    bare_ms, least_ms, ours_ms = (statistics.median(one) for one in zip(*rounds, strict=True))

    print(
        f"\nCPU of a call: httpx alone {bare_ms:.2f} ms, least proxy {least_ms:.2f} ms, "
        f"ours {ours_ms:.2f} ms: {ours_ms / bare_ms:.2f} x and {ours_ms / least_ms:.2f} x"
    )
    assert ours_ms <= MOST_RATIO * bare_ms
    assert ours_ms <= MOST_OF_LEAST * least_ms


def gibibyte() -> Iterator[bytes]:
    """Yield a file in pieces."""
    piece = os.urandom(MIB)
    for _ in range(1024):
        yield piece


def test_memory_while_a_gibibyte_is_proxied(proxy: Proxy):
    """Up and down again, the API holds no more than before."""
    path = "/tables/Receipts/attachments/Scan/1"
    size = {"Content-Length": str(1024 * MIB)}
    small = {"Content-Length": "3"}
    proxy.client.put(
        path, params={"name": "s.txt"}, content=b"abc", headers=small
    ).raise_for_status()
    before = proxy.resident_mib()
    peak = before

    def watched(pieces: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal peak
        for number, piece in enumerate(pieces):
            if number % 16 == 0:
                peak = max(peak, proxy.resident_mib())
            yield piece

    started = time.monotonic()
    sent = proxy.client.put(
        path, params={"name": "g.bin"}, content=watched(gibibyte()), headers=size
    )
    up_s = time.monotonic() - started
    assert sent.status_code == 200, sent.text
    with proxy.client.stream("GET", path) as answer:
        received = sum(len(piece) for piece in watched(answer.iter_bytes(MIB)))

    print(
        f"\n1 GiB up in {up_s:.0f} s and down: memory {before:.0f} MiB before, {peak:.0f} MiB at most"
    )
    assert received == 1024 * MIB
    assert peak - before <= MOST_GROWTH_MIB


def test_memory_of_accounts(tmp_path: Path):
    """Fifty accounts in one process hold less than 2 MiB each."""
    script = (
        "import sys, pathlib; from tests.bench.test_api import hold; "
        "print(hold(pathlib.Path(sys.argv[1]), sys.argv[2]))"
    )
    seed = write_account(
        tmp_path / "seed", account_of("main"), {f"main{n}.txt": b"x" for n in (1, 2, 3)}
    )
    with Emulator(seed=seed) as emulator:
        ended = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), emulator.url],
            capture_output=True, text=True, env=os.environ | CREDENTIALS, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    each_mib = float(ended.stdout)

    print(f"\n{ACCOUNTS} accounts: {each_mib:.2f} MiB each")
    assert each_mib < MOST_ACCOUNT_MIB


def hold(folder: Path, url: str) -> float:
    """Open the accounts, use each once, and return the MiB that one of them holds."""
    process = psutil.Process()
    with ExitStack() as stack:

        def opened(number: int) -> None:
            source = Source({"table": "Receipts"}, name="main")
            config = write_settings(folder / str(number), url, source)
            account = stack.enter_context(open_account(load_settings(config)))
            account.client.call("ListTables")

        # What the first ones bring along, all of them share.
        for number in range(3):
            opened(number)
        before = process.memory_info().rss
        for number in range(3, 3 + ACCOUNTS):
            opened(number)
        return float((process.memory_info().rss - before) / ACCOUNTS / MIB)


def test_tokens_of_the_list():
    """The usual list of tools costs a conversation at most 6,000 tokens, at four characters each."""
    usual, whole = (
        len(json.dumps([described(tool, raw_where=False).model_dump(mode="json", by_alias=True, exclude_none=True) for tool in visible_tools(scope)], separators=(",", ":")))
        / 4
        for scope in (Scope(), RAW)
    )  # fmt: skip

    print(f"\ntools/list: {usual:,.0f} tokens by default, {whole:,.0f} with everything")
    assert usual <= 6_000
