"""Two accounts behind one server, in this process, and the SDK's own client in front of it."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, Tool
from starlette.applications import Starlette

from flows.agents.accounts import AgentAccount, open_account
from flows.agents.http import agents_app
from flows.agents.tokens import make_token
from infra.emulator import Emulator
from pipeline.model.agents import Scope
from pipeline.settings import load_settings
from pipeline.settings.agents import AgentSettings
from processors.sandbox.reader import SandboxedReader
from tests.integration.pipeline.accounts import Source, receipt, write_account, write_settings
from tests.integration.pipeline.workspace import Workspace

HOST = "http://127.0.0.1:8768"
LEGACY = "2025-11-25"
MODERN = "2026-07-28"
EVERYTHING = (
    "pipeline", "review", "tables", "views", "records", "attachments", "files",
    "webhooks", "tasks", "apps", "users",
)  # fmt: skip
RAW = Scope(tags=EVERYTHING, raw_writes=True, raw_where=True, per_minute=10_000, budget_share=1.0)
"""All there is."""


@dataclass
class Desk:
    """The server, its accounts by name, and a loop in another thread in which both sides run."""

    accounts: Mapping[str, AgentAccount]
    emulators: Mapping[str, Emulator]
    app: Starlette
    portal: anyio.from_thread.BlockingPortal
    here: str = "main"

    def at(self, account: str) -> "Desk":
        """Return the same desk, where calls are for another account unless they name one."""
        return replace(self, here=account)

    def token(self, account: str = "", scope: Scope | None = None, *, days: float = 90) -> str:
        """Make a token; without a scope the usual one."""
        mine = self.accounts[account or self.here]
        made = make_token(
            mine.ledger,
            mine.key,
            name=f"t{len(mine.ledger.agents.tokens(mine.key))}",
            scope=scope or Scope(per_minute=10_000),
            life=timedelta(days=days),
            clock=mine.clock,
        )
        return made.token

    def call(
        self,
        token: str,
        tool: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        account: str = "",
        era: str = "auto",
    ) -> CallToolResult:
        """Call a tool as a client does."""

        async def ask(client: Client) -> CallToolResult:
            return await client.call_tool(tool, dict(arguments or {}))

        return self.with_client(ask, token, account=account, era=era)

    def result(self, token: str, tool: str, /, **arguments: Any) -> Any:
        """Call a tool that succeeds, and return the result in its answer."""
        answer = self.call(token, tool, arguments)
        assert not answer.is_error, answer.structured_content
        assert answer.structured_content["untrusted"] is True
        return answer.structured_content["result"]

    def error(self, token: str, tool: str, /, **arguments: Any) -> str:
        """Call a tool that does not succeed, and return the kind of its error."""
        answer = self.call(token, tool, arguments)
        assert answer.is_error, answer.structured_content
        kind: str = answer.structured_content["error"]["kind"]
        return kind

    def tools(self, token: str, *, account: str = "", era: str = "auto") -> list[Tool]:
        """List all tools, page by page."""

        async def ask(client: Client) -> list[Tool]:
            found: list[Tool] = []
            cursor = None
            while True:
                page = await client.list_tools(cursor=cursor)
                found += page.tools
                cursor = page.next_cursor
                if cursor is None:
                    return found

        return self.with_client(ask, token, account=account, era=era)

    def with_client(
        self, ask: Callable[[Client], Any], token: str, *, account: str = "", era: str = "auto"
    ) -> Any:
        """Connect a client over HTTP and let it ask."""
        mode = "legacy" if era == LEGACY else era

        async def connected() -> Any:
            transport = httpx2.ASGITransport(self.app)
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
                streams = streamable_http_client(
                    f"{HOST}/mcp/{account or self.here}", http_client=http
                )
                async with Client(streams, mode=mode, cache=None) as client:
                    # Task groups would wrap the error of an answer.
                    try:
                        return await ask(client)
                    except MCPError as refused:
                        return refused

        answer = self.portal.call(connected)
        if isinstance(answer, MCPError):
            raise answer
        return answer

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> httpx2.Response:
        """Send a request as anybody can."""

        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.app)
            async with httpx2.AsyncClient(transport=transport, base_url=HOST) as http:
                return await http.request(method, path, headers=dict(headers or {}), json=body)

        return self.portal.call(send)

    def audit(self, account: str = "") -> Sequence[Any]:
        """Return the audit, newest first."""
        mine = self.accounts[account or self.here]
        return mine.ledger.agents.agent_calls(mine.key, limit=10_000)


def account_of(name: str) -> dict[str, Any]:
    """Return an account with one of everything; its receipts are of one company."""
    fields = [
        {"Name": "Title", "Type": "STRING"},
        {"Name": "DocType", "Type": "STRING"},
        {"Name": "Total", "Type": "CURRENCY"},
        {"Name": "DocDate", "Type": "DATE/TIME"},
        {"Name": "Company", "Type": "STRING"},
        {"Name": "Pass", "Type": "PASSWORD"},
        {"Name": "Scan", "Type": "ATTACHMENT"},
    ]
    records = [{"PK_ID": n, "Title": f"{name} {n}", "Scan": f"{name}{n}.txt"} for n in (1, 2, 3)]
    secret_fields = [{"Name": "Salary", "Type": "NUMBER"}]
    return {
        "tables": {
            "Receipts": {"fields": fields, "records": records},
            "Private": {"fields": secret_fields, "records": [{"PK_ID": 1, "Salary": 7}]},
        },
        "views": {"SomeReceipts": {"table": "Receipts", "where": "PK_ID < 3"}},
        "files": {"/In/a.txt": f"{name}1.txt"},
        "tasks": {"Export": {"kind": "export", "table": "Receipts", "file": "/Out/r.csv"}},
        "applications": {"Desk": {"pages": {"Form": {}}}},
        "directories": {"Staff": {"users": [{"Email": f"{name}@example.com"}]}},
    }


@contextmanager
def desk_of(folder: Path, reader: SandboxedReader, **agents: Any) -> Iterator[Desk]:
    """Start two accounts and a server for both."""
    accounts, emulators = {}, {}
    with ExitStack() as stack:
        for name in ("main", "other"):
            files = {
                f"{name}{n}.txt": receipt(n, company=f"{name.title()} Hardware Ltd")
                for n in (1, 2, 3)
            }
            seed = write_account(folder / name / "seed", account_of(name), files)
            secret = os.environ["CASPIO_CLIENT_SECRET"]
            emulator = stack.enter_context(Emulator(seed=seed, client_secret=secret))
            emulators[name] = emulator
            source = Source({"table": "Receipts"}, name=name, confirm="first")
            config = write_settings(folder / name, emulator.url, source)
            settings = load_settings(config)
            settings = settings.model_copy(
                update={"agents": settings.agents.model_copy(update=agents)}
            )
            connecting = Workspace(config, emulator, reader).connecting
            account = stack.enter_context(open_account(settings, connecting=connecting))
            accounts[name] = account
        app = agents_app(accounts, AgentSettings(**agents))
        portal = stack.enter_context(anyio.from_thread.start_blocking_portal())
        stack.enter_context(portal.wrap_async_context_manager(app.router.lifespan_context(app)))
        yield Desk(accounts, emulators, app, portal)


def everything(answer: CallToolResult) -> str:
    """Return all that a client sees of an answer."""
    return json.dumps(answer.model_dump(mode="json"), ensure_ascii=False)
