import json

import pytest

from flows.app.wiring.account import open_settings_account
from flows.webhooks.sync import MARK, Synced
from pipeline.adapters.caspio.client.areas.webhooks import EventDefinition
from pipeline.errors import BadSettings
from tests.integration.pipeline.accounts import Source, fields
from tests.integration.webhooks.conftest import MakeHooked
from tests.integration.webhooks.hooked import Hooked

pytestmark = pytest.mark.integration


def _steps(done: Synced) -> list[tuple[str, str, str]]:
    return [(step.what, step.about, step.action) for step in done.steps]


def _account(hooked: Hooked) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    """Return every webhook by name with its events: kind, table and watched fields."""
    with open_settings_account(hooked.settings) as account:
        hooks = account.client.webhooks
        return {
            hook.name: sorted(
                (event.type, event.table, event.fields) for event in hooks.events(hook.id)
            )
            for hook in hooks.all()
        }


def test_a_webhook_is_made_with_events_for_every_source(make_hooked: MakeHooked):
    """Added records, and changes of the fields with files; the secret is printed only then."""
    hooked = make_hooked()

    done = hooked.sync()

    assert _steps(done) == [
        ("webhook", "caspio-ingest", "created"),
        ("table.recordInsert", "Uploads", "created"),
        ("table.recordUpdate", "Uploads", "created"),
    ]
    assert _account(hooked) == {
        "caspio-ingest": [
            ("table.recordInsert", "Uploads", ()),
            ("table.recordUpdate", "Uploads", ("Scan",)),
        ]
    }
    assert done.secret


def test_a_second_time_there_is_nothing_to_do(make_hooked: MakeHooked):
    """Nothing is written, and no secret is printed, since Caspio shows it only once."""
    hooked = make_hooked()
    hooked.sync()
    hooked.emulator.control.reset_calls()

    again = hooked.sync()

    assert {action for _, _, action in _steps(again)} == {"unchanged"}
    assert again.secret == ""
    assert not [c for c in hooked.workspace().writes() if "outgoingWebhooks" in c]


def test_a_dry_run_changes_nothing(make_hooked: MakeHooked):
    """It says the same, and neither account nor ledger know of it."""
    hooked = make_hooked()

    would_be = hooked.sync(dry_run=True)

    assert {action for _, _, action in _steps(would_be)} == {"created"}
    assert _account(hooked) == {}
    assert [action for _, _, action in _steps(hooked.sync())] == ["created"] * 3


def test_what_people_have_changed_is_repaired(make_hooked: MakeHooked):
    """A webhook switched off, an event changed, one missing and one too many are put right."""
    hooked = make_hooked()
    hooked.sync()
    with open_settings_account(hooked.settings) as account:
        hooks = account.client.webhooks
        (hook,) = hooks.all()
        insert, update = sorted(hooks.events(hook.id), key=lambda event: event.type)
        hooks.update(hook.id, enabled=False)
        hooks.replace_event(
            hook.id,
            update.id,
            EventDefinition(type="table.recordUpdate", table="Uploads", fields=("DocType",)),
        )
        hooks.delete_event(hook.id, insert.id)
        hooks.create_event(hook.id, EventDefinition(type="table.recordDelete", table="Uploads"))

    done = hooked.sync()

    assert _steps(done) == [
        ("webhook", "caspio-ingest", "changed"),
        ("table.recordDelete", "Uploads", "removed"),
        ("table.recordInsert", "Uploads", "created"),
        ("table.recordUpdate", "Uploads", "changed"),
    ]
    assert {step.action for step in hooked.sync().steps} == {"unchanged"}


