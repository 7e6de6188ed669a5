"""All 70 operations against Caspio's own specification.

What is sent, what is understood, what is documented.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.adapters.caspio.client import (
    CaspioClient,
    EventDefinition,
    FieldOptions,
    NewField,
    Query,
    UnexpectedAnswer,
)
from pipeline.adapters.caspio.client.bodies import EXAMPLES
from pipeline.adapters.caspio.client.catalogue import GROUPS, catalogue
from pipeline.adapters.caspio.client.operations import (
    OPERATIONS,
    AnswerKind,
    ParameterKind,
    operations_of,
)
from pipeline.adapters.caspio.client.where import Clause
from tests.conftest import SHARED
from tests.fakes.clock import FakeClock
from tests.support.specification import Specification, SpecificationTransport, example

DOCUMENT = SHARED / "caspio-openapi-v3.json"
ONE = Clause("PK_ID = 1")
VALUES = {"A": "x", "B": 1.5, "C": None, "D": True, "Tags": (2, 3)}
ASKED = Query(
    select="A", where="A = 'x'", group_by="A", order_by="A", page=2, page_size=10, with_total=True
)
OPTIONS = FieldOptions(
    unique=True, unique_allow_nulls=False, label="L", description="D", display_order=1,
    on_insert=True, on_update=True, time_zone="UTC", format="0U", prefix="P", length=8,
    list_values=("a",), permitted_file_types=("pdf",), min_file_size=1, max_file_size=2,
    smart_resizer=True, smart_resizer_for_retina=True, alt_text="t", title="t",
)  # fmt: skip
EVENT = EventDefinition(
    type="table.recordUpdate", table="T", fields=("A",), sources=("RESTAPIs",),
    payload_fields=("A",), payload_template="{'a': 1}", enabled=False,
)  # fmt: skip
Drive = Callable[[CaspioClient, Path], Any]


def opened(download: Any) -> bytes:
    """Read a download to its end."""
    with download as found:
        return b"".join(found.chunks)


def of_containers(kind: str) -> dict[str, Drive]:
    """Return how each operation that tables and views share is made; `kind` is Table or View."""
    group = f"{kind.lower()}s"

    def on(name: str, *arguments: Any, **more: Any) -> Drive:
        return lambda client, _: getattr(getattr(client, group), name)(*arguments, **more)

    def file(client: CaspioClient, source: Path) -> None:
        getattr(client, group).upload(
            "T", "Scan", "1", source=source, name="a.pdf", media_type="application/pdf"
        )

    return {
        f"List{kind}s": on("names"),
        f"Get{kind}": on("describe", "T"),
        f"List{kind}Fields": on("definitions", "T"),
        f"Get{kind}Field": on("definition", "T", "A"),
        f"List{kind}Records": on("query", "T", ASKED),
        f"Create{kind}Record": on("insert", "T", VALUES),
        f"Update{kind}Records": on("update", "T", VALUES, condition=ONE),
        f"Delete{kind}Records": on("delete", "T", condition=ONE),
        f"DownloadFileFromAttachment{kind}Field": lambda client, _: opened(
            getattr(client, group).download("T", "Scan", "1")
        ),
        f"UploadFileToAttachment{kind}Field": file,
        f"DeleteFileFromAttachment{kind}Fields": on(
            "remove_attachments", "T", "Scan", condition=ONE
        ),
        f"GetFileMetadataFromAttachment{kind}Fields": on("file_infos", "T", "Scan", condition=ONE),
        f"UpdateFileMetadataInAttachment{kind}Fields": on(
            "rename_attachments", "T", "Scan", "new", condition=ONE
        ),
    }


DRIVES: dict[str, Drive] = {
    **of_containers("Table"),
    **of_containers("View"),
    "CreateTable": lambda c, _: c.tables.create(
        "T", [NewField("A", "STRING", OPTIONS, is_formula=True), NewField("B", "NUMBER")]
    ),
    "CreateTableField": lambda c, _: c.tables.create_field(
        "T", NewField("A", "STRING", OPTIONS, is_formula=True)
    ),
    "UpdateTableField": lambda c, _: c.tables.update_field(
        "T", "A", name="B", type="TEXT", options=OPTIONS
    ),
    "DeleteTableField": lambda c, _: c.tables.delete_field("T", "A"),
    "ListPasswordTableFields": lambda c, _: c.tables.password_fields("T"),
    "UpdatePasswordTableField": lambda c, _: c.tables.set_password("T", "P", "hush", condition=ONE),
    "ResetPasswordTableField": lambda c, _: c.tables.reset_password("T", "P", condition=ONE),
    "ListFilesFolders": lambda c, _: c.files.folder_page(
        "key", number=2, size=5, sort="DateCreated", descending=True
    ),
    "GetFilesFolderMetadataByKey": lambda c, _: c.files.folder("key"),
    "ListFiles": lambda c, _: c.files.page("key", number=2, size=5, sort="Size", descending=True),
    "UploadFiles": lambda c, f: c.files.add(
        "key", source=f, name="a.pdf", media_type="application/pdf"
    ),
    "UpdateFile": lambda c, f: c.files.put(
        "key", source=f, name="a.pdf", media_type="application/pdf"
    ),
    "GetFileMetadataByKey": lambda c, _: c.files.info_by_key("key"),
    "DownloadFileByKey": lambda c, _: opened(c.files.download_key("key")),
    "DeleteFileByKey": lambda c, _: c.files.delete_key("key"),
    "GetFileMetadataByPath": lambda c, _: c.files.info("/In/a b&c.pdf"),
    "DownloadFileByPath": lambda c, _: opened(c.files.download("/In/a.pdf")),
    "DeleteFileByPath": lambda c, _: c.files.delete("/In/a.pdf"),
    "ListOutgoingWebhooks": lambda c, _: c.webhooks.all(),
    "CreateOutgoingWebhook": lambda c, _: c.webhooks.create(
        "W", ["https://x"], description="d", throttling=5
    ),
    "GetOutgoingWebhook": lambda c, _: c.webhooks.get("w1"),
    "UpdateOutgoingWebhook": lambda c, _: c.webhooks.update(
        "w1", name="W", description="d", urls=["https://x"], throttling=5, enabled=False
    ),
    "DeleteOutgoingWebhook": lambda c, _: c.webhooks.delete("w1"),
    "ListOutgoingWebhookEvents": lambda c, _: c.webhooks.events("w1"),
    "CreateOutgoingWebhookEvent": lambda c, _: c.webhooks.create_event("w1", EVENT),
    "GetOutgoingWebhookEvent": lambda c, _: c.webhooks.event("w1", "e1"),
    "UpdateOutgoingWebhookEvent": lambda c, _: c.webhooks.replace_event("w1", "e1", EVENT),
    "DeleteOutgoingWebhookEvent": lambda c, _: c.webhooks.delete_event("w1", "e1"),
    "ListDataImportExportTasks": lambda c, _: c.tasks.all(),
    "GetDataImportExportTask": lambda c, _: c.tasks.get("t1"),
    "RunDataImportExportTask": lambda c, _: c.tasks.run("t1"),
    "ListBridgeApplications": lambda c, _: c.applications.all(),
    "GetBridgeApplication": lambda c, _: c.applications.get("a1"),
    "ListBridgeApplicationDataPages": lambda c, _: c.applications.data_pages("a1"),
    "GetBridgeApplicationDataPage": lambda c, _: c.applications.data_page("a1", "p1"),
    "GetBridgeApplicationDataPageDeploymentCode": lambda c, _: c.applications.deployment_code(
        "a1", "p1", "iFrame"
    ),
    "UpdateBridgeApplicationDataPageDeployment": lambda c, _: c.applications.deploy(
        "a1", "p1", deployed=True
    ),
    "UpdateBridgeApplicationDataPagesDeployment": lambda c, _: c.applications.deploy_all(
        "a1", deployed=False
    ),
    "ListDirectories": lambda c, _: c.directories.all(),
    "ListDirectoryUsers": lambda c, _: c.directories.users("d1", ASKED),
    "CreateUser": lambda c, _: c.directories.create("d1", VALUES),
    "UpdateUsers": lambda c, _: c.directories.update("d1", VALUES, condition=ONE),
    "DeleteUsers": lambda c, _: c.directories.delete("d1", condition=ONE),
    "ActivateUser": lambda c, _: c.directories.activate("d1", "guid", send_email=False),
}
UNUSABLE_WHEN_SPARSE = {
    "GetTable": "Result",
    "GetView": "Result",
    "GetTableField": "Result",
    "GetViewField": "Result",
    "GetFilesFolderMetadataByKey": "Result",
    "GetFileMetadataByKey": "Result",
    "GetFileMetadataByPath": "Result",
    "GetDataImportExportTask": "Result",
    "GetBridgeApplication": "Result",
    "GetBridgeApplicationDataPage": "Result",
}
"""Answers that say nothing without the member named; none of them is the answer to a change."""
LIMIT_ONLY = {"q.limit"}  # excludes the paging parameters; sent by `records`


@pytest.fixture(scope="module")
def specification() -> Specification:
    """Read Caspio's specification."""
    if not DOCUMENT.is_file():
        pytest.skip("Caspio's specification is not beside the project")
    return Specification(DOCUMENT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file to upload."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")
    return path


