"""The 70 operations of Caspio's REST API v3 as data: name, path, parameters, content.

Written from caspio-openapi-v3.json, Caspio's own specification; a test compares both. Every call of
this package names one of these, and `CaspioClient.call` makes any of them by its name alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

API_VERSION = "v3"
"""The version of the API that is spoken: every path begins with it, and it is chosen here alone."""

_ROOT = f"/{API_VERSION}"
_F = TypeVar("_F", bound=Callable[..., object])


class ParameterKind(StrEnum):
    """What a query parameter holds."""

    TEXT = "text"
    NUMBER = "number"  # whole
    FLAG = "true or false"


class AnswerKind(StrEnum):
    """What comes back."""

    JSON = "JSON"
    BYTES = "a file's bytes"
    NOTHING = "nothing"


class OperationGroup(StrEnum):
    """The specification's tags."""

    TABLES = "Tables"
    VIEWS = "Views"
    FILES = "Files"
    WEBHOOKS = "Outgoing Webhooks"
    TASKS = "Data Import/Export Tasks"
    APPLICATIONS = "Bridge Applications"
    DIRECTORIES = "Directories"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    name: str
    kind: ParameterKind = ParameterKind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        id: The specification's `operationId`.
        method: HTTP method.
        template: Path below the API's root; a name in braces is a parameter.
        query: Parameters behind the path.
        takes_json: Whether it takes a JSON body.
        file_part: Name of the one multipart part that has a file, "" where it takes no file.
        answer: What comes back.
    """

    id: str
    group: OperationGroup
    method: str
    template: str
    query: tuple[Parameter, ...] = ()
    takes_json: bool = False
    file_part: str = ""
    answer: AnswerKind = AnswerKind.JSON

    @property
    def asks_first(self) -> bool:
        """Say whether a user should be asked before it is done: everything but reading."""
        # Caspio's API reads with GET alone; a POST adds a record, starts a task or sends a message.
        return self.method != "GET"

    @property
    def path_names(self) -> tuple[str, ...]:
        """Return the names of the path's parameters, in order."""
        return tuple(part[1:-1] for part in self.template.split("/") if part.startswith("{"))

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the parameters that a call must have."""
        return (*self.path_names, *(one.name for one in self.query if one.required))


def operation(name: str, view: str = "") -> Callable[[_F], _F]:
    """Tie a method to the operation it makes; `view` names the twin for views."""

    def tie(method: _F) -> _F:
        # Read by `operations_of`.
        method.operations = (name, view) if view else (name,)  # type: ignore[attr-defined]
        return method

    return tie


def operations_of(method: object) -> tuple[str, ...]:
    """Return the operations a method was tied to."""
    found: tuple[str, ...] = getattr(method, "operations", ())
    return found


# Required by the specification: without it every record would match.
_WHERE = Parameter("q.where", required=True)
_ROWS = Parameter("response")
_QUERY = (
    Parameter("q.select"),
    Parameter("q.where"),
    Parameter("q.groupBy"),
    Parameter("q.orderBy"),
    Parameter("q.limit", ParameterKind.NUMBER),
    Parameter("q.pageNumber", ParameterKind.NUMBER),
    Parameter("q.pageSize", ParameterKind.NUMBER),
    Parameter("q.getPaginationInfo", ParameterKind.FLAG),
)
# Listings of the Files area have other names for the same things.
_LISTING = (
    Parameter("externalKey"),
    Parameter("pageNumber", ParameterKind.NUMBER),
    Parameter("pageSize", ParameterKind.NUMBER),
    Parameter("sortField"),
    Parameter("sortDescending", ParameterKind.FLAG),
)
_FOLDER = Parameter("externalKey")
_PATH = Parameter("filePath", required=True)


def _operation(
    group: OperationGroup,
    name: str,
    method: str,
    template: str,
    query: tuple[Parameter, ...],
    *,
    json: bool,
    part: str,
    answer: AnswerKind,
) -> Operation:
    return Operation(
        id=name,
        group=group,
        method=method,
        template=template,
        query=query,
        takes_json=json,
        file_part=part,
        answer=answer,
    )


def _table(
    name: str,
    method: str,
    path: str = "/{tableName}",
    *query: Parameter,
    json: bool = False,
    part: str = "",
    answer: AnswerKind = AnswerKind.JSON,
) -> Operation:
    return _operation(
        OperationGroup.TABLES,
        name,
        method,
        f"{_ROOT}/tables{path}",
        query,
        json=json,
        part=part,
        answer=answer,
    )


_FIELDS = "/{tableName}/fields"
_RECORDS = "/{tableName}/records"
_PASSWORDS = "/{tableName}/passwordFields"
_ATTACHMENTS = "/{tableName}/attachments/{attachmentFieldName}"
_NOTHING, _BYTES = AnswerKind.NOTHING, AnswerKind.BYTES

_FOR_BOTH = (
    _table("ListTables", "GET", ""),
    _table("GetTable", "GET"),
    _table("ListTableFields", "GET", _FIELDS),
    _table("GetTableField", "GET", f"{_FIELDS}/{{fieldName}}"),
    _table("ListTableRecords", "GET", _RECORDS, *_QUERY),
    _table("CreateTableRecord", "POST", _RECORDS, _ROWS, json=True),
    _table("UpdateTableRecords", "PUT", _RECORDS, _WHERE, _ROWS, json=True),
    _table("DeleteTableRecords", "DELETE", _RECORDS, _WHERE),
    _table(
        "DownloadFileFromAttachmentTableField",
        "GET",
        f"{_ATTACHMENTS}/{{recordPkId}}",
        answer=_BYTES,
    ),
    _table(
        "UploadFileToAttachmentTableField",
        "PUT",
        f"{_ATTACHMENTS}/{{recordPkId}}",
        part="File",
        answer=_NOTHING,
    ),
    _table("DeleteFileFromAttachmentTableFields", "DELETE", _ATTACHMENTS, _WHERE),
    _table(
        "GetFileMetadataFromAttachmentTableFields",
        "GET",
        f"{_ATTACHMENTS}/fileInfo",
        Parameter("q.where"),
    ),
    _table(
        "UpdateFileMetadataInAttachmentTableFields",
        "PUT",
        f"{_ATTACHMENTS}/fileInfo",
        _WHERE,
        _ROWS,
        json=True,
    ),
)
_FOR_TABLES = (
    _table("CreateTable", "POST", "", json=True, answer=_NOTHING),
    _table("CreateTableField", "POST", _FIELDS, json=True, answer=_NOTHING),
    _table("UpdateTableField", "PUT", f"{_FIELDS}/{{fieldName}}", json=True, answer=_NOTHING),
    _table("DeleteTableField", "DELETE", f"{_FIELDS}/{{fieldName}}", answer=_NOTHING),
    _table("ListPasswordTableFields", "GET", _PASSWORDS),
    _table(
        "UpdatePasswordTableField", "PUT", f"{_PASSWORDS}/{{passwordFieldName}}", _WHERE, json=True
    ),
    _table("ResetPasswordTableField", "DELETE", f"{_PASSWORDS}/{{passwordFieldName}}", _WHERE),
)


def for_view(name: str) -> str:
    """Return the name of a table operation's twin for views."""
    return name.replace("Table", "View")


