"""Run the MCP server: over HTTP until it is asked to stop, or over stdin and stdout."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST

from flows.agents.accounts import AgentAccount, open_accounts
from flows.agents.door import Credentials
from flows.agents.http import PATH, agents_app
from flows.agents.server import Context, agent_server
from flows.http.server import Serving, require_https, serving_accounts
from pipeline.environment import environment
from pipeline.errors import BadSettings
from pipeline.model.agents import AgentToken

TOKEN_VARIABLE = "CASPIO_INGEST_AGENT_TOKEN"  # noqa: S105 - the name of a variable
KEY_VARIABLE = "CASPIO_INGEST_AGENT_OPERATOR_KEY"


@contextmanager
def serving(configs: tuple[Path, ...], listen: str = "") -> Iterator[Serving]:
    """Open the accounts and return their server; run it with `Serving.run()`.

    Raises:
        BadSettings: others could reach the server, and the settings do not say under which
            address, or it cannot be listened at.
    """
    with open_accounts(configs) as accounts:
        settings = next(iter(accounts.values())).settings.agents
        address = listen or settings.listen
        settings = settings.model_copy(update={"listen": address})
        require_https(address, settings.url, section="agents")
        app = agents_app(accounts, settings)
        paths = [f"{PATH}/{name}" for name in accounts]
        # The application has a lifespan: the one of the servers of its accounts.
        with serving_accounts(
            app,
            address=address,
            what="The server of agents",
            paths=paths,
            url=settings.url,
            lifespan="on",
        ) as server:
            yield server


def credentials_of_client() -> Credentials:
    """Return what the client that started this process gave it in its environment.

    A process of one of several accounts drops its environment, so they are read before.
    """
    token, key = environment(TOKEN_VARIABLE), environment(KEY_VARIABLE)
    return Credentials((token or "").strip(), (key or "").strip(), in_path=False)


def serve_stdio(config: Path, given: Credentials) -> None:
    """Serve one account over stdin and stdout, for the token of its client.

    Raises:
        BadSettings: the client has no valid token of the account.
    """
    with open_accounts((config,)) as accounts:
        (account,) = accounts.values()
        if given.valid(account) is None:
            problem = f"{TOKEN_VARIABLE} has no valid token of this account."
            raise BadSettings([f"{problem} Make one with `caspio-ingest mcp token create`."])
        anyio.run(functools.partial(_serve_streams, account, given))


async def _serve_streams(account: AgentAccount, given: Credentials) -> None:
    def authorize(_context: Context) -> AgentToken:
        # Looked up at each request: a token that is revoked meanwhile ends to work at once.
        token = given.valid(account)
        if token is None:
            raise MCPError(INVALID_REQUEST, "The token is no longer valid.")
        return token

    server = agent_server(account, authorize)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
