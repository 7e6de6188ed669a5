import json
import re
import signal
from collections import Counter
from urllib.parse import unquote

import pytest

from flows.app.wiring.account import open_settings_account
from flows.webhooks.status import status
from pipeline.model.messages import Message, ReportedRecord
from tests.integration.pipeline.accounts import Source, fields, receipt, uploads
from tests.integration.webhooks.conftest import FILES, MakeHooked
from tests.integration.webhooks.hooked import Hooked, until

pytestmark = pytest.mark.integration


def _message(hooked: Hooked, *pks: int, number: int = 1, **changes: object) -> bytes:
    rows = [{"PK_ID": pk, "Scan": "a.txt"} for pk in pks]
    body = {
        "messageId": f"m{number}", "eventType": "table.recordUpdate", "objectName": "Uploads", "data": rows,
        "secret": hooked.environment["CASPIO_WEBHOOK_SECRET"], **changes,
    }  # fmt: skip
    return json.dumps(body).encode()


def test_a_users_upload_is_read_and_written(make_hooked: MakeHooked):
    """An upload becomes a message, a run and values in the record; what we write ourselves starts no other work."""
    hooked = make_hooked()
    hooked.sync()
    hooked.serve()

    hooked.attach(2, "new.txt", receipt(5, company="Fabrikam Ltd"))
    until(lambda: hooked.rows()[1]["DocType"])
    notes = hooked.notes(at_least=2)

    untouched = [row["DocType"] for row in hooked.rows() if row["PK_ID"] != 2]
    assert (hooked.rows()[1]["Company"], untouched) == ("Fabrikam Ltd", ["", ""])
    assert notes[0] == "1 done"
    assert set(notes[1:]) <= {"1 unchanged", "our own write"}
    assert [
        call["query"]
        for call in hooked.emulator.control.call_log()
        if call["operation"] == "ListTableRecords"
    ]


def test_our_own_columns_raise_no_message_at_all(make_hooked: MakeHooked):
    """What is watched are the fields with files: a run that only fills columns is never reported."""
    hooked = make_hooked(Source(rename=""))
    hooked.sync()
    hooked.serve()

    done = hooked.workspace().run().document
    hooked.attach(1, "last.txt", receipt(5))
    notes = hooked.notes()

    assert done["documents"]["done"] == 3
    assert (notes, len(hooked.messages())) == (["1 done"], 1)


def test_a_message_survives_the_receiver_that_kept_it(make_hooked: MakeHooked):
    """Killed between keeping and working, the next receiver takes the message up, and the record is written once."""
    hooked = make_hooked(quirks={"attachment_event": False})
    hooked.sync()
    killed = hooked.serve_apart(point="ledger start_run before")
    assert hooked.post(_message(hooked, 3)) == 200
    killed.wait(240)
    hooked.end(killed)
    assert [message.done_at for message in hooked.messages()] == [None]

    hooked.serve()

    assert hooked.notes() == ["1 done"]
    assert [row["PK_ID"] for row in hooked.rows() if row["DocType"]] == [3]


def test_messages_wait_for_a_receiver_that_is_down(make_hooked: MakeHooked):
    """What Caspio sends again once the receiver is up is worked on once."""
    hooked = make_hooked()
    hooked.sync()
    hooked.attach(1, "early.txt", receipt(5))

    hooked.serve()

    assert hooked.notes()[0] == "1 done"
    assert len({message.message_id for message in hooked.messages()}) == len(hooked.messages())


def test_a_message_that_comes_twice_is_worked_on_once(make_hooked: MakeHooked):
    """The second one is answered and forgotten."""
    hooked = make_hooked(quirks={"attachment_event": False})
    hooked.sync()
    hooked.serve()

    statuses = [hooked.post(_message(hooked, 2)) for _ in range(3)]

    assert statuses == [200] * 3
    assert hooked.notes() == ["1 done"]


def test_bulk_changes_are_few_runs(make_hooked: MakeHooked):
    """A message about many records, gone ones among them, is one run of those that are there."""
    hooked = make_hooked(quirks={"attachment_event": False})
    hooked.sync()
    hooked.serve()

    hooked.post(_message(hooked, *range(1, 90)))

    assert hooked.notes() == ["3 done"]
    assert hooked.kinds() == ["ingest-record"]


def test_a_deleted_record_is_reported(make_hooked: MakeHooked):
    """Deleted between message and run, there is nothing to do, and that is its outcome."""
    hooked = make_hooked(quirks={"attachment_event": False})
    hooked.sync()
    hooked.serve()
    hooked.emulator.control.change({"table": "Uploads", "pk": 2, "delete": True})

    hooked.post(_message(hooked, 2))

    assert "deleted" in hooked.notes()[0]


def test_strangers_get_nothing_done(make_hooked: MakeHooked):
    """A wrong secret and a huge body are refused, an unknown table is kept as that; nothing of it starts a run."""
    hooked = make_hooked(more="max_body_mib = 1", quirks={"attachment_event": False})
    hooked.sync()
    hooked.serve()

    statuses = [
        hooked.post(_message(hooked, 1, secret="guessed")),
        hooked.post(b"x" * 2_000_000),
        hooked.post(_message(hooked, 1, objectName="Strangers")),
    ]

    assert statuses == [401, 413, 200]
    assert hooked.notes() == ["no source is about table 'Strangers'"]
    assert hooked.kinds() == []


