"""`mcp`: serve AI agents, make and revoke their tokens, and see what they did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import Account, AccountOrAll, of_account, of_accounts
from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Listen,
    Verbose,
    err,
    out,
    print_json,
    set_up_logs,
)
from pipeline.errors import BadSettings, raise_problems

if TYPE_CHECKING:
    from pipeline.model.agents import AgentToken
    from pipeline.ports import Clock, Ledger

app = typer.Typer(help="Serve AI agents.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(
    help="Create, list, extend and revoke the tokens of agents.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(tokens, name="token")

TokenId = Annotated[
    str,
    typer.Argument(help="The token's id or name, as `mcp token list` shows it.", metavar="TOKEN"),
]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="Days until the token expires.")]

ReadOnly = Annotated[
    bool, typer.Option("--read-only", help="Only list and get; the same as --method read.")
]
Methods = Annotated[
    list[str],
    typer.Option(
        "--method", help="read, write, custom, a method such as list, or a tool; may be repeated."
    ),
]
Tags = Annotated[
    list[str],
    typer.Option(
        "--tag", help="The tools of this group, in place of the usual ones; may be repeated."
    ),
]
Tables = Annotated[
    list[str], typer.Option("--table", help="Only this table; may be repeated.", metavar="NAME")
]
Views = Annotated[
    list[str], typer.Option("--view", help="Only this view; may be repeated.", metavar="NAME")
]
RawWrites = Annotated[bool, typer.Option("--raw-writes", help="Also change Caspio without a plan.")]
RawWhere = Annotated[bool, typer.Option("--raw-where", help="Also write conditions as text.")]
PerMinute = Annotated[int, typer.Option("--per-minute", min=1, help="Calls of tools in a minute.")]
Share = Annotated[
    float, typer.Option("--share", help="Share of the month's Caspio calls, up to 1.")
]
NeedsKey = Annotated[
    bool, typer.Option("--needs-operator-key", help="Each request needs agents.operator_key, too.")
]
InPath = Annotated[
    bool, typer.Option("--in-path", help="Put the token into the address; it can then only read.")
]

Subject = Annotated[
    str,
    typer.Option(
        "--subject",
        help="User at the server of agents.oauth that it is for, as its tokens say.",
        metavar="SUBJECT",
    ),
]


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    account: AccountOrAll = None,
    listen: Listen = "",
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Serve one client over stdin and stdout.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Serve agents over HTTP, or one of them over stdin and stdout.

    With `--account all`, each of several accounts has its own address, `/mcp/NAME`.
    Over stdin and stdout, CASPIO_INGEST_AGENT_TOKEN has the token.
    """
    set_up_logs(verbose=verbose)
    try:
        from flows.agents.serve import credentials_of_client, serve_stdio, serving
    except ModuleNotFoundError as error:
        problem = (
            f"{error.name} is not installed. Install `caspio-ingest[mcp]`; docs/agents.md says how."
        )
        raise BadSettings([problem]) from error
    if stdio:
        given = credentials_of_client()
        serve_stdio(of_account(config, account), given)
        return
    with serving(of_accounts(config, account), listen) as ready:
        for address in ready.addresses:
            err().print(f"agents at {address}")
        ready.run()


