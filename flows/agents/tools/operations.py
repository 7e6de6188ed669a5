"""Generate the tools of the 70 operations from the client's table of operations."""

import base64
import binascii
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from flows.agents.tools import schemas
from flows.agents.tools.arguments import KEY_FIELD, NAMES, Arguments, has_key
from flows.agents.tools.lost_files import FILES_LOST, keep_originals
from flows.agents.tools.names import Named, named_operations
from flows.agents.tools.paging import KEY
from flows.agents.tools.tool import Answer, Json, Link, Method, Refusal, Schema, Tool, ToolCall
from pipeline.adapters.caspio.client.operations import (
    API_VERSION,
    OPERATIONS,
    AnswerKind,
    Operation,
    OperationGroup,
)
from pipeline.adapters.caspio.client.values import StreamedFile
from pipeline.model.agents import Scope
from pipeline.wording import counted

# In base64 it is in memory several times. Larger files go through the REST API.
MOST_UPLOAD_BYTES = 2 * 2**20

_METHODS = {"GET": Method.GET, "POST": Method.CREATE, "PUT": Method.UPDATE, "DELETE": Method.DELETE}
# What neither lists, creates, updates nor deletes one thing.
_CUSTOM = frozenset(
    {"create_a_caspio_run", "create_a_caspio_users_activate", "caspio_deployments_bulk_update"}
)
_LISTS_TEXTS = frozenset({"ListTables", "ListViews", "ListPasswordTableFields"})
_CHANGES_MANY = ("PUT", "DELETE")
_LISTINGS = {
    OperationGroup.TABLES: "ListTableRecords",
    OperationGroup.VIEWS: "ListViewRecords",
    OperationGroup.DIRECTORIES: "ListDirectoryUsers",
}


def operation_tools() -> tuple[Tool, ...]:
    """Return a tool for every operation."""
    return tuple(_tool(named, OPERATIONS[named.operation]) for named in named_operations())


def _tool(named: Named, operation: Operation) -> Tool:
    arguments = Arguments.of(operation)
    method = _METHODS[operation.method]
    is_list = named.name.startswith("list_all_") and operation.answer is AnswerKind.JSON
    if named.name in _CUSTOM:
        method = Method.CUSTOM
    elif named.name.startswith("list_all_"):
        method = Method.LIST
    properties, required = dict(arguments.properties), list(arguments.required)
    # A condition may match more records than its author expects, so that one is the default.
    if arguments.where is not None and operation.method in _CHANGES_MANY:
        properties["most_records"] = schemas.count(most=schemas.MOST_ROWS, default=1)
    reads = operation.method == "GET"
    return Tool(
        name=named.name,
        tag=named.tag,
        method=method,
        description=named.description,
        properties=MappingProxyType(properties),
        required=tuple(required),
        result=_result_schema(operation, is_list=is_list),
        more=_beside(operation, is_list=is_list),
        run=partial(_run, operation, arguments),
        container={OperationGroup.TABLES: "table", OperationGroup.VIEWS: "view"}.get(
            operation.group, ""
        ),
        is_shown=named.is_shown,
        is_raw=not reads,
        reads_only=reads,
        destroys=operation.method in _CHANGES_MANY or named.name in _CUSTOM,
        repeats_safely=operation.method != "POST",
        takes_where=arguments.where is not None,
        for_narrowed=operation.group in {OperationGroup.TABLES, OperationGroup.VIEWS}
        and named.operation != "CreateTable",
    )


def _result_schema(operation: Operation, *, is_list: bool) -> Schema:
    if operation.answer is AnswerKind.BYTES:
        return schemas.OBJECT
    if operation.id in _LISTS_TEXTS:
        return schemas.TEXTS
    if is_list and operation.id != "GetFileMetadataByPath":
        return schemas.ROWS
    if operation.method == "GET":
        return {"type": "string"} if operation.id.endswith("DeploymentCode") else schemas.OBJECT
    return {"type": ["object", "array", "null"]}


def _beside(operation: Operation, *, is_list: bool) -> Mapping[str, Schema]:
    """Return the schemas of what is beside the result."""
    if is_list and any(one.name.endswith("pageNumber") for one in operation.query):
        return schemas.NEXT
    if operation.method == "GET":
        return {}
    more: dict[str, Schema] = {"records_affected": {"type": "integer"}}
    return {**more, "archived": schemas.TEXTS} if operation.id in FILES_LOST else more


def _run(operation: Operation, arguments: Arguments, call: ToolCall) -> Answer:
    """Carry out one operation with the arguments of a call."""
    parameters = arguments.parameters(call.arguments)
    if operation.answer is AnswerKind.BYTES:
        return _download(operation, parameters, call)
    if arguments.where is not None and operation.method in _CHANGES_MANY:
        _refuse_many(operation, parameters[arguments.where], call)
    with _folder(operation) as folder:
        file = _upload(call, folder) if operation.file_part else None
        body = call.arguments.get("values", call.arguments.get("body"))
        archived = keep_originals(operation, parameters, call, folder=folder)
        try:
            answer = call.account.client.call(operation.id, parameters, json=body, file=file)
        except ValueError as error:  # of the check before the call: nothing was sent
            raise Refusal(str(error)) from error
    content = _content(answer, parameters)
    if arguments.by_key(call.arguments):
        _by_key(content, call.arguments)
    if operation.group is OperationGroup.WEBHOOKS:
        content["result"] = without_secret(content["result"])
    if archived:
        content["archived"] = list(archived)
    return Answer(_narrowed(operation, content, call.scope), records=_records(content))