def _group(group: OperationGroup, root: str) -> Callable[..., Operation]:
    def one(
        name: str,
        method: str,
        path: str = "",
        *query: Parameter,
        json: bool = False,
        part: str = "",
        answer: AnswerKind = AnswerKind.JSON,
    ) -> Operation:
        template = root + path
        return _operation(group, name, method, template, query, json=json, part=part, answer=answer)

    return one


_file = _group(OperationGroup.FILES, f"{_ROOT}/files")
_webhook = _group(OperationGroup.WEBHOOKS, f"{_ROOT}/outgoingWebhooks")
_task = _group(OperationGroup.TASKS, f"{_ROOT}/dataImportExportTasks")
_application = _group(OperationGroup.APPLICATIONS, f"{_ROOT}/bridgeApplications")
_directory = _group(OperationGroup.DIRECTORIES, f"{_ROOT}/directories")
_HOOK, _EVENTS, _KEY = "/{webhookId}", "/{webhookId}/events", "/{externalKey}"
_DATAPAGE = "/{externalKey}/datapages/{appKey}"
_USERS = "/{directoryId}/users"

# A view's operations are those of a table under other names (caspio-api.md, section 2.2).
_OF_VIEWS = tuple(
    replace(
        table,
        id=for_view(table.id),
        group=OperationGroup.VIEWS,
        template=table.template.replace("/tables", "/views").replace("tableName", "viewName"),
    )
    for table in _FOR_BOTH
)

