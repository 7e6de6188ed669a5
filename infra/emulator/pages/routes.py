"""The pages. All values are escaped, all lists are paged, and nothing comes from another host."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.emulator.account.account import Account
from infra.emulator.http.answers import file_answer
from infra.emulator.http.call_log import CallLog
from infra.emulator.http.middleware import PAGES_ROOT
from infra.emulator.http.operations import account_of
from infra.emulator.state.attachments import Attachment
from infra.emulator.state.queries import Query
from infra.emulator.state.schema import PK, Relation

_ROWS_PER_PAGE = 50
_MAX_PAGE_DIGITS = 8
_FIRST_ERROR_STATUS = 400
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `before` is None if its value has not changed."""

    text: str
    link: str = ""
    more: str = ""
    before: str | None = None
    style: str = ""


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """A table on a page."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What a page shows; `total` is the number of rows on all its pages."""

    title: str
    note: str
    tables: Sequence[HtmlTable] = field(default_factory=tuple)
    total: int = 0


class PageRoutes:
    """The routes of the pages."""

    def __init__(self, log: CallLog) -> None:
        self._log = log

    def routes(self) -> list[Route]:
        """Return the routes."""
        attachment = f"{PAGES_ROOT}/attachments/{{table}}/{{field}}/{{pk:int}}"
        return [
            Route("/", self.home, methods=["GET"]),
            Route(f"{PAGES_ROOT}/tables/{{table}}", show_table, methods=["GET"]),
            Route(attachment, show_attachment, methods=["GET"]),
            Route(f"{PAGES_ROOT}/files", show_files, methods=["GET"]),
            Route(f"{PAGES_ROOT}/calls", self.show_calls, methods=["GET"]),
        ]

    async def home(self, request: Request) -> Response:
        """Show all tables, and the number of calls by operation."""
        account = account_of(request)
        tables = []
        for table in account.store.tables():
            relation = account.store.relation(table.name, is_view=False)
            # Asked for like this, the number of records is kept until something changes.
            query = Query(total=True, size=1, order_by=PK)
            records = account.records.page(relation, query).total or 0
            fields = ", ".join(f"{one.name} ({one.type})" for one in relation.fields)
            link = f"{PAGES_ROOT}/tables/{quote(table.name, safe='')}?{_query(account)}"
            changed = account.records.changes.count(table.name)
            name = Cell(table.name, link)
            tables.append((name, _number(records), _number(changed), Cell(fields)))
        calls = [(Cell(key), _number(count)) for key, count in sorted(self._log.counts().items())]
        return _render(
            request,
            HtmlPage(
                title="Tables",
                note=f"{len(tables)} tables, {len(self._log.calls)} calls so far.",
                tables=(
                    HtmlTable(("Table", "Records", "Changed", "Fields"), tables),
                    HtmlTable(("Call", "Times"), calls),
                ),
            ),
        )

    async def show_calls(self, request: Request) -> Response:
        """Show the calls, the latest first."""
        calls = list(reversed(self._log.calls))
        start = _first_row(request)
        rows = []
        for at, call in enumerate(calls[start : start + _ROWS_PER_PAGE], start=start):
            is_bad = call.status >= _FIRST_ERROR_STATUS or call.status == 0
            status = Cell(str(call.status or "dropped"), style="number bad" if is_bad else "number")
            texts = (call.method, call.path, call.query, call.operation)
            rows.append((_number(len(calls) - at), status, *map(Cell, texts)))
        heads = ("No.", "Status", "Method", "Path", "Query", "Operation")
        note = f"{len(calls)} calls, the latest first."
        return _render(request, HtmlPage("Calls", note, (HtmlTable(heads, rows),), len(calls)))


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_PAGE_DIGITS
    return max(1, int(text)) if is_number else 1


def _first_row(request: Request) -> int:
    return (_page_number(request) - 1) * _ROWS_PER_PAGE


def _render(request: Request, page: HtmlPage) -> Response:
    html = _template().render(
        title=page.title,
        note=page.note,
        tables=page.tables,
        account=account_of(request).name,
        page=_page_number(request),
        last=max(1, -(-page.total // _ROWS_PER_PAGE)),
        path=request.url.path,
        root=PAGES_ROOT,
    )
    return HTMLResponse(html, headers=_HEADERS)


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    return environment.get_template("pages.html")


def _number(value: int) -> Cell:
    return Cell(str(value), style="number")


def _query(account: Account) -> str:
    return urlencode({"account": account.name})


def attachments_by_place(
    account: Account, relation: Relation, pks: Sequence[int]
) -> dict[tuple[int, str], Attachment]:
    """Return the attachments of records by PK_ID and field name."""
    files: dict[tuple[int, str], Attachment] = {}
    for column in relation.fields:
        if column.type == "ATTACHMENT":
            for one in account.attachments.find(relation.name, column.name, pks):
                files[one.pk, column.name] = one
    return files


async def show_table(request: Request) -> Response:
    """Show a table's records, with the values before their first change."""
    account = account_of(request)
    relation = account.store.relation(request.path_params["table"], is_view=False)
    query = Query(page=_page_number(request), size=_ROWS_PER_PAGE, total=True, order_by=PK)
    listing = account.records.page(relation, query)
    pks = [row[PK] for row in listing.rows]
    before = account.records.changes.before(relation.name, pks)
    files = attachments_by_place(account, relation, pks)
    root = f"{PAGES_ROOT}/attachments/{quote(relation.name, safe='')}"
    rows = []
    for row in listing.rows:
        pk = row[PK]
        old = before.get(pk, row)
        cells = []
        for name, value in row.items():
            cell = Cell(_text(value), style="number" if name == PK else "")
            if old.get(name, value) != value:
                earlier = _text(old[name]) or "(blank)"
                cell = replace(cell, before=earlier, style="changed")
            file = files.get((pk, name))
            if file is not None:
                link = f"{root}/{quote(name, safe='')}/{pk}?{_query(account)}"
                more = f"{file.size:,} bytes, {file.media_type}, {file.updated}"
                cell = replace(cell, text=file.name, link=link, more=more)
            cells.append(cell)
        rows.append(cells)
    heads = list(listing.rows[0]) if rows else [PK, *(one.name for one in relation.fields)]
    note = f"{listing.total} records. A value that is struck out was there before the first change."
    page = HtmlPage(relation.name, note, (HtmlTable(heads, rows),), listing.total or 0)
    return _render(request, page)


def _text(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(map(str, value.values()))
        case bool():
            return "yes" if value else "no"
        case None:
            return ""
        case _:
            return str(value)


async def show_attachment(request: Request) -> Response:
    """Answer with the bytes of a record's file."""
    account = account_of(request)
    names = request.path_params
    relation = account.store.relation(names["table"], is_view=False)
    column = relation.attachment(names["field"])
    found = account.attachments.get(relation.name, column.name, names["pk"])
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def show_files(request: Request) -> Response:
    """Show the Files area."""
    paths = account_of(request).files.paths()
    start = _first_row(request)
    rows = []
    for path, file in list(paths.items())[start : start + _ROWS_PER_PAGE]:
        size = Cell(f"{file.size:,}", style="number")
        rows.append((Cell(path), size, Cell(file.media_type), Cell(file.modified), Cell(file.key)))
    heads = ("Path", "Bytes", "Type", "Modified", "ExternalKey")
    note = f"{len(paths)} files in the Files area."
    return _render(request, HtmlPage("Files", note, (HtmlTable(heads, rows),), len(paths)))
