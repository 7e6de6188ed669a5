"""Webhooks, tasks, applications, directories and passwords, over a local Caspio."""

from typing import Any

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient, Clause, EventDefinition, NotFound, Query
from pipeline.adapters.caspio.client.where import pk_equals
from pipeline.adapters.system_clock import SystemClock
from tests.emulator.api import eventually
from tests.emulator.receiver import receiving
from tests.support.quirks import covering, of_webhooks

from .conftest import Connect, Start

pytestmark = pytest.mark.integration

ACCOUNT = {
    "tables": {
        "Docs": {
            "fields": [{"Name": "A", "Type": "STRING"}, {"Name": "P", "Type": "PASSWORD"}],
            "records": [],
        }
    },
    "files": {"/in.csv": "in.csv"},
    "tasks": {"Import": {"kind": "import", "table": "Docs", "file": "/in.csv", "note": "nightly"}},
    "applications": {
        "App": {"pages": {"Form": {"type": "WEBFORM", "path": "/Forms"}, "Report": {}}}
    },
    "directories": {
        "People": {
            "fields": [{"Name": "Team", "Type": "STRING"}],
            "users": [{"Email": "a@example.com"}],
        }
    },
}
EVENT = EventDefinition(
    type="table.recordUpdate", table="Docs", fields=("A",), sources=("RESTAPIs",)
)


