"""`web`: the page on which users look at runs and decide, and the links that admit them."""

from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    Config,
    checked_address,
    err,
    out,
    set_up_logs,
)
from pipeline.errors import BadSettings

if TYPE_CHECKING:
    from flows.http.server import Running


Listen = Annotated[
    str,
    typer.Option(
        "--listen",
        help="Where the page listens instead of web.listen.",
        metavar="HOST:PORT",
        callback=checked_address,
    ),
]
# The values of `Role` and no import of it: `--help` would load all that the pipeline works with.
RoleName = Literal["viewer", "reviewer", "mapper", "admin"]

app = typer.Typer(
    help="Serve the web page, and let users sign in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def sign_in_command(running: "Running", listen: str) -> str:
    """Return the command that makes a link to a page, wherever it listens."""
    elsewhere = f" --listen {urlsplit(running.address).netloc}" if listen else ""
    return f"caspio-ingest web login NAME{elsewhere}"


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    listen: Listen = "",
) -> None:
    """Serve the web page until SIGTERM or Ctrl-C.

    It listens on this machine only, unless web.listen or --listen names another address. Port 0
    takes a free one.
    """
    from flows.app.settings import load_settings
    from flows.web.serve import serving_pages

    set_up_logs()
    config = of_account(config, account)
    # Users map the first source on the page.
    settings = load_settings(config, sources=False)
    with serving_pages(settings, config, listen) as running:
        line = f"web page at {running.address}. Sign in with `{sign_in_command(running, listen)}`."
        err().print(line, soft_wrap=True)
        running.run()


@app.command()
def login(
    name: Annotated[
        str, typer.Argument(help="Who it is for, as the audit trail shows it.", metavar="NAME")
    ],
    role: Annotated[RoleName, typer.Option("--role", help="What this user may do.")] = "reviewer",
    listen: Listen = "",
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
) -> None:
    """Print a link that signs a user in, once, within 15 minutes."""
    from flows.app.settings import load_settings
    from flows.web.serve import login_address
    from pipeline.model.users import Role, User

    set_up_logs()
    if not name.strip():
        raise BadSettings(["A link is for somebody: give the name that the audit trail shows."])
    settings = load_settings(of_account(config, account, enters=False), credentials=False)
    address = login_address(settings, User(name, Role(role)), listen)
    out().print(address, soft_wrap=True)