def test_other_peoples_webhooks_are_never_touched(make_hooked: MakeHooked):
    """One with the same name is an error; any other stays as it is."""
    hooked = make_hooked()
    with open_settings_account(hooked.settings) as account:
        hooks = account.client.webhooks
        theirs = hooks.create("theirs", ["https://example.com/x"])
        hooks.create_event(theirs.id, EventDefinition(type="table.recordInsert", table="Uploads"))
        same_name = hooks.create("Caspio-Ingest", ["https://example.com/y"])

    with pytest.raises(BadSettings, match="Another webhook"):
        hooked.sync()
    with open_settings_account(hooked.settings) as account:
        account.client.webhooks.delete(same_name.id)
    hooked.sync()

    assert _account(hooked)["theirs"] == [("table.recordInsert", "Uploads", ())]


def test_a_webhook_is_known_again_without_a_ledger(make_hooked: MakeHooked):
    """Its mark shows that it is ours when the ledger was lost; no second one is made."""
    hooked = make_hooked()
    hooked.sync()
    (hooked.config.parent / "ledger.db").unlink()

    assert {step.action for step in hooked.sync().steps} == {"unchanged"}


def test_a_new_secret_makes_the_webhook_again(make_hooked: MakeHooked):
    """The old one is deleted, and another secret is printed."""
    hooked = make_hooked()
    first = hooked.sync()

    second = hooked.sync(new_secret=True)

    assert second.secret not in {"", first.secret}
    assert list(_account(hooked)) == ["caspio-ingest"]


def test_tables_behind_views_and_folders_are_named(make_hooked: MakeHooked):
    """A view or folder without such a table is reported as left to the schedule; with one its changes are watched."""
    account = {
        "tables": {
            "Uploads": {"fields": fields(Scan="ATTACHMENT"), "records": []},
            "Rows": {"fields": [{"Name": "File", "Type": "FILE"}, *fields()], "records": []},
        },
        "views": {"Few": {"table": "Uploads", "where": "PK_ID < 5"}},
        "files": {"/In/a.txt": "upload1.txt"},
    }
    sources = [
        Source({"view": "Few", "webhook_table": "Uploads"}, name="few"),
        Source({"folder": "/In", "webhook_table": "Rows"}, name="inbox"),
        Source({"view": "Few"}, name="unnamed", columns={}),
    ]
    hooked = make_hooked(*sources, account=account)

    done = hooked.sync()

    events = dict.fromkeys(
        (table, columns) for kind, table, columns in _account(hooked)["caspio-ingest"] if columns
    )
    assert ("source", "unnamed", "skipped") in _steps(done)
    assert set(events) == {("Uploads", ("Scan",)), ("Rows", ("File",))}


def test_a_condition_lets_other_columns_be_watched_but_ours(make_hooked: MakeHooked):
    """Where a column decides what belongs to a source its change is reported; the columns that we write are not."""
    account = {
        "tables": {"Uploads": {"fields": fields(Scan="ATTACHMENT", Status="STRING"), "records": []}}
    }
    hooked = make_hooked(Source(more="where = \"Status = 'open'\""), account=account)

    hooked.sync()

    assert [columns for kind, _, columns in _account(hooked)["caspio-ingest"] if columns] == [
        ("Scan", "Status")
    ]


def test_the_command_shows_what_it_did(make_hooked: MakeHooked):
    """A table for a user with the secret to export, a document for a program; status counts what came."""
    hooked = make_hooked()

    shown = hooked.run("webhooks", "sync")
    document = json.loads(hooked.run("webhooks", "sync", "--json").stdout)
    status = json.loads(hooked.run("webhooks", "status", "--json").stdout)

    assert "export CASPIO_WEBHOOK_SECRET=" in shown.stdout
    assert document["secret"] is None
    assert [step["action"] for step in document["steps"]] == ["unchanged"] * 3
    assert (status["webhook"]["status"], status["sources"]["uploads"]["done"]) == ("Active", 0)


def test_plain_http_is_refused_with_a_reason(make_hooked: MakeHooked):
    """What Caspio does not take is an error of the settings, with what has to be so."""
    hooked = make_hooked(address="http://example.com/caspio")

    done = hooked.run("webhooks", "sync")

    assert (done.returncode, "must be https" in done.stderr) == (2, True)
    assert MARK not in done.stderr
