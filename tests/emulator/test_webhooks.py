import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, eventually, serving
from tests.emulator.receiver import Receiver, receiving

pytestmark = pytest.mark.integration
_INSERT, _UPDATE, _DELETE = "table.recordInsert", "table.recordUpdate", "table.recordDelete"
_FAST = Quirks(webhook_retry_ms=10, attachment_event=True)


@pytest.fixture(scope="module")
def own() -> Iterator[Api]:
    """An emulator that retries soon."""
    with serving(quirks=_FAST) as api:
        yield api


@pytest.fixture
def hook_api(own: Api) -> Iterator[Api]:
    """A client of it, without webhooks and faults of other tests."""
    yield own
    own.control.clear_faults()
    for one in own.get("/outgoingWebhooks").json():
        own.delete(f"/outgoingWebhooks/{one['Id']}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving() as seen:
        yield seen


def _hook(api: Api, url: str, **more: object) -> dict[str, Any]:
    reply = api.post("/outgoingWebhooks", {"Name": "Hook", "OutgoingUrls": [url], **more})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def _event(
    api: Api, hook: dict[str, Any], table: str, kind: str = _INSERT, **more: object
) -> httpx.Response:
    return api.post(
        f"/outgoingWebhooks/{hook['Id']}/events", {"EventType": kind, "ObjectName": table, **more}
    )


def test_only_the_created_webhook_shows_its_secret(hook_api: Api):
    """The answer to creating a webhook has the Secret; list and get do not."""
    made = _hook(hook_api, "https://example.com/a", Description="d")

    listed = hook_api.get("/outgoingWebhooks").json()
    found = hook_api.get(f"/outgoingWebhooks/{made['Id']}").json()

    assert made["Secret"]
    assert made["CallThrottling"] == 100
    assert "Secret" not in listed[0]
    assert "Secret" not in found
    assert (found["Name"], found["Events"], found["Messages"], found["Calls"], found["Errors"]) == (
        "Hook",
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    "body",
    [
        {"Name": "Hook", "OutgoingUrls": ["https://example.com/other"]},
        {"Name": "Other", "OutgoingUrls": ["https://example.com/a"]},
        {"Name": "Other", "OutgoingUrls": ["http://example.com/b"]},
        {"Name": "Other", "OutgoingUrls": ["example.com"]},
        {"Name": "Other", "OutgoingUrls": []},
        {"OutgoingUrls": ["https://example.com/b"]},
        {"Name": "Other", "OutgoingUrls": ["https://example.com/b"], "CallThrottling": 0},
        {"Name": "Other", "OutgoingUrls": ["https://example.com/b"], "CallThrottling": 1000},
        {"Name": "Other", "OutgoingUrls": ["https://example.com/b"], "CallThrottling": "5"},
        {"Name": "Other", "OutgoingUrls": ["https://example.com/b"], "Secret": "x"},
    ],
)
def test_a_wrong_webhook_is_refused(hook_api: Api, body: dict[str, object]):
    """A name or URL that is taken, HTTP to other machines, and wrong members are 400."""
    _hook(hook_api, "https://example.com/a")

    reply = hook_api.post("/outgoingWebhooks", body)

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


def test_a_webhook_is_changed_and_deleted(hook_api: Api):
    """Disabling a webhook disables its events, and deleting it deletes them."""
    table, hook = hook_api.table("A"), _hook(hook_api, "https://example.com/a")
    event = _event(hook_api, hook, table).json()

    changed = hook_api.put(
        f"/outgoingWebhooks/{hook['Id']}", {"Name": "New", "Enabled": False}
    ).json()
    listed = hook_api.get(f"/outgoingWebhooks/{hook['Id']}/events").json()

    assert (changed["Name"], changed["Status"], listed[0]["Status"]) == (
        "New",
        "Inactive",
        "Inactive",
    )
    assert hook_api.delete(f"/outgoingWebhooks/{hook['Id']}").status_code == 204
    assert hook_api.get(f"/outgoingWebhooks/{hook['Id']}/events/{event['Id']}").status_code == 404


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ({"kind": _INSERT}, {"kind": _INSERT}, 400),
        ({"kind": _UPDATE}, {"kind": _UPDATE, "ObjectFields": ["A"]}, 400),
        ({"kind": _UPDATE, "ObjectFields": ["A"]}, {"kind": _UPDATE, "ObjectFields": ["B"]}, 201),
        ({"kind": _INSERT}, {"kind": _DELETE}, 201),
        ({"kind": _INSERT}, {"kind": _DELETE, "ObjectFields": ["A"]}, 400),
        ({"kind": _INSERT}, {"kind": _UPDATE, "ObjectFields": ["C"]}, 404),
        ({"kind": _INSERT}, {"kind": "table.recordTouch"}, 400),
        ({"kind": _INSERT}, {"kind": _DELETE, "EventSources": ["Elsewhere"]}, 400),
    ],
)
def test_events_of_a_table_do_not_overlap(
    hook_api: Api, first: dict[str, Any], second: dict[str, Any], status: int
):
    """A table can have one insert, one delete, and updates for different fields."""
    table, hook = hook_api.table("A", "B"), _hook(hook_api, "https://example.com/a")
    assert _event(hook_api, hook, table, **first).status_code == 201

    assert _event(hook_api, hook, table, **second).status_code == status


