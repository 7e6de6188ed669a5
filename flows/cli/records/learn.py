"""`learn`: learn from the records that users have filled, and agree to what is proved."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Verbose,
    complain_of_stopped,
    err,
    out,
    print_json,
    set_up_logs,
)
from flows.cli.records.common import Sources
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.app.learning.learn import LearnReport

app = typer.Typer(
    help="Learn from the records that users have filled.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

SourceName = Annotated[str, typer.Argument(help="The source's name.", metavar="SOURCE")]
ColumnName = Annotated[
    str | None, typer.Option("--column", help="Only this column.", metavar="NAME")
]


@app.callback()
def learn(
    call: typer.Context,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Learn from the records that users have filled; nothing is written to a record.

    Records are paired with what was read of their documents. What was never read is read first, as
    far as the budget allows.
    """
    if call.invoked_subcommand is not None:
        return
    set_up_logs(verbose=verbose)
    report = learn_sources(of_account(config, account), sources=source)
    if as_json:
        print_json(report.as_json())
    else:
        for state in report.states:
            for line in state.lines():
                out().print(f"{state.source}: {line}")
    complain_of_stopped(report.stopped)


def learn_sources(config: Path, *, sources: list[str]) -> "LearnReport":
    """Learn directly, or as a flow if PREFECT_API_URL names a server."""
    from pipeline.environment import environment

    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import learn_as_flow

        return learn_as_flow(config, sources=sources)
    from flows.app.learning.learn import learn as learn_connected
    from flows.app.wiring import connected

    with connected(config) as context:
        return learn_connected(
            context,
            sources=sources,
            on_message=err().print,
        )


@app.command()
def status(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    as_json: AsJson = False,
) -> None:
    """Show how often learned values agreed with what people typed, and what is still missing."""
    from flows.app.learning.state import learning_of
    from flows.app.settings import load_settings
    from flows.app.wiring.ports import open_ledger

    settings = load_settings(of_account(config, account, enters=False), credentials=False)
    with open_ledger(settings) as ledger:
        states = learning_of(settings, ledger, source)
    if as_json:
        print_json({"sources": {state.source: state.as_json() for state in states}})
        return
    if not settings.learn.enabled:
        out().print("Learning is switched off: learn.enabled is false.")
    for state in states:
        for line in state.lines():
            out().print(f"{state.source}: {line}")
    if settings.learn.enabled and not any(state.has_model for state in states):
        out().print(
            "Once users have filled enough records, `caspio-ingest learn` learns from them.",
        )


@app.command()
def doubts(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    as_json: AsJson = False,
) -> None:
    """List typed values of which the page probably says something else, the surest first."""
    from flows.app.learning.state import doubt_json, doubts_of
    from flows.app.settings import load_settings
    from flows.app.wiring.ports import open_ledger

    settings = load_settings(of_account(config, account, enters=False), credentials=False)
    with open_ledger(settings) as ledger:
        found = doubts_of(settings, ledger, source)
    if as_json:
        print_json({"doubts": [doubt_json(item) for item in found]})
        return
    for item in found:
        said = item.suggestion
        line = f"{item.source} {item.record.pk}: {said.column}: {said.reason}"
        out().print(line)
    asks = " Decide in the review: `caspio-ingest web serve`." if found else ""
    out().print(f"{counted(len(found), 'doubt')}.{asks}", soft_wrap=True)


@app.command(name="promote")
def promote_steps(
    source: SourceName,
    column: ColumnName = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who agrees (default: your login name).", metavar="NAME"),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Agree to what is proved: learned values are suggested, or written, from then on."""
    from flows.app.learning.state import promote_directly

    config = of_account(config, account, enters=False)
    moves = promote_directly(config, source, column, by=by or getpass.getuser())
    if as_json:
        print_json({"source": source, "moves": moves})
        return
    for move in moves:
        out().print(move)
    if not moves:
        out().print("No step waits for you. `learn status` says what each one takes.")


@app.command(name="undo")
def undo_model(
    source: SourceName,
    column: ColumnName = None,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Go back to the model before the present one, once."""
    from flows.app.learning.state import undo_directly

    names = undo_directly(of_account(config, account, enters=False), source, column)
    if as_json:
        print_json({"source": source, "columns": names})
        return
    said = f"{source}{f': {column}' if column else ''} has no earlier model. Nothing was changed."
    if names:
        said = (
            f"Back to the model before: {', '.join(names)}. It stays until the records of the "
            "column change. `reprocess --stale` plans again what it would write differently."
        )
    out().print(said, soft_wrap=True)


@app.command()
def forget(
    source: SourceName,
    column: ColumnName = None,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Delete everything that was learned about a source, or about one column."""
    from flows.app.learning.state import forget_directly

    models = forget_directly(of_account(config, account, enters=False), source, column)
    if as_json:
        print_json({"source": source, "column": column, "models": models})
        return
    said = (
        f"Nothing is learned about {source}{f', {column}' if column else ''}: see `learn status`."
    )
    if models:
        said = (
            f"{counted(models, 'model')} deleted. The next `learn` learns again from the records, "
            'unless the settings of the column or the source say learn = "off".'
        )
    out().print(said, soft_wrap=True)