_ALL = (
    *_FOR_BOTH,
    *_FOR_TABLES,
    *_OF_VIEWS,
    _file("ListFilesFolders", "GET", "/folders", *_LISTING),
    _file("GetFilesFolderMetadataByKey", "GET", "/folders/{externalKey}"),
    _file("ListFiles", "GET", "", *_LISTING),
    _file("UploadFiles", "POST", "", _FOLDER, part="Files"),
    _file("UpdateFile", "PUT", "", _FOLDER, part="File"),
    _file("GetFileMetadataByKey", "GET", "/{externalKey}/fileInfo"),
    _file("DownloadFileByKey", "GET", _KEY, answer=_BYTES),
    _file("DeleteFileByKey", "DELETE", _KEY, answer=_NOTHING),
    _file("GetFileMetadataByPath", "GET", "/path/fileInfo", _PATH),
    _file("DownloadFileByPath", "GET", "/path", _PATH, answer=_BYTES),
    _file("DeleteFileByPath", "DELETE", "/path", _PATH, answer=_NOTHING),
    _webhook("ListOutgoingWebhooks", "GET"),
    _webhook("CreateOutgoingWebhook", "POST", json=True),
    _webhook("GetOutgoingWebhook", "GET", _HOOK),
    _webhook("UpdateOutgoingWebhook", "PUT", _HOOK, json=True),
    _webhook("DeleteOutgoingWebhook", "DELETE", _HOOK, answer=_NOTHING),
    _webhook("ListOutgoingWebhookEvents", "GET", _EVENTS),
    _webhook("CreateOutgoingWebhookEvent", "POST", _EVENTS, json=True),
    _webhook("GetOutgoingWebhookEvent", "GET", f"{_EVENTS}/{{eventId}}"),
    _webhook("UpdateOutgoingWebhookEvent", "PUT", f"{_EVENTS}/{{eventId}}", json=True),
    _webhook("DeleteOutgoingWebhookEvent", "DELETE", f"{_EVENTS}/{{eventId}}", answer=_NOTHING),
    _task("ListDataImportExportTasks", "GET"),
    _task("GetDataImportExportTask", "GET", _KEY),
    _task("RunDataImportExportTask", "POST", f"{_KEY}/run", answer=_NOTHING),
    _application("ListBridgeApplications", "GET"),
    _application("GetBridgeApplication", "GET", _KEY),
    _application("ListBridgeApplicationDataPages", "GET", f"{_KEY}/datapages"),
    _application("GetBridgeApplicationDataPage", "GET", _DATAPAGE),
    _application(
        "GetBridgeApplicationDataPageDeploymentCode",
        "GET",
        f"{_DATAPAGE}/deployment",
        Parameter("method", required=True),
    ),
    _application(
        "UpdateBridgeApplicationDataPageDeployment",
        "PUT",
        f"{_DATAPAGE}/deployment",
        json=True,
        answer=_NOTHING,
    ),
    _application(
        "UpdateBridgeApplicationDataPagesDeployment",
        "PUT",
        f"{_KEY}/datapages/deployment",
        json=True,
        answer=_NOTHING,
    ),
    _directory("ListDirectories", "GET"),
    _directory("ListDirectoryUsers", "GET", _USERS, *_QUERY),
    _directory("CreateUser", "POST", _USERS, _ROWS, json=True),
    # "Where" and not "q.where": so it is in the specification.
    _directory("UpdateUsers", "PUT", _USERS, Parameter("Where", required=True), _ROWS, json=True),
    _directory("DeleteUsers", "DELETE", _USERS, Parameter("Where", required=True)),
    _directory("ActivateUser", "POST", f"{_USERS}/activate", json=True),
)

ME_OF_V4 = Operation("GetMe", OperationGroup.DIRECTORIES, "GET", "/v4/me")
"""Who calls, by the next version of the API: asked for nothing else than whether it answers."""

OPERATIONS: Mapping[str, Operation] = {one.id: one for one in _ALL}
"""Every operation by its `operationId`, in the order of the groups."""