def test_an_event_is_replaced_in_full(hook_api: Api):
    """A PUT without a member removes it; the answer calls the type Type."""
    table, hook = hook_api.table("A"), _hook(hook_api, "https://example.com/a")
    event = _event(hook_api, hook, table, EventSources=["RESTAPIs"]).json()
    path = f"/outgoingWebhooks/{hook['Id']}/events/{event['Id']}"

    changed = hook_api.put(path, {"EventType": _DELETE, "ObjectName": table}).json()

    assert (changed["Type"], changed["EventSources"]) == (_DELETE, [])
    assert hook_api.get(path).json()["ObjectId"]
    assert hook_api.delete(path).status_code == 204


def test_an_insert_is_delivered_with_the_documented_body(hook_api: Api, receiver: Receiver):
    """The message has ids, secret, date, type, table and row, and a signature of its bytes."""
    table, hook = hook_api.table("A"), _hook(hook_api, receiver.url)
    event = _event(hook_api, hook, table).json()

    hook_api.post(f"/tables/{table}/records", {"A": "x"})

    message = receiver.messages()[0]
    digest = hmac.new(hook["Secret"].encode(), receiver.bodies[0], hashlib.sha256).hexdigest()
    ids = {"eventId", "messageId", "webhookId", "accountId"}
    assert set(message) == ids | {"secret", "eventDate", "eventType", "objectName", "data"}
    assert (message["eventId"], message["webhookId"], message["secret"]) == (
        event["Id"],
        hook["Id"],
        hook["Secret"],
    )
    assert message["data"] == [{"PK_ID": 1, "A": "x"}]
    assert receiver.headers[0]["X-Caspio-Signature"] == digest


def test_an_update_event_needs_a_changed_field(hook_api: Api, receiver: Receiver):
    """Only a changed field of the event raises an update event."""
    table = hook_api.table("A", "B", rows=[{"A": "x"}])
    _event(hook_api, _hook(hook_api, receiver.url), table, _UPDATE, ObjectFields=["A"])

    for body in ({"B": "y"}, {"A": "x"}, {"A": "z"}):
        hook_api.put(f"/tables/{table}/records", body, where="PK_ID=1")

    assert [row["A"] for row in receiver.rows(1)] == ["z"]