@contextmanager
def _folder(operation: Operation) -> Iterator[Path]:
    """Make a folder for the files of an operation; one that moves none is not to wait for it."""
    if not operation.file_part and operation.id not in FILES_LOST:
        yield Path()
        return
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name:
        yield Path(name)


def _narrowed(operation: Operation, content: Json, scope: Scope) -> Json:
    """Leave out the tables and views that a token does not cover: it does not learn their names."""
    seen = {"ListTables": scope.tables, "ListViews": scope.views}.get(operation.id)
    if not scope.is_narrowed or seen is None:
        return content
    return {**content, "result": [name for name in content["result"] if name in seen]}


def _records(content: Json) -> int:
    """Count what was returned or changed."""
    rows = content["result"]
    affected: int = content.get("records_affected", len(rows) if isinstance(rows, list) else 1)
    return affected


def _content(answer: object, parameters: Mapping[str, str]) -> Json:
    """Bring an answer into the one form of all tools."""
    whole = answer if isinstance(answer, dict) else {}
    result: Any = whole.get("Result", None if "RecordsAffected" in whole else answer)
    content: Json = {"result": result}
    if "RecordsAffected" in whole:
        content["records_affected"] = whole["RecordsAffected"]
    page = next((name for name in parameters if name.endswith("pageNumber")), None)
    if page is not None:
        # A page that is not full is the last one.
        size = int(parameters[page.replace("pageNumber", "pageSize")])
        is_full = isinstance(result, list) and len(result) >= size
        content["next_cursor"] = str(int(parameters[page]) + 1) if is_full else None
    return content


def _by_key(content: Json, arguments: Mapping[str, Any]) -> None:
    """Let the next page begin behind the last record of this one."""
    rows = content["result"]
    if content["next_cursor"] is not None:
        content["next_cursor"] = f"{KEY}{rows[-1][KEY_FIELD]}"
    if "fields" in arguments and not has_key(arguments["fields"]):
        content["result"] = [{k: v for k, v in row.items() if k != KEY_FIELD} for row in rows]


def without_secret(webhook: Any) -> Any:
    """Return a webhook without what signs its messages: a new one has it, and no agent needs it."""
    if not isinstance(webhook, dict):
        return webhook
    return {name: value for name, value in webhook.items() if name != "Secret"}


def _refuse_many(operation: Operation, condition: str, call: ToolCall) -> None:
    """Count what a change would affect, and refuse more than the caller expects."""
    most = call.arguments.get("most_records", 1)
    names = {name: call.arguments[NAMES[name]] for name in operation.path_names[:1]}
    page = {"q.where": condition, "q.pageNumber": "1", "q.pageSize": "1000"}
    listing = _LISTINGS[operation.group]
    if operation.group is not OperationGroup.DIRECTORIES:
        page["q.select"] = "PK_ID"
    answer = call.account.client.call(listing, {**names, **page})
    found = len(answer["Result"]) if isinstance(answer, dict) else 0
    if found > most:
        raise Refusal(
            f"{counted(found, 'record', 'matches/match')}, more than most_records ({most}). "
            "Nothing was changed. Narrow the condition, or raise most_records."
        )


def _upload(call: ToolCall, folder: Path) -> Path | StreamedFile:
    """Return the file to send: the one that is arriving, or the one in the arguments."""
    file = call.arguments["file"]
    name: str = file["name"]
    if name in {".", ".."} or set(name) & set("/\\\0"):
        raise Refusal(f"{name!r} is not a file name. Give it without a folder.")
    if call.transfer.upload is not None:
        return call.transfer.upload
    try:
        data = base64.b64decode(file["base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("file.base64 is not base64.") from error
    if len(data) > MOST_UPLOAD_BYTES:
        raise Refusal(f"The file has {len(data):,} bytes; a call takes {MOST_UPLOAD_BYTES:,}.")
    path = folder / name
    path.write_bytes(data)
    return path


def _download(operation: Operation, parameters: Mapping[str, str], call: ToolCall) -> Answer:
    """Send a file on, or answer with where it is."""
    send = call.transfer.download
    if send is None:
        return _link(operation, call)
    with call.account.client.open(operation.id, parameters) as opened:
        send(opened, _file_name(call))
    return Answer({"result": {}}, records=1)


def _file_name(call: ToolCall) -> str:
    """Return a name for what is downloaded: the path's, or what it is addressed by."""
    parts = (
        str(call.arguments[n]) for n in ("path", "field", "record", "key") if n in call.arguments
    )
    return "-".join(parts).rpartition("/")[2]


def _link(operation: Operation, call: ToolCall) -> Answer:
    """Answer with the address of a file instead of its bytes."""
    place = quote(operation.template.removeprefix(f"/{API_VERSION}/"), safe="/{}")
    given = {NAMES[name]: str(call.arguments[NAMES[name]]) for name in operation.path_names}
    for name in operation.path_names:
        place = place.replace(f"{{{name}}}", quote(given[NAMES[name]], safe=""))
    if "path" in call.arguments:
        place += f"?path={quote(call.arguments['path'], safe='/')}"
    name = str(call.arguments.get("path", place)).rpartition("/")[2]
    return Answer({"result": {"place": place}}, records=1, links=(Link(place, name),))
