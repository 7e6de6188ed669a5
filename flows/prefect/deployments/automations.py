"""Automations as code: what Prefect's server does by itself when a run is lost or an alarm is raised.

`caspio-ingest serve --with-automations` installs them; installed again they are brought up to date. Without a
notification block they only show in the UI's event feed, except the first, which acts.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, DoNothing, SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound

from flows.prefect.ui import events
from flows.prefect.ui.states import FINAL_NAMES
from pipeline.errors import BadSettings

TAG = "caspio-ingest"
SIGNS_MISSED = 3
"""Signs of life in a row that a lost run has not given; `serve.heartbeat_s` is the time between two."""

_HEARTBEAT = "prefect.flow-run.heartbeat"
_ALARMS = (
    (
        events.MANY_FAILED,
        "many documents failed",
        "a run in which the share of failed documents was too high",
    ),
    (events.BUDGET_LOW, "budget nearly used", "the month's Caspio calls are nearly used up"),
    (
        events.QUARANTINE_GREW,
        "quarantine grows",
        "more documents need a person than at the end of the last run",
    ),
)


def automations(
    *, lost_after: timedelta, notification_block: UUID | None = None
) -> Iterator[Automation]:
    """Yield all automations; with a notification block the alarms send a message by it."""
    yield _lost_runs(lost_after)
    for event, title, meaning in _ALARMS:
        yield Automation(
            name=f"{TAG}: {title}",
            description=f"Raised by {meaning}.",
            tags=[TAG],
            trigger=EventTrigger(
                expect={event},
                match=ResourceSpecification({"prefect.resource.id": f"{TAG}.source.*"}),
            ),
            actions=[_message(title, notification_block)],
        )


def install(*, heartbeat_s: int, notification_block: str | None = None) -> list[str]:
    """Create the automations, or bring those of the same name up to date; return their names.

    Raises:
        BadSettings: the server has no such notification block.
    """
    names = []
    block = _block_id(notification_block) if notification_block else None
    lost_after = timedelta(seconds=SIGNS_MISSED * heartbeat_s)
    for wanted in automations(lost_after=lost_after, notification_block=block):
        try:
            known = Automation.read(name=wanted.name)
            assert isinstance(known, Automation)  # outside an event loop Prefect returns it at once
        except ValueError:
            wanted.create()
        else:
            wanted.id = known.id
            wanted.update()
        names.append(wanted.name)
    return names


def _lost_runs(lost_after: timedelta) -> Automation:
    """Mark runs that stopped showing signs of life: the server has no rule of its own for them."""
    return Automation(
        name=f"{TAG}: mark lost runs",
        description=f"Marks a run as crashed when it shows no sign of life for {lost_after.total_seconds():.0f} s.",
        tags=[TAG],
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={_HEARTBEAT},
            # An event is named after the state's name, and ours are more than Prefect's. A suspended run has no
            # process and shows no sign of life.
            expect={
                _HEARTBEAT,
                *(f"prefect.flow-run.{name}" for name in (*FINAL_NAMES, "Suspended")),
            },
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"}
            ),
            for_each={"prefect.resource.id"},
            threshold=1,
            within=lost_after,
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed",
                state=StateType.CRASHED,
                force=False,
                message="No sign of life: the process that ran it is gone. The next run goes on from where it stopped.",
            )
        ],
    )


def _block_id(address: str) -> UUID:
    """Find a block by slug and name."""
    slug, _, name = address.partition("/")
    try:
        with get_client(sync_client=True) as client:
            return client.read_block_document_by_name(name, slug).id
    except ObjectNotFound as error:
        raise BadSettings(
            [
                f"Prefect has no block {address!r}. Make one in its UI under Blocks, and give it as slug/name."
            ]
        ) from error


def _message(title: str, block: UUID | None) -> DoNothing | SendNotification:
    if block is None:
        return DoNothing()
    body = "Source {{ event.resource.name }}: {{ event.payload }}"
    return SendNotification(block_document_id=block, subject=f"{TAG}: {title}", body=body)