def test_several_rows_are_in_one_message(hook_api: Api, receiver: Receiver):
    """One PUT that changes three rows raises one message with three rows."""
    table = hook_api.table("A", rows=[{"A": "1"}, {"A": "2"}, {"A": "3"}])
    _event(hook_api, _hook(hook_api, receiver.url), table, _UPDATE, CustomPayloadFields=["A"])

    hook_api.put(f"/tables/{table}/records", {"A": "x"}, where="PK_ID>0")

    assert [row["PK_ID"] for row in receiver.messages()[0]["data"]] == [1, 2, 3]


def test_a_throttled_webhook_sends_waiting_rows_together(hook_api: Api, receiver: Receiver):
    """With one call per second, five inserts arrive in fewer than five messages."""
    table = hook_api.table("A")
    _event(hook_api, _hook(hook_api, receiver.url, CallThrottling=1), table)

    for number in range(5):
        hook_api.post(f"/tables/{table}/records", {"A": str(number)})

    assert sorted(row["A"] for row in receiver.rows(5)) == ["0", "1", "2", "3", "4"]
    assert len(receiver.bodies) < 5


def test_a_delete_message_has_the_deleted_row(hook_api: Api, receiver: Receiver):
    """The message of a delete has the row as it was."""
    table = hook_api.table("A", rows=[{"A": "gone"}])
    _event(hook_api, _hook(hook_api, receiver.url), table, _DELETE)

    hook_api.delete(f"/tables/{table}/records", where="PK_ID=1")

    assert receiver.rows(1) == [{"PK_ID": 1, "A": "gone"}]


def test_an_event_can_be_limited_to_sources(hook_api: Api, receiver: Receiver):
    """An event for the datasheet ignores changes through the API."""
    table = hook_api.table("A", rows=[{"A": "x"}])
    _event(hook_api, _hook(hook_api, receiver.url), table, _UPDATE, EventSources=["Datasheet"])

    hook_api.put(f"/tables/{table}/records", {"A": "by API"}, where="PK_ID=1")
    hook_api.control.edit(table, 1, {"A": "by hand"})

    assert [row["A"] for row in receiver.rows(1)] == ["by hand"]


def test_an_upload_raises_an_update_with_the_quirk(hook_api: Api, receiver: Receiver):
    """With attachment_event, an upload is an update of its field."""
    table = hook_api.table({"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{}])
    _event(hook_api, _hook(hook_api, receiver.url), table, _UPDATE, ObjectFields=["Scan"])

    hook_api.attach(table, 1, "a.pdf", b"x")

    assert receiver.rows(1) == [{"PK_ID": 1, "Scan": "a.pdf"}]


def test_an_upload_raises_no_event_without_the_quirk(receiver: Receiver):
    """Without attachment_event, an upload raises no event, and a later edit arrives first."""
    with serving() as api:
        table = api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{}])
        _event(api, _hook(api, receiver.url), table, _UPDATE)
        api.attach(table, 1, "a.pdf", b"x")
        api.put(f"/tables/{table}/records", {"A": "y"}, where="PK_ID=1")

        assert len(receiver.rows(1)) == 1


def test_a_failed_delivery_is_retried(hook_api: Api):
    """Two refusals are followed by a third attempt, and all are in the log and the counts."""
    with receiving([500, 503]) as receiver:
        table, hook = hook_api.table("A"), _hook(hook_api, receiver.url)
        _event(hook_api, hook, table)
        hook_api.post(f"/tables/{table}/records", {"A": "x"})
        receiver.messages(3)

        def mine() -> list[dict[str, Any]]:
            return [one for one in hook_api.control.deliveries() if one["webhook"] == hook["Id"]]

        eventually(lambda: len(mine()) == 3)

    assert [(one["attempt"], one["status"], one["success"]) for one in mine()] == [
        (1, 500, False), (2, 503, False), (3, 200, True),
    ]  # fmt: skip
    found = hook_api.get(f"/outgoingWebhooks/{hook['Id']}").json()
    assert (found["Messages"], found["Calls"], found["Errors"]) == (1, 3, 2)


