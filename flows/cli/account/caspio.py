"""`caspio`: any operation of Caspio's API from the shell, for support and experiments."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_STOPPED,
    AsJson,
    Config,
    Failure,
    complain,
    counted_client,
    err,
    out,
    print_json,
)
from flows.terminal.stdout import results

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.client.catalogue import CatalogueEntry
    from pipeline.adapters.caspio.client.http.request import Call
    from pipeline.adapters.caspio.client.operations import Operation

STDOUT = Path("-")


def caspio(
    operation: Annotated[
        str | None,
        typer.Argument(
            help="The operation's name; without one, all are listed.", metavar="OPERATION"
        ),
    ] = None,
    param: Annotated[
        list[str],
        typer.Option("--param", help="As Caspio names it; may be repeated.", metavar="NAME=VALUE"),
    ] = [],
    body: Annotated[
        str | None, typer.Option("--body", help="The JSON body.", metavar="JSON|@FILE")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The file to upload.", metavar="PATH")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Where a download goes; - is stdout.", metavar="PATH"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Make one call of Caspio's API, or list all operations."""
    if operation is None:
        list_operations(as_json=as_json)
        return
    from flows.app.settings import load_settings
    from pipeline.adapters.caspio.client.generic import build
    from pipeline.adapters.caspio.client.operations import AnswerKind

    # Everything that can be wrong is refused before the first call, which may cost and change
    # something.
    known = find_operation(operation)
    parameters, content = parse_parameters(param), parse_body(body)
    try:
        call = build(known.id, parameters, json=content, file=file)
    except ValueError as error:
        refuse(f"{error}. The call is {known.method} {known.template}.{body_hint(known)}")
    if known.answer is AnswerKind.BYTES:
        output = check_output(output, yes=yes, as_json=as_json)
    elif output is not None:
        refuse(f"{known.id} returns {known.answer} to stdout. Remove --output.")
    settings = load_settings(of_account(config, account), sources=False)
    asks = known.asks_first and not yes
    # A script cannot answer, and must not hang at a question.
    if asks and not sys.stdin.isatty():
        refuse(f"{known.id} writes to the account, and nobody could be asked. Add --yes.")
    with counted_client(settings) as client:
        if asks:
            confirm(client, call, known, settings.caspio.url)
        if output is not None:
            download(client, known.id, parameters, output, as_json=as_json)
        else:
            show(client.call(known.id, parameters, json=content, file=file), as_json=as_json)


def find_operation(name: str) -> "Operation":
    """Return the operation of a name, in any case; exit with 2 and suggestions if unknown."""
    import difflib

    from pipeline.adapters.caspio.client.operations import OPERATIONS

    by_name = {one.casefold(): one for one in OPERATIONS}
    found = by_name.get(name.casefold())
    if found is None:
        close = difflib.get_close_matches(name.casefold(), by_name, n=3, cutoff=0.6)
        hint = f"Did you mean {', '.join(by_name[one] for one in close)}? " if close else ""
        refuse(f"There is no operation {name!r}. {hint}`caspio-ingest caspio` lists them all.")
    return OPERATIONS[found]


def parse_parameters(given: list[str]) -> Mapping[str, str]:
    """Return the parameters by name; exit with 2 if they are malformed or repeated."""
    pairs = [text.partition("=") for text in given]
    wrong = [name for name, sign, _ in pairs if not sign]
    names = [name for name, _, _ in pairs]
    # A name that is given twice is a mistake: Caspio would use one of the values, and not say
    # which.
    if wrong or len(set(names)) < len(names):
        refuse("--param is NAME=VALUE, such as --param tableName=Receipts, once per name.")
    return {name: value for name, _, value in pairs}


def parse_body(body: str | None) -> object:
    """Return the parsed JSON body; exit with 2 if it is not JSON."""
    if body is None:
        return None
    try:
        text = Path(body[1:]).read_text(encoding="utf-8") if body.startswith("@") else body
        return json.loads(text)
    except (OSError, ValueError) as error:
        refuse(f"--body is JSON, or @ and the path of a file with JSON: {error}.")


def check_output(output: Path | None, *, yes: bool, as_json: bool) -> Path:
    """Return where a download goes; exit with 2 if that is missing or taken."""
    if output is None:
        refuse("This downloads a file. Give its path with --output, or - for stdout.")
    if output == STDOUT and as_json:
        refuse("--output - and --json both write to stdout. Remove one.")
    if output != STDOUT and output.exists() and not yes:
        refuse(f"{output} exists already. Give another path, or overwrite it with --yes.")
    return output


