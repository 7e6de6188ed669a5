"""Parse what an account has beside its data: webhooks, tasks, applications, directories.

Texts that are missing are "", numbers None. Dates stay the text they came as. The answer to a
change is parsed leniently: an error would hide that the change was made, and a webhook's secret
comes in one answer only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client.values import Secret
from pipeline.adapters.caspio.client.wire.payload import Payload


@dataclass(frozen=True, slots=True)
class Changed:
    """Who made a thing and changed it last, and when."""

    created: str
    created_by: str
    modified: str
    modified_by: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What a webhook or event did in the last 30 days; None where the answer left it out."""

    messages: int | None
    calls: int | None
    errors: int | None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An outgoing webhook.

    Attributes:
        status: Active or Inactive; "" in the answer to its creation.
        throttling: Calls a second at most.
        secret: Signs its messages. Only the answer to the webhook's creation has it: keep it.
        events: How many events it has, where that was asked.
    """

    id: str
    name: str
    status: str
    description: str
    urls: tuple[str, ...]
    throttling: int | None
    secret: Secret | None
    events: int | None
    activity: Activity
    changed: Changed


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What a webhook reports.

    Attributes:
        type: table.recordInsert, table.recordUpdate or table.recordDelete.
        status: Active or Inactive.
        table: The table that is watched; a directory is one, too.
        fields: The fields whose update is reported; empty means any.
        sources: Datasheet, DataPages, RESTAPIs, TriggeredActions, Tasks …; empty means all.
        payload_fields: Fields sent along.
        payload_template: Body of the message, "" for Caspio's own.
    """

    id: str
    type: str
    status: str
    table: str
    table_id: str
    fields: tuple[str, ...]
    sources: tuple[str, ...]
    payload_fields: tuple[str, ...]
    payload_template: str
    activity: Activity
    changed: Changed


@dataclass(frozen=True, slots=True)
class Task:
    """An import or export task.

    Attributes:
        status: Busy (about to start), Processing, or Ready to run.
        frequency: A phrase such as "On demand" or "Every day".
    """

    name: str
    key: str
    status: str
    time_zone: str
    frequency: str
    note: str

    @property
    def is_ready(self) -> bool:
        """Say whether it can be run and is not running."""
        return self.status.casefold() == "ready"


@dataclass(frozen=True, slots=True)
class Application:
    """A Bridge application."""

    name: str
    key: str
    data_pages: int | None
    created: str
    modified: str
    has_default_icon: bool | None
    icon_file: str


@dataclass(frozen=True, slots=True)
class DataPage:
    """A DataPage; `key` is its AppKey, `type` such as WEBFORM, `path` its folder."""

    name: str
    key: str
    application: str
    path: str
    type: str
    note: str
    changed: Changed


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of users."""

    id: str
    name: str
    users: int | None
    changed: Changed


def one(answer: Payload) -> Payload:
    """Return what an answer is about, wrapped in Result or bare: webhooks were seen both ways."""
    # The specification wraps answers in Result; webhooks were seen without it.
    if isinstance(answer.value, dict) and isinstance(answer.value.get("Result"), dict):
        return answer.member("Result")
    return answer


def many(answer: Payload) -> Sequence[Payload]:
    """Return the items of a list, wrapped in Result or bare."""
    return list((answer.member("Result") if isinstance(answer.value, dict) else answer).items())


def webhook(item: Payload) -> Webhook:
    """Parse a webhook."""
    secret = item.member("Secret").text("")
    return Webhook(
        id=_text(item, "Id"),
        name=_text(item, "Name"),
        status=_text(item, "Status"),
        description=_text(item, "Description"),
        urls=item.member("OutgoingUrls").texts(),
        throttling=item.member("CallThrottling").number_or_none(),
        # Only the answer to the creation has it (caspio-api.md, section 6.1).
        secret=Secret(secret) if secret else None,
        events=item.member("Events").number_or_none(),
        activity=_activity(item),
        changed=_changed(item, modified="LastModified"),
    )


def event(item: Payload) -> WebhookEvent:
    """Parse a webhook's event."""
    return WebhookEvent(
        id=_text(item, "Id"),
        # A request says EventType, an answer Type.
        type=_text(item, "Type"),
        status=_text(item, "Status"),
        table=_text(item, "ObjectName"),
        table_id=_text(item, "ObjectId"),
        fields=item.member("ObjectFields").texts(),
        sources=item.member("EventSources").texts(),
        payload_fields=item.member("CustomPayloadFields").texts(),
        payload_template=_text(item, "CustomPayloadTemplate"),
        activity=_activity(item),
        changed=_changed(item, modified="LastModified"),
    )


def task(item: Payload) -> Task:
    """Parse a task."""
    return Task(
        name=_text(item, "Name"),
        key=item.member("ExternalKey").text(),
        status=_text(item, "Status"),
        time_zone=_text(item, "TaskTimeZone"),
        frequency=_text(item, "Frequency"),
        note=_text(item, "Note"),
    )


def application(item: Payload) -> Application:
    """Parse an application."""
    return Application(
        name=_text(item, "AppName"),
        key=item.member("ExternalKey").text(),
        data_pages=item.member("DataPagesCount").number_or_none(),
        created=_text(item, "DateCreated"),
        modified=_text(item, "DateModified"),
        has_default_icon=item.member("DefaultIcon").flag_or_none(),
        icon_file=_text(item, "IconFileName"),
    )


def data_page(item: Payload) -> DataPage:
    """Parse a DataPage."""
    return DataPage(
        name=_text(item, "Name"),
        key=item.member("AppKey").text(),
        application=_text(item, "AppName"),
        path=_text(item, "Path"),
        type=_text(item, "Type"),
        note=_text(item, "Note"),
        changed=_changed(item, modified="DateModified"),
    )


def directory(item: Payload) -> Directory:
    """Parse a directory."""
    return Directory(
        id=item.member("Id").text(),
        name=_text(item, "Name"),
        users=item.member("NumberOfUsers").number_or_none(),
        changed=_changed(item, modified="DateUpdated", modified_by="UpdatedBy"),
    )


def activation_url(answer: Payload) -> str:
    """Parse the answer to an activation."""
    # Documented where no mail is sent; otherwise the answer may lack the address.
    result = answer.member("Result")
    return "" if result.value is None else _text(result, "ActivationUrl")


def _text(item: Payload, name: str) -> str:
    return item.member(name).text("")


def _activity(item: Payload) -> Activity:
    return Activity(
        *(item.member(name).number_or_none() for name in ("Messages", "Calls", "Errors"))
    )


def _changed(item: Payload, *, modified: str, modified_by: str = "ModifiedBy") -> Changed:
    return Changed(
        *(
            item.member(name).text("")
            for name in ("DateCreated", "CreatedBy", modified, modified_by)
        ),
    )
