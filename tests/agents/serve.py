"""A local account behind the server, for clients that are tested against it: prints address and token."""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope as AsgiScope, Send

from flows.agents.accounts import open_account
from flows.agents.http import agents_app
from flows.agents.tokens import make_token
from infra.emulator import Emulator
from pipeline.model.agents import Scope
from pipeline.settings import load_settings
from tests.integration.agents.desk import account_of
from tests.integration.pipeline.accounts import Source, receipt, write_account, write_settings


def with_token(app: ASGIApp, token: str) -> ASGIApp:
    """Give a request without a token this one: the conformance suite sends none."""
    authorization = f"Bearer {token}".encode()

    async def wrapped(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"authorization" not in dict(scope["headers"]):
            headers = [*scope["headers"], (b"authorization", authorization)]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return wrapped


def main(port: int) -> None:
    """Serve until the process is ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {f"main{n}.txt": receipt(n) for n in (1, 2, 3)}
        seed = write_account(folder / "seed", account_of("main"), files)
        with Emulator(seed=seed) as emulator:
            source = Source({"table": "Receipts"}, name="main")
            settings = load_settings(write_settings(folder, emulator.url, source))
            with open_account(settings) as account:
                scope = Scope(per_minute=100_000, budget_share=1.0)
                made = make_token(
                    account.ledger, account.key, name="suite", scope=scope,
                    life=timedelta(days=1), clock=account.clock,
                )  # fmt: skip
                app = with_token(agents_app({"main": account}, settings.agents), made.token)
                print(f"http://127.0.0.1:{port}/mcp/main {made.token}", flush=True)
                uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