def confirm(client: "CaspioClient", call: "Call", operation: "Operation", url: str) -> None:
    """Show what the call does, and to how many records; exit with 3 unless the user agrees."""
    what = f"{operation.id}: {call.what}\n  on {url}{affected(client, call)}"
    question = f"{what}\nContinue? [y/N] "
    err().print(question, soft_wrap=True, end="")
    # Anything but a clear yes, also the end of the input, changes nothing.
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        complain("Stopped", ["Nothing was changed."])
        raise Failure(EXIT_STOPPED)


def affected(client: "CaspioClient", call: "Call") -> str:
    """Return which records a call affects and, where they can be counted, how many there are.

    A condition that Caspio does not understand is refused here, before anything is changed.
    """
    from pipeline.adapters.caspio.client import Query

    condition = call.query.get("q.where") or call.query.get("Where")
    if condition is None:
        return ""
    text = f"\n  every record that matches: {condition}"
    for name in ("tableName", "viewName"):
        if name not in call.names:
            continue
        container = client.container(is_view=name == "viewName")
        query = Query(select="COUNT(*) AS n", where=condition)
        (row,) = container.query(call.names[name], query).items
        return f"{text}\n  records that match it now: {row.values['n']}"
    return text


def refuse(reason: str) -> NoReturn:
    """Exit with 2, and say why the call cannot be made."""
    complain("This call cannot be made", [reason])
    raise Failure(EXIT_SETTINGS)


def download(
    client: "CaspioClient",
    operation_id: str,
    parameters: Mapping[str, str],
    output: Path,
    *,
    as_json: bool,
) -> None:
    """Download a file to a path or to stdout."""
    from pipeline.adapters.caspio.client import save

    with client.open(operation_id, parameters) as opened:
        if output == STDOUT:
            for chunk in opened.chunks:
                results().buffer.write(chunk)
            return
        saved = save(opened, output)
    if as_json:
        print_json({"file": str(output), "bytes": saved.size_bytes, "sha256": saved.sha256})
    else:
        out().print(
            f"{output}: {saved.size_bytes:,} bytes, SHA-256 {saved.sha256}",
            soft_wrap=True,
        )


def show(answer: object, *, as_json: bool) -> None:
    """Print what Caspio answered."""
    if as_json:
        print_json(answer)
    elif answer is None:
        out().print("Done.")
    else:
        text = answer
        if not isinstance(answer, str):
            text = json.dumps(answer, ensure_ascii=False, indent=2)
        out().print(text, soft_wrap=True)


def list_operations(*, as_json: bool) -> None:
    """Print all operations with their parameters, grouped."""
    from rich.text import Text

    from pipeline.adapters.caspio.client.catalogue import catalogue

    entries = catalogue()
    if as_json:
        print_json([entry_json(entry) for entry in entries])
        return
    console, group = out(), ""
    for entry in entries:
        if entry.operation.group != group:
            group = entry.operation.group
            console.print(Text(group, style="bold"))
        operation = entry.operation
        query = [one.name if one.required else f"[{one.name}]" for one in operation.query]
        options = ["--body"] * operation.takes_json + ["--file"] * bool(operation.file_part)
        parameters = " ".join([*operation.path_names, *query, *options])
        line = Text.assemble((f"  {operation.id} ", "cyan"), parameters)
        console.print(line, soft_wrap=True)
        console.print(Text(f"      {entry.summary}", style="dim"), soft_wrap=True)
        if operation.takes_json:
            example = Text(f"      --body '{example_of(operation)}'", style="dim")
            console.print(example, soft_wrap=True)


def example_of(operation: "Operation") -> str:
    """Return an example of an operation's body, as JSON."""
    from pipeline.adapters.caspio.client.bodies import EXAMPLES

    return json.dumps(EXAMPLES[operation.id], ensure_ascii=False)


def body_hint(operation: "Operation") -> str:
    """Return an example of the body, for a call that was refused; "" if it takes none."""
    return f" A body looks like --body '{example_of(operation)}'." if operation.takes_json else ""


def entry_json(entry: "CatalogueEntry") -> dict[str, object]:
    """Return an operation for --json."""
    from pipeline.adapters.caspio.client.bodies import EXAMPLES

    operation = entry.operation
    named = [{"name": name, "kind": "text", "required": True} for name in operation.path_names]
    return {
        "operation": operation.id,
        "group": operation.group,
        "method": operation.method,
        "path": operation.template,
        "parameters": [
            *named,
            *({"name": p.name, "kind": p.kind, "required": p.required} for p in operation.query),
        ],
        "takes_body": operation.takes_json,
        "body_example": EXAMPLES.get(operation.id),
        "takes_file": bool(operation.file_part),
        "answer": operation.answer,
        "asks_first": operation.asks_first,
        "python": list(entry.methods),
        "does": entry.summary,
    }