def test_a_message_can_arrive_twice(hook_api: Api, receiver: Receiver):
    """A duplicate fault delivers one message twice, with the same messageId."""
    table = hook_api.table("A")
    _event(hook_api, _hook(hook_api, receiver.url), table)
    hook_api.control.fault({"kind": "duplicate", "operation": "Delivery"})

    hook_api.post(f"/tables/{table}/records", {"A": "x"})

    first, second = receiver.messages(2)
    assert first["messageId"] == second["messageId"]


def test_messages_can_overtake_each_other(hook_api: Api, receiver: Receiver):
    """A delayed message arrives after one that was raised later."""
    table = hook_api.table("A")
    _event(hook_api, _hook(hook_api, receiver.url), table)
    hook_api.control.fault(
        {"kind": "latency", "operation": "Delivery", "contains": '"first"', "seconds": 0.3}
    )

    hook_api.post(f"/tables/{table}/records", {"A": "first"})
    eventually(lambda: bool(hook_api.control.faults()[0]["matched"]))
    hook_api.post(f"/tables/{table}/records", {"A": "second"})

    assert [row["A"] for row in receiver.rows(2)] == ["second", "first"]


def test_messages_go_to_this_machine_only(hook_api: Api):
    """A message for another host is logged as not sent, and is not retried."""
    table, hook = hook_api.table("A"), _hook(hook_api, "https://example.com/a")
    _event(hook_api, hook, table)

    hook_api.post(f"/tables/{table}/records", {"A": "x"})
    eventually(lambda: any(one["webhook"] == hook["Id"] for one in hook_api.control.deliveries()))

    mine = [one for one in hook_api.control.deliveries() if one["webhook"] == hook["Id"]]
    assert [(one["attempt"], one["status"]) for one in mine] == [(1, 0)]
    assert "loopback" in mine[0]["response"]


def test_a_template_is_filled_in(hook_api: Api, receiver: Receiver):
    """Tokens become values, `/` a temporary URL, and unknown tokens stay."""
    table = hook_api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{"A": 'a "b"'}])
    hook_api.attach(table, 1, "a.txt", b"bytes")
    template = (
        "{'a':'[@field:A]','file':'[@field:Scan]','link':'[@field:Scan/]',"
        "'id':'[@out-hook:eventId]','no':'[@x]'}"
    )
    event = _event(
        hook_api,
        _hook(hook_api, receiver.url),
        table,
        _UPDATE,
        CustomPayloadTemplate=template,
        ObjectFields=["A"],
    ).json()

    hook_api.put(f"/tables/{table}/records", {"A": 'c "d"'}, where="PK_ID=1")

    message = receiver.messages()[0]
    assert (message["a"], message["file"], message["id"]) == ('c "d"', "a.txt", event["Id"])
    assert message["no"] == "[@x]"
    assert httpx.get(message["link"], trust_env=False).content == b"bytes"


def test_lists_can_be_wrapped_and_show_secrets(receiver: Receiver):
    """With the quirks, lists are in Result and show secrets, and messages are signed in base64."""
    quirks = Quirks(
        webhook_envelope="result",
        webhook_list_secret=True,
        webhook_signature="base64",
        webhook_secret_in_body=False,
        webhook_signature_header="X-Signed",
        webhook_fields="key",
    )
    with serving(quirks=quirks) as api:
        table, hook = api.table("A"), _hook(api, receiver.url)
        _event(api, hook, table)
        api.post(f"/tables/{table}/records", {"A": "x"})
        message = receiver.messages()[0]
        listed = api.get("/outgoingWebhooks").json()["Result"]

    digest = base64.b64encode(
        hmac.new(hook["Secret"].encode(), receiver.bodies[0], hashlib.sha256).digest()
    ).decode()
    assert listed[0]["Secret"] == hook["Secret"]
    assert receiver.headers[0]["X-Signed"] == digest
    assert (message["data"], "secret" in message) == ([{"PK_ID": 1}], False)