def connect(transport: SpecificationTransport) -> CaspioClient:
    """Make a client that the specification answers."""
    return CaspioClient(
        url="https://abc12345.caspio.com",
        client_id="id",
        client_secret="hush",
        clock=FakeClock(),
        transport=transport,
    )


def methods() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield every method that makes an operation, by its way from the client."""
    with CaspioClient(
        url="https://abc12345.caspio.com", client_id="id", client_secret="hush"
    ) as client:
        for group in GROUPS:
            for name, method in inspect.getmembers(getattr(client, group), inspect.ismethod):
                if operations_of(method):
                    yield f"{group}.{name}", method


def test_all_operations_are_there(specification: Specification) -> None:
    """The client knows the 70 operations of the specification, no other, each in its place."""
    ours = {
        one.id: (
            one.group,
            one.method,
            one.template,
            [p.name for p in one.query],
            {p.name for p in one.query if p.required},
        )
        for one in OPERATIONS.values()
    }

    theirs = {
        one.id: (one.group, one.method, one.template, list(one.query), set(one.required))
        for one in specification.operations.values()
    }
    assert ours == theirs
    assert len(ours) == 70


def test_everything_but_reading_asks_first() -> None:
    """A user is asked before each operation that adds, changes, deletes, starts or sends."""
    assert {one.method for one in OPERATIONS.values() if not one.asks_first} == {"GET"}


def test_every_body_has_an_example() -> None:
    """Each operation that takes a body, and no other, shows one."""
    assert {one.id for one in OPERATIONS.values() if one.takes_json} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_keeps_to_the_specification(name: str, specification: Specification) -> None:
    """What is shown as a body is one that the specification takes."""
    body = specification.operations[name].body["application/json"]

    Draft202012Validator(body).validate(EXAMPLES[name])


def test_every_operation_has_a_method() -> None:
    """Each operation is made by at least one typed method, and each of them is driven here."""
    tied = {name for _, method in methods() for name in operations_of(method)}

    assert tied == set(OPERATIONS) == set(DRIVES)
    assert all(entry.methods and entry.summary for entry in catalogue())


@pytest.mark.parametrize("sparse", [False, True], ids=["everything", "sparse"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_keeps_to_the_specification(
    name: str, *, sparse: bool, specification: Specification, file: Path
) -> None:
    """A method sends one request of the specification, and understands what that promises.

    All that may be missing from an answer can be: then it is understood, or the error names the
    missing member.
    """
    transport = SpecificationTransport(specification, sparse=sparse)

    understood: AbstractContextManager[object] = nullcontext()
    if sparse and name in UNUSABLE_WHEN_SPARSE:
        understood = pytest.raises(UnexpectedAnswer, match=UNUSABLE_WHEN_SPARSE[name])
    with connect(transport) as client, understood:
        DRIVES[name](client, file)

    (seen,) = transport.seen
    assert seen.operation.id == name
    assert set(seen.query) == set(seen.operation.query) - LIMIT_ONLY, "a parameter was not driven"
    properties = seen.operation.body.get("application/json", {}).get("properties")
    assert properties is None or set(seen.body) == set(properties), (
        "a member of the body was not driven"
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_can_be_made_by_its_name(
    name: str, specification: Specification, file: Path
) -> None:
    """Each operation can be called with Caspio's own names, as the command line does."""
    operation, promised = OPERATIONS[name], specification.operations[name]
    texts = {ParameterKind.TEXT: "x", ParameterKind.NUMBER: "7", ParameterKind.FLAG: "true"}
    parameters = dict.fromkeys(operation.path_names, "x")
    parameters |= {
        one.name: texts[one.kind] for one in operation.query if one.name not in LIMIT_ONLY
    }
    content = (
        example(promised.body["application/json"], sparse=False) if operation.takes_json else None
    )
    transport = SpecificationTransport(specification)

    with connect(transport) as client:
        if operation.answer is AnswerKind.BYTES:
            assert opened(client.open(name, parameters)) == b"bytes"
        else:
            client.call(name, parameters, json=content, file=file if operation.file_part else None)

    (seen,) = transport.seen
    assert seen.operation.id == name
    assert set(seen.query) == set(promised.query) - LIMIT_ONLY


@pytest.mark.parametrize(("way", "method"), list(methods()), ids=[way for way, _ in methods()])
def test_docstring_names_the_operation(way: str, method: Callable[..., object]) -> None:
    """Whoever knows Caspio's documentation finds the method, and the other way round."""
    said = inspect.getdoc(method) or ""

    assert [name for name in operations_of(method) if name not in said] == [], way
