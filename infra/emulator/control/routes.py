"""The control interface under `/_control/`: what a test or a person does behind the API's back."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.emulator.account import edits
from infra.emulator.account.account import Account
from infra.emulator.errors import bad_body
from infra.emulator.faults import Faults, fault_from_json
from infra.emulator.http.answers import account_of, answer
from infra.emulator.http.middleware import CONTROL, Log
from infra.emulator.state.content import Named, on_disk
from infra.emulator.state.schema import Table
from infra.emulator.state.tasks import Ran

_PERSON = "Datasheet"


class Control:
    """Routes of the control interface."""

    def __init__(self, *, faults: Faults, log: Log) -> None:
        self._faults = faults
        self._log = log

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(f"{CONTROL}/calls", self._calls, methods=["GET", "DELETE"]),
            Route(f"{CONTROL}/faults", self._scripted, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL}/dump", _dump, methods=["GET"]),
            Route(f"{CONTROL}/folders", _make_folder, methods=["POST"]),
            Route(f"{CONTROL}/records", _edit, methods=["POST"]),
            Route(f"{CONTROL}/edits", _apply, methods=["POST"]),
            Route(f"{CONTROL}/deliveries", _deliveries, methods=["GET", "DELETE"]),
            Route(f"{CONTROL}/tasks", _tasks, methods=["GET"]),
            Route(f"{CONTROL}/attachments", _replace_attachment, methods=["POST"]),
            Route(f"{CONTROL}/files", _replace_file, methods=["POST"]),
        ]

    async def _calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._log.calls.clear()
        return answer(
            {"counts": self._log.counts(), "calls": [asdict(call) for call in self._log.calls]}
        )

    async def _scripted(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            try:
                self._faults.add(fault_from_json(await request.json()))
            except ValueError as error:
                raise bad_body(str(error)) from error
        return answer(self._faults.listed())


def dump(account: Account) -> dict[str, Any]:
    """Return every record, every attachment with name and digest, and every file with digest."""
    return {
        "tables": {table.name: _rows(account, table) for table in account.store.tables()},
        "attachments": {
            table.name: list(_attached(account, table)) for table in account.store.tables()
        },
        "files": {
            path: {
                "sha256": one.content.sha256(),
                "size": one.size,
                "key": one.key,
                "modified": one.modified,
            }
            for path, one in account.files.paths().items()
        },
    }


def _rows(account: Account, table: Table) -> list[dict[str, Any]]:
    relation = account.store.relation(table.name, is_view=False)
    return account.records.rows(relation, account.records.matching(relation, ""))


def _attached(account: Account, table: Table) -> Iterable[dict[str, Any]]:
    relation = account.store.relation(table.name, is_view=False)
    pks = account.records.matching(relation, "")
    for field in table.fields:
        if field.type == "ATTACHMENT":
            for one in account.attachments.find(table.name, field.name, pks):
                yield {
                    "pk": one.pk, "field": field.name, "name": one.name, "size": one.size,
                    "updated": one.updated, "sha256": one.content.sha256(),
                }  # fmt: skip


async def _dump(request: Request) -> Response:
    return answer(dump(account_of(request)))


async def _make_folder(request: Request) -> Response:
    body = await request.json()
    return answer({"ExternalKey": account_of(request).files.make_folder(body["path"])}, status=201)


async def _edit(request: Request) -> Response:
    """Set values as a person does in the datasheet: read-only fields stay as they are, TIMESTAMPs move."""
    body, account = await request.json(), account_of(request)
    relation, pk = account.store.relation(body["table"], is_view=False), int(body["pk"])
    edits.apply(
        account,
        {"table": body["table"], "pk": pk, "values": body["values"]},
        body.get("source", _PERSON),
    )
    return answer(account.records.rows(relation, [pk])[0])


async def _apply(request: Request) -> Response:
    body = await request.json()
    edits.apply(account_of(request), body, body.pop("source", _PERSON))
    return Response(status_code=204)


async def _deliveries(request: Request) -> Response:
    log = account_of(request).deliveries.log
    if request.method == "DELETE":
        log.clear()
    return answer([asdict(one) for one in log])


async def _tasks(request: Request) -> Response:
    tasks = account_of(request).tasks
    return answer(
        {
            one.name: {"status": tasks.status(one)} | _ran(tasks.ran.get(one.key))
            for one in tasks.all()
        }
    )


def _ran(run: Ran | None) -> dict[str, Any]:
    return {} if run is None else asdict(run)


async def _replace_attachment(request: Request) -> Response:
    """Attach a file of this machine, by reference."""
    body, account = await request.json(), account_of(request)
    relation = account.store.relation(body["table"], is_view=False)
    field, path = relation.attachment(body["field"]), Path(body["path"])
    named = Named(name=body.get("name") or path.name, content=on_disk(path))
    with account.records.watch.acting(body.get("source", _PERSON)):
        account.attachments.put(relation, field, int(body["pk"]), named)
    return Response(status_code=204)


async def _replace_file(request: Request) -> Response:
    """Put a file of this machine into the Files area, by reference, making its folders."""
    body, area = await request.json(), account_of(request).files
    folder, _, name = str(body["target"]).rpartition("/")
    key = area.make_folder(folder)
    named, old = Named(name=name, content=on_disk(Path(body["path"]))), area.named(key, name)
    if old is None:
        area.add(key, named)
    else:
        area.overwrite(old, named)
    return Response(status_code=204)
