"""The pages: everything shown is escaped, paged, and comes from this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.emulator.account.account import Account
from infra.emulator.http.answers import account_of, file_answer
from infra.emulator.http.middleware import Call, Log
from infra.emulator.state.attachments import Attachment
from infra.emulator.state.records import Query
from infra.emulator.state.schema import PK

_ROWS = 50
_ERROR = 400
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `before` None means that it has not changed."""

    text: str
    link: str = ""
    more: str = ""
    before: str | None = None
    style: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table on a page."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows."""

    title: str
    note: str
    sheets: Sequence[Sheet] = field(default_factory=tuple)
    total: int = 0


class Look:
    """Routes of the pages."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/_look/tables/{table}", _table, methods=["GET"]),
            Route("/_look/attachments/{table}/{field}/{pk:int}", _attachment, methods=["GET"]),
            Route("/_look/files", _files, methods=["GET"]),
            Route("/_look/calls", self._calls, methods=["GET"]),
        ]

    async def _home(self, request: Request) -> Response:
        account = account_of(request)
        tables = [_table_line(account, table.name) for table in account.store.tables()]
        counts = sorted(self._log.counts().items())
        calls = [(Cell(key), Cell(str(number), style="number")) for key, number in counts]
        sheets = (
            Sheet(("Table", "Records", "Changed", "Fields"), tables),
            Sheet(("Call", "Times"), calls),
        )
        note = f"{len(tables)} tables, {len(self._log.calls)} calls so far."
        return _shown(request, Page("Tables", note, sheets))

    async def _calls(self, request: Request) -> Response:
        calls = list(reversed(self._log.calls))
        start = (_number(request) - 1) * _ROWS
        rows = [
            _call_line(len(calls) - start - at, one)
            for at, one in enumerate(calls[start : start + _ROWS])
        ]
        sheet = Sheet(("No.", "Status", "Method", "Path", "Query", "Operation"), rows)
        return _shown(
            request, Page("Calls", f"{len(calls)} calls, the latest first.", (sheet,), len(calls))
        )


def _number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1  # noqa: PLR2004  digits


def _shown(request: Request, page: Page) -> Response:
    last = max(1, -(-page.total // _ROWS))
    html = _template().render(
        title=page.title, note=page.note, sheets=page.sheets, account=account_of(request).name,
        page=_number(request), last=last, path=request.url.path,
    )  # fmt: skip
    return HTMLResponse(html, headers=_SAFE)


@cache
def _template() -> jinja2.Template:
    folder = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True
    )
    return environment.get_template("pages.html")


def _table_line(account: Account, name: str) -> tuple[Cell, ...]:
    relation = account.store.relation(name, is_view=False)
    records = account.records.page(relation, Query(total=True, limit=1, order_by=PK)).total
    link = f"/_look/tables/{quote(name, safe='')}?{urlencode({'account': account.name})}"
    fields = ", ".join(f"{one.name} ({one.type})" for one in relation.fields)
    changed = account.records.watch.count(name)
    return (
        Cell(name, link),
        Cell(str(records), style="number"),
        Cell(str(changed), style="number"),
        Cell(fields),
    )


def _call_line(number: int, call: Call) -> tuple[Cell, ...]:
    style = "number bad" if call.status >= _ERROR or not call.status else "number"
    return (
        Cell(str(number), style="number"), Cell(str(call.status or "dropped"), style=style), Cell(call.method),
        Cell(call.path), Cell(call.query), Cell(call.operation),
    )  # fmt: skip


async def _table(request: Request) -> Response:
    account = account_of(request)
    relation = account.store.relation(request.path_params["table"], is_view=False)
    query = Query(page=_number(request), page_size=_ROWS, total=True, order_by=PK)
    listing = account.records.page(relation, query)
    pks = [row[PK] for row in listing.rows]
    before = account.records.watch.before(relation.name, pks)
    files = {
        (one.pk, field.name): one
        for field in relation.fields
        if field.type == "ATTACHMENT"
        for one in account.attachments.find(relation.name, field.name, pks)
    }
    base = f"/_look/attachments/{quote(relation.name, safe='')}"
    rows = [
        [
            _cell(
                base, row, name, old=before.get(row[PK], row).get(name, row[name]),
                found=files.get((row[PK], name)), account=account.name,
            )
            for name in row
        ]
        for row in listing.rows
    ]  # fmt: skip
    heads = list(listing.rows[0]) if listing.rows else [PK, *(one.name for one in relation.fields)]
    note = f"{listing.total} records. A struck-out value is what was there before the first change."
    return _shown(request, Page(relation.name, note, (Sheet(heads, rows),), listing.total or 0))


def _cell(
    base: str,
    row: dict[str, Any],
    name: str,
    *,
    old: object,
    found: Attachment | None,
    account: str,
) -> Cell:
    pk, text = row[PK], _text(row[name])
    changed = old != row[name]
    link = more = ""
    if found is not None:
        link = f"{base}/{quote(name, safe='')}/{pk}?{urlencode({'account': account})}"
        text, more = found.name, f"{found.size:,} bytes, {found.media_type}, {found.updated}"
    style = "changed" if changed else "number" if name == PK else ""
    return Cell(text, link, more, (_text(old) or "(blank)") if changed else None, style)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(map(str, value.values()))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


async def _attachment(request: Request) -> Response:
    names, account = request.path_params, account_of(request)
    relation = account.store.relation(names["table"], is_view=False)
    found = account.attachments.get(
        relation.name, relation.attachment(names["field"]).name, names["pk"]
    )
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def _files(request: Request) -> Response:
    account, start = account_of(request), (_number(request) - 1) * _ROWS
    paths = account.files.paths()
    rows = [
        (
            Cell(path),
            Cell(f"{one.size:,}", style="number"),
            Cell(one.media_type),
            Cell(one.modified),
            Cell(one.key),
        )
        for path, one in list(paths.items())[start : start + _ROWS]
    ]
    sheet = Sheet(("Path", "Bytes", "Type", "Modified", "ExternalKey"), rows)
    return _shown(
        request, Page("Files", f"{len(paths)} files in the Files area.", (sheet,), len(paths))
    )
