"""Automations: what Prefect's server does by itself when a run is lost or an alarm is raised.

`caspio-ingest serve --with-automations` installs or updates them. Without a notification block,
alarms only show in the UI's event feed; the rule for lost runs always acts.
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

from flows.prefect.names import HEARTBEATS_MISSED, LOST_RUNS, TAG
from flows.prefect.ui import events
from flows.prefect.ui.states import FINAL_NAMES
from pipeline.errors import BadSettings

_HEARTBEAT = "prefect.flow-run.heartbeat"
_ALARMS = (
    (
        events.MANY_FAILED,
        "many documents failed",
        "a run in which the share of failed documents was too high",
    ),
    (events.BUDGET_LOW, "budget nearly used", "a budget of the month that is nearly used up"),
    (
        events.QUARANTINE_GREW,
        "quarantine grows",
        "more documents that need a user than at the end of the last run",
    ),
)


def automations(
    *, lost_after: timedelta, notification_block: UUID | None = None
) -> Iterator[Automation]:
    """Yield all automations; with a notification block, alarms send a message through it."""
    yield mark_lost_runs(lost_after)
    for event, title, meaning in _ALARMS:
        # An automation needs an action; this one only makes the alarm visible in the UI.
        action: DoNothing | SendNotification = DoNothing()
        if notification_block is not None:
            action = SendNotification(
                block_document_id=notification_block,
                subject=f"{TAG}: {title}",
                body="{{ event.payload.message }}",
            )
        yield Automation(
            name=f"{TAG}: {title}",
            description=f"Raised by {meaning}.",
            tags=[TAG],
            trigger=EventTrigger(
                expect={event},
                match=ResourceSpecification({"prefect.resource.id": f"{TAG}.source.*"}),
            ),
            actions=[action],
        )


def install(*, heartbeat_s: int, notification_block: str | None = None) -> list[str]:
    """Create the automations, or update those of the same name; return their names.

    Raises:
        BadSettings: the server has no such notification block.
    """
    names = []
    block = block_id(notification_block) if notification_block else None
    # Several, since one heartbeat may be late on a busy machine.
    lost_after = timedelta(seconds=HEARTBEATS_MISSED * heartbeat_s)
    for wanted in automations(lost_after=lost_after, notification_block=block):
        try:
            known = Automation.read(name=wanted.name)
            assert isinstance(known, Automation)  # outside an event loop Prefect returns it at once
        except ValueError:
            wanted.create()
        else:
            # Updated in place: a second automation of the same name would act a second time.
            wanted.id = known.id
            wanted.update()
        names.append(wanted.name)
    return names


def mark_lost_runs(lost_after: timedelta) -> Automation:
    """Return the rule that marks runs without a heartbeat; the server has none of its own."""
    within_s = lost_after.total_seconds()
    return Automation(
        name=LOST_RUNS,
        description=f"Marks a run as crashed after {within_s:.0f} s without a heartbeat.",
        tags=[TAG],
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={_HEARTBEAT},
            # Our own event comes first: the server's may be late (`events.send_end`). Those are
            # named after the state's name, and we have more names than Prefect. A suspended run
            # has no process and sends no heartbeat.
            expect={
                _HEARTBEAT,
                events.RUN_ENDS,
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
                message="No heartbeat: its process is gone. The next run continues from there.",
            )
        ],
    )


def block_id(address: str) -> UUID:
    """Find a block by slug and name."""
    slug, _, name = address.partition("/")
    try:
        with get_client(sync_client=True) as client:
            return client.read_block_document_by_name(name, slug).id
    except ObjectNotFound as error:
        raise BadSettings(
            [f"Prefect has no block {address!r}. Create it in its UI, or give another slug/name."]
        ) from error