@pytest.mark.parametrize(
    "quirks", [{"webhook_signature": "none"}, {"webhook_secret_in_body": False}]
)
def test_either_proof_is_enough(make_hooked: MakeHooked, quirks: dict[str, object]):
    """Accounts that only sign, and those that only send the secret, are both heard."""
    hooked = make_hooked(quirks=quirks)
    hooked.sync()
    hooked.serve()

    hooked.attach(2, "new.txt", receipt(5))

    assert hooked.notes()[0] == "1 done"


def test_a_receiver_ends_on_sigterm(make_hooked: MakeHooked):
    """Asked to stop, it ends by itself, and nothing that was kept is lost."""
    hooked = make_hooked(quirks={"attachment_event": False})
    hooked.sync()
    process = hooked.serve_apart()
    hooked.post(_message(hooked, 1))

    code = hooked.end(process, signal.SIGTERM)

    assert code in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    assert len(hooked.messages()) == 1


@pytest.mark.full
def test_sigterm_drains_the_run_in_progress_and_keeps_what_waits(make_hooked: MakeHooked):
    """Documents in progress are written, the others and later messages wait; the next receiver does them, none twice."""
    files = {f"upload{n}.txt": receipt(n) for n in range(1, 25)}
    hooked = make_hooked(
        Source(rename=""), account=uploads(files), files=files, quirks={"attachment_event": False}
    )
    hooked.sync()
    slow = {"kind": "latency", "operation": "UpdateTableRecords", "times": 0, "seconds": 1.0}
    hooked.emulator.control.fault(slow)
    process = hooked.serve_apart()
    hooked.post(_message(hooked, *range(1, 24)))
    until(lambda: len(_written(hooked)) > 1)
    hooked.post(_message(hooked, 24, number=2))

    code = hooked.end(process, signal.SIGTERM)

    hooked.emulator.control.clear_faults()
    assert code == 0
    assert [message.done_at for message in hooked.messages()] == [None, None]
    assert 0 < len(_written(hooked)) < 23
    hooked.serve_apart()
    hooked.notes(at_least=2)
    assert Counter(_written(hooked)) == Counter(dict.fromkeys(range(1, 25), 1))


def _written(hooked: Hooked) -> list[int]:
    """Return the PK_IDs written so far, as often as they were."""
    calls = [
        one
        for one in hooked.emulator.control.call_log()
        if one["operation"] == "UpdateTableRecords"
    ]
    return [
        int(found[1])
        for one in calls
        if (found := re.search(r"PK_ID\W*=?\W*(\d+)", unquote(one["query"])))
    ]


def test_a_new_source_is_only_planned(make_hooked: MakeHooked):
    """A message does not write where nobody has looked at the source's first plan."""
    hooked = make_hooked(Source(confirm="first"), quirks={"attachment_event": False})
    hooked.sync()
    hooked.serve()

    hooked.post(_message(hooked, 1))

    assert "planned: " in hooked.notes()[0]
    assert [row["DocType"] for row in hooked.rows()] == [""] * 3


def test_without_a_secret_nothing_is_received(make_hooked: MakeHooked):
    """The command says which variable to set, and ends with 2."""
    done = make_hooked().run("webhooks", "serve")

    assert (done.returncode, "CASPIO_WEBHOOK_SECRET" in done.stderr) == (2, True)


def test_what_no_message_reported_is_a_metric(make_hooked: MakeHooked):
    """A whole run counts the records it finds changed without a message since the run before, and status shows it."""
    hooked = make_hooked(Source(rename=""), quirks={"attachment_event": False})
    hooked.sync()
    workspace = hooked.workspace()
    first = workspace.run().document["missed_by_webhooks"]
    receiver = hooked.serve_apart()
    hooked.attach(1, "silent.txt", receipt(5))
    hooked.attach(2, "reported.txt", receipt(6))
    hooked.attach(3, "reported.txt", receipt(7))
    hooked.post(_message(hooked, 2))
    hooked.notes()
    hooked.end(receiver, signal.SIGTERM)  # it would work on the message that the run is to meet
    with hooked.workspace().ledger() as ledger:
        ledger.messages.save([_message_of(hooked, "3")])

    found = workspace.run().document

    assert (first, found["documents"]["done"], found["missed_by_webhooks"]) == (0, 2, 1)
    with open_settings_account(hooked.settings) as account:
        sources = status(hooked.settings, account)["sources"]
    assert (sources["uploads"]["missed_last_run"], sources["uploads"]["missed"]) == (1, 1)
    assert workspace.run().document["missed_by_webhooks"] == 0


def _message_of(hooked: Hooked, key: str) -> Message:
    account = hooked.settings.caspio.account
    return Message(
        account, "in flight", "uploads", "Uploads", "table.recordUpdate", (ReportedRecord(key),)
    )


def test_a_reprocess_flag_is_picked_up_by_its_message(make_hooked: MakeHooked):
    """A user sets the reprocess flag in a DataPage: the record is read again within seconds, and clearing the flag is our own change."""
    account = uploads(FILES)
    account["tables"]["Uploads"]["fields"] = fields(Scan="ATTACHMENT", Again="YES/NO")
    hooked = make_hooked(Source(rename="", more='reprocess_column = "Again"'), account=account)
    hooked.sync()
    hooked.workspace().run()
    hooked.serve()

    hooked.emulator.control.change(
        {"table": "Uploads", "pk": 2, "values": {"Again": True}}, source="DataPages"
    )
    until(lambda: "1 done" in [message.note for message in hooked.messages()])
    notes = hooked.notes(at_least=2)

    assert [row["Again"] for row in hooked.rows()] == [False] * 3
    assert sum(note.startswith("1 done") for note in notes) == 1
