"""`caspio`: any operation of Caspio's API from the shell, for support and for trying things."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

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

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.client.call import Call
    from pipeline.adapters.caspio.client.catalogue import Entry
    from pipeline.adapters.caspio.client.operations import Operation

STDOUT = Path("-")


def caspio(
    operation: Annotated[
        str | None,
        typer.Argument(
            help="The operation's name; without one, all are listed.", metavar="[OPERATION]"
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
    yes: Annotated[
        bool, typer.Option("--yes", help="Change, delete or start without asking.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make one call of Caspio's API, or list all there are."""
    if operation is None:
        _list(as_json=as_json)
        return
    from flows.app.settings import load_settings
    from pipeline.adapters.caspio.client.operations import Answer

    wanted = _known(operation)
    parameters, content = _parameters(param), _content(body)
    call = _checked(wanted, parameters, content, file)
    if wanted.answer is Answer.BYTES:
        output = _target(output, yes=yes, as_json=as_json)
    elif output is not None:
        _refuse(
            f"{wanted.id} answers with {wanted.answer}, which goes to stdout; leave --output out."
        )
    settings = load_settings(config)
    asks = wanted.asks_first and not yes
    if asks and not sys.stdin.isatty():
        _refuse(
            f"{wanted.id} changes, deletes or starts something. Add --yes to do it without being asked."
        )
    with counted_client(settings) as client:
        if asks:
            _ask(client, call, settings.caspio.url)
        if output is not None:
            _download(client, wanted.id, parameters, output, as_json=as_json)
        else:
            _show(client.call(wanted.id, parameters, json=content, file=file), as_json=as_json)


def _known(name: str) -> "Operation":
    """Return the operation of a name, however its letters are cased."""
    import difflib

    from pipeline.adapters.caspio.client.operations import OPERATIONS

    by_name = {one.casefold(): one for one in OPERATIONS}
    found = by_name.get(name.casefold())
    if found is None:
        close = difflib.get_close_matches(name.casefold(), by_name, n=3, cutoff=0.6)
        hint = f"Did you mean {', '.join(by_name[one] for one in close)}? " if close else ""
        _refuse(f"There is no operation {name!r}. {hint}`caspio-ingest caspio` lists them all.")
    return OPERATIONS[found]


def _parameters(given: list[str]) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = [name for name, sign, _ in pairs if not sign]
    names = [name for name, _, _ in pairs]
    if wrong or len(set(names)) < len(names):
        _refuse(
            "--param is NAME=VALUE, such as --param tableName=Receipts, and each name is given once."
        )
    return {name: value for name, _, value in pairs}


def _content(body: str | None) -> object:
    if body is None:
        return None
    try:
        text = Path(body[1:]).read_text(encoding="utf-8") if body.startswith("@") else body
        return json.loads(text)
    except (OSError, ValueError) as error:
        _refuse(f"--body is JSON, or @ and the path of a file with JSON: {error}.")


def _checked(
    wanted: "Operation", parameters: Mapping[str, str], content: object, file: Path | None
) -> "Call":
    from pipeline.adapters.caspio.client.generic import build

    try:
        return build(wanted.id, parameters, json=content, file=file)
    except ValueError as error:
        _refuse(f"{error}. It is {wanted.method} {wanted.template}.")


def _target(output: Path | None, *, yes: bool, as_json: bool) -> Path:
    if output is None:
        _refuse("This downloads a file: say where to with --output PATH, - for stdout.")
    if output == STDOUT and as_json:
        _refuse("--output - and --json both want stdout; leave one out.")
    if output != STDOUT and output.exists() and not yes:
        _refuse(f"{output} is there already. Name another file, or overwrite it with --yes.")
    return output


def _ask(client: "CaspioClient", call: "Call", url: str) -> None:
    """Show a person what will be done, and to how many records, and go on only after a yes."""
    question = f"{call.what}\n  on {url}{_met(client, call)}\nGo on? [y/N] "
    err().print(question, markup=False, highlight=False, soft_wrap=True, end="")
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        complain("Stopped", ["Nothing was done."])
        raise Failure(EXIT_STOPPED)


def _met(client: "CaspioClient", call: "Call") -> str:
    """Say which records are meant and, where they can be counted, how many there are now.

    A condition that Caspio does not understand is refused here, before anything is changed.
    """
    from pipeline.adapters.caspio.client import Query

    condition = call.query.get("q.where") or call.query.get("Where")
    if condition is None:
        return ""
    told = f"\n  every record that meets: {condition}"
    for name in ("tableName", "viewName"):
        if name in call.names:
            query = Query(select="COUNT(*) AS n", where=condition)
            (row,) = (
                client.container(is_view=name == "viewName").query(call.names[name], query).items
            )
            return f"{told}\n  records that meet it now: {row.values['n']}"
    return told


def _refuse(reason: str) -> NoReturn:
    complain("This cannot be called so", [reason])
    raise Failure(EXIT_SETTINGS)


def _download(
    client: "CaspioClient",
    operation_id: str,
    parameters: Mapping[str, str],
    output: Path,
    *,
    as_json: bool,
) -> None:
    from pipeline.adapters.caspio.client.save import save

    with client.open(operation_id, parameters) as download:
        if output == STDOUT:
            for chunk in download.chunks:
                sys.stdout.buffer.write(chunk)
            return
        saved = save(download, output)
    if as_json:
        print_json({"file": str(output), "bytes": saved.size_bytes, "sha256": saved.sha256})
    else:
        out().print(
            f"{output}: {saved.size_bytes:,} bytes, SHA-256 {saved.sha256}",
            highlight=False,
            soft_wrap=True,
        )


def _show(answer: object, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    elif answer is None:
        out().print("Done.")
    else:
        text = (
            answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2)
        )
        out().print(text, markup=False, highlight=False, soft_wrap=True)


def _list(*, as_json: bool) -> None:
    from rich.text import Text

    from pipeline.adapters.caspio.client.catalogue import catalogue

    entries = catalogue()
    if as_json:
        print_json([_as_json(entry) for entry in entries])
        return
    console, group = out(), ""
    for entry in entries:
        if entry.operation.group != group:
            group = entry.operation.group
            console.print(Text(group, style="bold"))
        console.print(
            Text(f"  {entry.operation.id} ", style="cyan").append(
                _takes(entry.operation), style="default"
            ),
            soft_wrap=True,
        )
        console.print(Text(f"      {entry.summary}", style="dim"), soft_wrap=True)


def _takes(operation: "Operation") -> str:
    query = [one.name if one.required else f"[{one.name}]" for one in operation.query]
    content = ["--body"] * operation.takes_json + ["--file"] * bool(operation.file_part)
    return " ".join([*operation.path_names, *query, *content])


def _as_json(entry: "Entry") -> dict[str, object]:
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
        "takes_file": bool(operation.file_part),
        "answer": operation.answer,
        "asks_first": operation.asks_first,
        "python": list(entry.methods),
        "does": entry.summary,
    }