@app.command()
def tools(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Only the tools of this token.", metavar="ID")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all tools: the group of each, what it does, and whether tokens have it by default.

    They are the same for every account. With --token, only those that a token of the account has.
    """
    from flows.agents.tools.catalog import all_tools, visible_tools

    found = list(all_tools().values())
    if token is not None:
        with _opened(config, account) as (ledger, key, _clock):
            scopes = {one.id: one.scope for one in ledger.agents.tokens(key)}
        if token not in scopes:
            raise _unknown(token, account)
        found = list(visible_tools(scopes[token]))
    if as_json:
        print_json(
            [
                {
                    "name": tool.name,
                    "tag": tool.tag,
                    "method": tool.method,
                    "default": tool.is_shown,
                    "raw": tool.is_raw,
                    "description": tool.description,
                }
                for tool in found
            ]
        )
        return
    from flows.cli.show.agents import tools_table

    out().print(tools_table(found))


@app.command()
def audit(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Only the calls of this token.", metavar="ID")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Number of calls to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the latest calls of agents: who, which tool, what it did, what it cost."""
    from dataclasses import asdict

    with _opened(config, account) as (ledger, key, _clock):
        calls = ledger.agents.agent_calls(key, token_id=token, limit=limit)
    if as_json:
        print_json([asdict(call) for call in calls])
        return
    if not calls:
        whose = f"by the token {token}" if token else "by an agent"
        err().print(f"No call {whose} was made yet.")
        return
    from flows.cli.show.agents import audit_table

    out().print(audit_table(calls))


@tokens.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it.", metavar="NAME")],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    read_only: ReadOnly = False,
    method: Methods = [],
    tag: Tags = [],
    table: Tables = [],
    view: Views = [],
    raw_writes: RawWrites = False,
    raw_where: RawWhere = False,
    per_minute: PerMinute = 60,
    share: Share = 0.1,
    days: Days = 90,
    needs_operator_key: NeedsKey = False,
    in_path: InPath = False,
    subject: Subject = "",
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown only once; only its digest is kept."""
    from flows.agents.tokens import make_token
    from pipeline.model.agents import Scope

    if read_only and method:
        raise BadSettings(["--read-only is --method read. Give one of them."])
    scope = Scope(
        methods=("read",) if read_only else tuple(method),
        tags=tuple(tag),
        tables=tuple(table),
        views=tuple(view),
        raw_writes=raw_writes,
        raw_where=raw_where,
        per_minute=per_minute,
        budget_share=share,
        needs_operator_key=needs_operator_key,
        in_path=in_path,
        subject=subject,
    )
    with _opened(config, account, for_serving=True) as (ledger, key, clock):
        life = timedelta(days=days)
        made = make_token(ledger, key, name=name, scope=scope, life=life, clock=clock)
    _name_unknown(config, account, tables=table, views=view)
    if as_json:
        shown = {} if subject else {"token": made.token}
        print_json({**_token_json(made.kept), **shown})
        return
    if subject:
        until = f"until {made.kept.expires_at:%Y-%m-%d}"
        line = f"{made.kept.name} ({made.kept.id}), {until}: {subject} signs in for it."
        out().print(line)
        return
    out().print(
        f"{made.kept.name} ({made.kept.id}), until {made.kept.expires_at:%Y-%m-%d}. This token is "
        "shown only now:",
    )
    out().print(f"  {made.token}", soft_wrap=True)


@tokens.command("list")
def list_tokens(
    config: Config = DEFAULT_CONFIG, account: Account = None, as_json: AsJson = False
) -> None:
    """List the tokens with their scopes; the tokens themselves are not kept."""
    with _opened(config, account) as (ledger, key, clock):
        found = [
            _token_json(token) | {"valid": token.is_valid(clock.now())}
            for token in ledger.agents.tokens(key)
        ]
    if as_json:
        print_json(found)
        return
    from flows.cli.show.agents import tokens_table

    out().print(tokens_table(found))


@tokens.command()
def revoke(token: TokenId, config: Config = DEFAULT_CONFIG, account: Account = None) -> None:
    """Revoke a token; its next request is refused."""
    with _opened(config, account) as (ledger, key, _clock):
        kept = _unrevoked(ledger, key, token, account)
        if not ledger.agents.revoke(key, kept.id):
            raise _unknown(token, account)
    out().print(f"{kept.name} ({kept.id}) is revoked.")


@tokens.command()
def extend(
    token: TokenId, config: Config = DEFAULT_CONFIG, account: Account = None, days: Days = 90
) -> None:
    """Set how many days from now a token expires."""
    from flows.agents.tokens import LONGEST_IN_PATH, second_token

    with _opened(config, account, for_serving=True) as (ledger, key, clock):
        kept, life = _unrevoked(ledger, key, token, account), timedelta(days=days)
        if kept.scope.in_path and life > LONGEST_IN_PATH:
            most = LONGEST_IN_PATH.days
            raise BadSettings([f"A token in the address lives at most {most} days."])
        now = clock.now()
        problems = second_token(ledger, key, kept.scope.subject, now=now, token_id=kept.id)
        raise_problems(problems)
        until = now + life
        if not ledger.agents.change_expiry(key, kept.id, until):
            raise _unknown(token, account)
    line = f"{kept.name} ({kept.id}) lives until {until:%Y-%m-%d}."
    out().print(line)


@contextmanager
def _opened(
    config: Path, account: str | None, *, for_serving: bool = False
) -> "Iterator[tuple[Ledger, str, Clock]]":
    """Open the ledger that has the tokens, and return how it names the account they are for.

    Raises:
        ForeignLedger: it belongs to another account, so that no server takes a token `for_serving`
            from it. To look and to revoke is always possible.
    """
    from flows.app.accounts.wiring import open_own_ledger
    from flows.app.settings import load_settings
    from flows.app.wiring.ports import open_ledger, system_clock

    set_up_logs()
    settings = load_settings(of_account(config, account, enters=False), credentials=False)
    clock = system_clock()
    opened = open_own_ledger if for_serving else open_ledger
    with opened(settings, clock=clock) as ledger:
        yield ledger, settings.caspio.account, clock


def _name_unknown(
    config: Path, account: str | None, *, tables: list[str], views: list[str]
) -> None:
    """Say which tables and views no source has: a misspelled name is not seen otherwise."""
    if not tables and not views:
        return
    from flows.app.settings import load_settings

    # Without credentials Caspio cannot be asked, and a token may be for what no source reads.
    settings = load_settings(of_account(config, account, enters=False), credentials=False)
    specs = settings.specs().values()
    asked = [("table", name) for name in tables if name not in {spec.table for spec in specs}]
    asked += [("view", name) for name in views if name not in {spec.view for spec in specs}]
    for kind, name in asked:
        err().print(
            f"No source of these settings has a {kind} {name!r}. Unless the account has it, the "
            "token reaches nothing there: check how it is spelled.",
            soft_wrap=True,
        )


def _unrevoked(ledger: "Ledger", key: str, given: str, account: str | None) -> "AgentToken":
    """Return the token with an id or, where there is none with it, with a name.

    Raises:
        BadSettings: there is none that is not revoked.
    """
    mine = [one for one in ledger.agents.tokens(key) if one.revoked_at is None]
    # An id first: it was chosen by chance, and somebody may have given another token its text.
    named = {one.name: one for one in mine} | {one.id: one for one in mine}
    if given not in named:
        raise _unknown(given, account)
    return named[given]


def _unknown(token: str, account: str | None) -> BadSettings:
    problem = f"There is no token {token!r} of this account that is not revoked."
    named = f" --account {account}" if account else ""
    return BadSettings([f"{problem} See `caspio-ingest mcp token list{named}`."])


def _token_json(token: "AgentToken") -> dict[str, object]:
    """Return what is shown of a token: neither it nor its digest."""
    from dataclasses import asdict

    return {name: value for name, value in asdict(token).items() if name != "digest"}