class Hurried(SystemClock):
    """A clock on which a hundred seconds pass in one."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return super().monotonic() * 100

    def sleep(self, seconds: float) -> None:
        """Wait."""
        super().sleep(seconds / 100)


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """Start an account that has one of each."""
    return start(
        ACCOUNT, {"in.csv": b"A\r\none\r\ntwo\r\n"}, task_ms=50, unknown_parameters="refused"
    )


@pytest.fixture
def client(emulator: Emulator, connect: Connect) -> CaspioClient:
    """Connect to the account."""
    return connect(emulator)


def test_webhook_has_one_life(client: CaspioClient) -> None:
    """A webhook is made with its secret, found, changed and deleted; its secret is shown once."""
    made = client.webhooks.create("W", ["https://example.com/hook"], description="d")
    (listed,) = client.webhooks.all()
    changed = client.webhooks.update(made.id, name="V")
    found = client.webhooks.get(made.id)
    client.webhooks.delete(made.id)

    assert made.secret is not None
    assert made.secret.reveal()
    assert (listed.id, listed.name, listed.urls) == (made.id, "W", ("https://example.com/hook",))
    assert (changed.name, found.name, found.events, found.secret) == ("V", "V", 0, None)
    assert client.webhooks.all() == ()
    with pytest.raises(NotFound):
        client.webhooks.get(made.id)


@pytest.mark.parametrize("quirks", covering(of_webhooks()))
def test_webhooks_are_understood_in_every_account(
    start: Start, connect: Connect, quirks: dict[str, Any]
) -> None:
    """Whatever differs between accounts, lists are read alike, and no secret is printed."""
    client = connect(start(ACCOUNT, {"in.csv": b"A"}, **quirks))
    with receiving() as receiver:
        made = client.webhooks.create("W", [receiver.url])
        client.webhooks.create_event(made.id, EVENT)
        row = client.tables.insert("Docs", {"A": "old"})
        assert row is not None
        assert row.pk is not None
        client.tables.update("Docs", {"A": "new"}, condition=pk_equals(row.pk, is_view=False))
        receiver.messages(1)
        eventually(lambda: client.webhooks.get(made.id).activity.messages == 1)
    (listed,), (event,), found = (
        client.webhooks.all(),
        client.webhooks.events(made.id),
        client.webhooks.get(made.id),
    )

    assert made.secret is not None
    assert made.secret.reveal() not in repr([made, listed, found])
    assert (listed.id, listed.name, listed.urls, listed.status) == (
        found.id,
        found.name,
        found.urls,
        found.status,
    )
    assert (event.type, event.table, event.fields, event.sources) == (
        EVENT.type,
        "Docs",
        ("A",),
        ("RESTAPIs",),
    )
    assert (found.events, found.activity.errors) == (1, 0)


def test_event_has_one_life(client: CaspioClient) -> None:
    """An event is added, found, replaced whole and deleted."""
    hook = client.webhooks.create("W", ["https://example.com/hook"]).id
    made = client.webhooks.create_event(hook, EVENT)
    replaced = client.webhooks.replace_event(
        hook, made.id, EventDefinition(type="table.recordInsert", table="Docs")
    )
    (listed,) = client.webhooks.events(hook)
    found = client.webhooks.event(hook, made.id)
    client.webhooks.delete_event(hook, made.id)

    assert (made.type, made.table, made.fields, made.sources) == (
        "table.recordUpdate",
        "Docs",
        ("A",),
        ("RESTAPIs",),
    )
    assert [one.type for one in (replaced, listed, found)] == ["table.recordInsert"] * 3
    assert found.activity.messages == 0
    assert client.webhooks.events(hook) == ()


def test_task_is_run_and_waited_for(emulator: Emulator) -> None:
    """An import is started once, and done when the waiting ends."""
    with CaspioClient(
        url=emulator.url, client_id="id", client_secret="secret", clock=Hurried()
    ) as client:
        (task,) = client.tasks.all()
        ended = client.tasks.run_and_wait(task.key)

    assert (task.name, task.note, ended.is_ready) == ("Import", "nightly", True)
    assert [row["A"] for row in emulator.control.dump()["tables"]["Docs"]] == ["one", "two"]
    assert emulator.control.calls()["POST /v3/dataImportExportTasks/{externalKey}/run"] == 1


def test_applications_are_found_and_deployed(client: CaspioClient) -> None:
    """DataPages are found, their code is read, and they are deployed one by one or together."""
    (application,) = client.applications.all()
    pages = {page.name: page for page in client.applications.data_pages(application.key)}
    form = client.applications.data_page(application.key, pages["Form"].key)
    client.applications.deploy(application.key, form.key, deployed=True)
    client.applications.deploy_all(application.key, deployed=False)

    assert client.applications.get(application.key) == application
    assert (application.name, application.data_pages, set(pages)) == ("App", 2, {"Form", "Report"})
    assert (form.type, form.path, form.application) == ("WEBFORM", "/Forms", "App")
    # The local Caspio serves its pages itself.
    code = client.applications.deployment_code(application.key, form.key, "URL")
    assert code.endswith(f"/dp/{form.key}")
    assert "<iframe" in client.applications.deployment_code(application.key, form.key, "iFrame")
    with pytest.raises(NotFound):
        client.applications.data_page(application.key, "none")


def test_users_are_made_changed_activated_and_deleted(client: CaspioClient) -> None:
    """A user is a record with a status of its own; who is met by a change is reported."""
    (directory,) = client.directories.all()
    made = client.directories.create(directory.id, {"Email": "b@example.com", "Team": "x"})
    changed = client.directories.update(
        directory.id, {"Team": "y"}, condition=Clause("Email = 'b@example.com'")
    )
    page = client.directories.users(
        directory.id, Query(where="Team = 'y'", page=1, page_size=5, with_total=True)
    )
    (user,) = page.items
    url = client.directories.activate(directory.id, str(user.values["UserGUID"]), send_email=False)
    deleted = client.directories.delete(directory.id, condition=Clause("Team = 'y'"))

    assert (directory.name, directory.users) == ("People", 1)
    assert made is not None
    assert (changed.count, page.total, deleted) == (1, 1, 1)
    assert user.values["_status"]
    assert url.startswith("http")


def test_password_is_set_and_reset(client: CaspioClient) -> None:
    """A password is written by its own operations alone, which report how many records they met."""
    client.tables.insert("Docs", {"A": "x"})

    assert client.tables.password_fields("Docs") == ("P",)
    assert client.tables.set_password("Docs", "P", "hush-hush", condition=Clause("A = 'x'")) == 1
    assert client.tables.reset_password("Docs", "P", condition=Clause("A = 'none'")) == 0
    with pytest.raises(NotFound):
        client.tables.set_password("Docs", "A", "hush-hush", condition=Clause("A = 'x'"))
