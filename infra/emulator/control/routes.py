"""The control interface under `/_control/`: what a test or a user does without the API."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.emulator.account.account import Account
from infra.emulator.account.edits import apply_edit
from infra.emulator.errors import bad_body
from infra.emulator.faults import Faults, fault_from_json
from infra.emulator.http.answers import answer
from infra.emulator.http.call_log import CallLog
from infra.emulator.http.middleware import CONTROL_ROOT
from infra.emulator.http.operations import account_of
from infra.emulator.state.content import NamedContent, content_of_file

# The EventSource of a user's edits (§6.1, C).
_DATASHEET = "Datasheet"


class ControlRoutes:
    """The routes of the control interface."""

    def __init__(self, *, faults: Faults, log: CallLog) -> None:
        self._faults = faults
        self._log = log

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(f"{CONTROL_ROOT}/calls", self.calls, methods=["GET", "DELETE"]),
            Route(f"{CONTROL_ROOT}/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL_ROOT}/dump", get_dump, methods=["GET"]),
            Route(f"{CONTROL_ROOT}/folders", make_folder, methods=["POST"]),
            Route(f"{CONTROL_ROOT}/records", edit_record, methods=["POST"]),
            Route(f"{CONTROL_ROOT}/edits", edit, methods=["POST"]),
            Route(f"{CONTROL_ROOT}/deliveries", deliveries, methods=["GET", "DELETE"]),
            Route(f"{CONTROL_ROOT}/tasks", list_tasks, methods=["GET"]),
            Route(f"{CONTROL_ROOT}/attachments", replace_attachment, methods=["POST"]),
            Route(f"{CONTROL_ROOT}/files", replace_file, methods=["POST"]),
        ]

    async def calls(self, request: Request) -> Response:
        """List the API calls, or clear their log."""
        if request.method == "DELETE":
            self._log.calls.clear()
        calls = [asdict(call) for call in self._log.calls]
        return answer({"counts": self._log.counts(), "calls": calls})

    async def faults(self, request: Request) -> Response:
        """List the active faults, add one, or remove all."""
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            try:
                self._faults.add(fault_from_json(await request.json()))
            except ValueError as error:
                raise bad_body(str(error)) from error
        return answer(self._faults.listed())


def dump(account: Account) -> dict[str, Any]:
    """Return every record, and every attachment and file with its digest."""
    tables: dict[str, Any] = {}
    attachments: dict[str, Any] = {}
    for table in account.store.tables():
        relation = account.store.relation(table.name, is_view=False)
        pks = account.records.matching(relation, "")
        tables[table.name] = account.records.rows(relation, pks)
        attachments[table.name] = [
            {
                "pk": one.pk,
                "field": field.name,
                "name": one.name,
                "size": one.size,
                "updated": one.updated,
                "sha256": one.content.sha256(),
            }
            for field in table.fields
            if field.type == "ATTACHMENT"
            for one in account.attachments.find(table.name, field.name, pks)
        ]

    files: dict[str, Any] = {}
    for path, file in account.files.paths().items():
        files[path] = {
            "sha256": file.content.sha256(),
            "size": file.size,
            "key": file.key,
            "modified": file.modified,
        }
    return {"tables": tables, "attachments": attachments, "files": files}


async def get_dump(request: Request) -> Response:
    """Answer with the whole account."""
    return answer(dump(account_of(request)))


async def make_folder(request: Request) -> Response:
    """Create a folder of the Files area."""
    body = await request.json()
    key = account_of(request).files.make_folder(body["path"])
    return answer({"ExternalKey": key}, status=201)


async def edit_record(request: Request) -> Response:
    """Set values of a record and answer with it."""
    body = await request.json()
    account = account_of(request)
    relation = account.store.relation(body["table"], is_view=False)
    pk = int(body["pk"])
    values = {"table": body["table"], "pk": pk, "values": body["values"]}
    apply_edit(account, values, body.get("source", _DATASHEET))
    return answer(account.records.rows(relation, [pk])[0])


async def edit(request: Request) -> Response:
    """Carry out an edit; see `account.edits.apply_edit`."""
    body = await request.json()
    source = body.pop("source", _DATASHEET)
    apply_edit(account_of(request), body, source)
    return Response(status_code=204)


async def deliveries(request: Request) -> Response:
    """List the attempts to deliver webhook messages, or clear their log."""
    account = account_of(request)
    if request.method == "DELETE":
        account.deliveries.clear_attempts()
    return answer(account.deliveries.attempts())


async def list_tasks(request: Request) -> Response:
    """List the tasks with their status and the result of their last run."""
    tasks = account_of(request).tasks
    listed: dict[str, Any] = {}
    for task in tasks.definitions.all():
        run = tasks.results.get(task.key)
        listed[task.name] = {"status": tasks.status(task)}
        if run is not None:
            listed[task.name] |= asdict(run)
    return answer(listed)


async def replace_attachment(request: Request) -> Response:
    """Attach a local file to a record; its bytes are not copied."""
    body = await request.json()
    account = account_of(request)
    relation = account.store.relation(body["table"], is_view=False)
    field = relation.attachment(body["field"])
    path = Path(body["path"])
    file = NamedContent(name=body.get("name") or path.name, content=content_of_file(path))
    with account.records.changes.from_source(body.get("source", _DATASHEET)):
        account.attachments.put(relation, field, int(body["pk"]), file)
    return Response(status_code=204)


async def replace_file(request: Request) -> Response:
    """Put a local file into the Files area; its bytes are not copied."""
    body = await request.json()
    content = content_of_file(Path(body["path"]))
    account_of(request).files.put(str(body["target"]), content)
    return Response(status_code=204)
