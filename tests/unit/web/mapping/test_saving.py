"""Saving what was mapped: the change of the settings, columns to create, and who may."""

import html
import re
from pathlib import Path

import pytest

from flows.app.mapping.taking import REFUSED, TAKEN
from pipeline.errors import BadSettings
from pipeline.model.users import AuditEntry, Role, User
from pipeline.onboarding.proposal import MissingColumn
from tests.unit.web.conftest import SAME_SITE, SYNC, Browser, Office, words
from tests.unit.web.mapping.bills import BAD_NAME, NEW, controls, save, written


def test_a_new_source_is_written_and_used_at_once(mapper: Browser, office: Office):
    """The change is shown, then written; the page works with it from the next request on."""
    form = controls(mapper.get(NEW)) | {"finding:Paid": "date", "write_at:Paid": "0.9"}
    change = mapper.post("/sources/new/review", **form)
    page = mapper.post("/sources/new/write", **controls(change))

    assert "The files of table Bills are read." in words(change)
    assert "DocType takes doc_type, Sum takes total and Paid takes date." in words(change)
    assert '+Paid = { finding = "date", write_at = 0.9 }' in html.unescape(change)
    assert "https://a.caspio.com" not in change
    assert "The settings were written." in words(page)
    assert written(office)[-1] == {
        "name": "bills",
        "table": "Bills",
        "columns": {
            "DocType": "doc_type",
            "Sum": "total",
            "Paid": {"finding": "date", "write_at": 0.9},
        },
    }
    assert "bills" in office.site.settings.specs()
    trail = office.world.ledger.users.audit_trail(subject="bills")
    assert [entry.action for entry in trail] == ["map source"]


def test_nothing_is_created_without_agreement(mapper: Browser, office: Office):
    """Columns are created at Caspio only when a user has agreed, and before the settings name them."""
    form = controls(mapper.get(NEW)) | {"new:0": "Vat", "takes:0": "tax"}
    change = mapper.post("/sources/new/review", **form)
    asked = mapper.post("/sources/new/write", **controls(change))
    before = len(written(office))
    done = mapper.post("/sources/new/write", **controls(asked), agreed="yes")

    assert "Vat (CURRENCY)" in words(change)
    assert "Agree to what is created" in words(asked)
    assert before == 2
    assert "The settings were written." in words(done)
    assert office.site.looks.created == [MissingColumn("Vat", "CURRENCY", "tax")]  # type: ignore[attr-defined]
    assert written(office)[-1]["columns"]["Vat"] == "tax"  # type: ignore[index]


def test_a_column_that_is_refused_writes_nothing(mapper: Browser, office: Office):
    """Where Caspio does not create a column, the settings do not name it."""
    office.site.looks.refuses = "Bills: no rights"  # type: ignore[attr-defined]
    form = controls(mapper.get(NEW)) | {"new:0": "Vat", "takes:0": "tax"}
    page = save(mapper, "/sources/new", form, agreed="yes")

    assert "Bills: no rights. The settings were not written." in words(page)
    assert len(written(office)) == 2


def test_a_file_that_changed_since_is_shown_again(mapper: Browser, office: Office):
    """Somebody else's edit is not overwritten: the change is shown again, and can then be written."""
    change = mapper.post("/sources/new/review", **controls(mapper.get(NEW)))
    with office.site.config.open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    refused = mapper.post("/sources/new/write", **controls(change))
    between = len(written(office))
    mapper.post("/sources/new/write", **controls(refused))

    assert "has changed since it was shown" in words(refused)
    assert between == 2
    assert len(written(office)) == 3
    assert "# edited" in office.site.config.read_text(encoding="utf-8")


def test_a_change_that_is_not_written_is_recorded_as_such(
    mapper: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
):
    """The audit does not end with a change that never happened."""

    def refuse(*_: object, **__: object) -> None:
        raise BadSettings(["The disk is full."])

    monkeypatch.setattr("flows.web.mapping.saving.replace_settings", refuse)
    change = mapper.post("/sources/new/review", **controls(mapper.get(NEW)))
    page = mapper.post("/sources/new/write", **controls(change))

    latest, before, *_ = office.world.ledger.users.audit_trail(subject="bills")
    assert "The disk is full." in words(page)
    assert (latest.action, latest.detail) == ("fail to map source", "The disk is full.")
    assert before.action == "map source"


def test_a_source_is_changed_where_it_is(mapper: Browser, office: Office):
    """An existing source opens with what it has; what the page does not show stays, and so do comments."""
    save(mapper, "/sources/new", controls(mapper.get(NEW)))
    text = office.site.config.read_text(encoding="utf-8")
    text = text.replace('Sum = "total"', 'Sum = "total" # checked by Ben')
    office.site.config.write_text(
        text.replace('table = "Bills"', 'table = "Bills"\nmax_writes = 3'), encoding="utf-8"
    )
    form = controls(mapper.get("/sources/bills"))
    nothing = mapper.post("/sources/bills/review", **form)
    page = save(mapper, "/sources/bills", form | {"where": "Ready = 1", "finding:DocType": ""})

    assert "Nothing has changed." in words(nothing)
    assert "The settings were written." in words(page)
    assert written(office)[-1] == {
        "name": "bills",
        "table": "Bills",
        "max_writes": 3,
        "where": "Ready = 1",
        "columns": {"Sum": "total"},
    }
    assert "# checked by Ben" in office.site.config.read_text(encoding="utf-8")


def test_a_source_is_paused_resumed_and_removed(mapper: Browser, office: Office):
    """Each is a change of the settings that is shown first; the last source cannot be removed."""
    done = []
    for does in ("pause", "resume", "remove"):
        change = mapper.post("/sources/mail/change", does=does)
        page = mapper.post("/sources/mail/write", **controls(change))
        done.append((words(page).partition("done ")[2][:14], sorted(office.site.settings.paused())))
    last = mapper.post("/sources/receipts/change", status=409, does="remove")

    assert done == [("The source is ", ["mail"]), ("The source is ", []), ("The source was", [])]
    assert [one["name"] for one in written(office)] == ["receipts"]
    assert "This is the last source" in words(last)


def test_the_last_source_beside_a_sync_can_be_removed(mapper: Browser, office: Office):
    """The settings still have something to run, and load without a source."""
    config = office.site.config
    text = config.read_text(encoding="utf-8").partition('[[sources]]\nname = "mail"')[0]
    config.write_text(text + SYNC, encoding="utf-8")
    change = mapper.post("/sources/receipts/change", does="remove")
    mapper.post("/sources/receipts/write", **controls(change))

    assert [sync.name for sync in office.site.settings.sync] == ["orders"]
    assert not office.site.settings.sources


def test_a_folder_gets_an_index_table(mapper: Browser, office: Office):
    """The table that takes the values of a folder's files is created with the columns that are agreed to."""
    mapper.post("/sources/new/read", folder="/In", to="")
    office.site.jobs.wait()
    form = controls(mapper.get("/sources/new?folder=/In"))
    change = mapper.post("/sources/new/review", **form)
    page = mapper.post("/sources/new/write", **controls(change), agreed="yes")

    assert "The table FileIndex is created" in words(change)
    assert "The settings were written." in words(page)
    assert written(office)[-1]["index"] == {"table": "FileIndex", "path_column": "Path"} or written(
        office
    )[-1]["index"] == {"table": "FileIndex"}


def test_a_folder_that_a_source_has_already_is_said(mapper: Browser, office: Office):
    """It can be mapped a second time, and nobody does so without knowing."""
    mapper.post("/sources/new/read", folder="/In", to="")
    office.site.jobs.wait()
    form = controls(mapper.get("/sources/new?folder=/In"))
    once = mapper.post("/sources/new/check", **form)
    change = mapper.post("/sources/new/review", **form)
    mapper.post("/sources/new/write", **controls(change), agreed="yes")
    mapper.post("/sources/new/read", folder="/In", to="")
    office.site.jobs.wait()
    twice = mapper.post("/sources/new/check", **form | {"name": "again"})

    assert "both read the files of" not in words(once)
    assert "both read the files of /In" in words(twice)


def test_the_first_records_are_planned_from_the_page(mapper: Browser, office: Office):
    """The plan reads and archives, writes nothing, and is the one that the plans' page applies."""
    office.world.receipt("1", "doc_type=receipt\ntotal=12.50")
    mapper.post("/sources/receipts/plan")
    office.site.jobs.wait()
    page = mapper.get("/sources/receipts/saved")
    (address,) = re.findall(r'href="(/plans/[^"]+)"', page)

    assert "1 record would change" in words(page)
    assert "Total : empty → 12.5" in words(mapper.get(address))
    assert office.world.caspio.tables["Receipts"]["1"]["Total"] is None


def test_who_has_taken_the_settings_is_shown(mapper: Browser, office: Office):
    """What a `serve` has recorded about this very file is on the page, also why it could not."""
    digest, users = office.site.live.digest, office.world.ledger.users
    before = words(mapper.get("/sources"))
    users.record_audit(AuditEntry(User("serve at a", Role.ADMIN), REFUSED, digest, "no pool"))
    users.record_audit(AuditEntry(User("serve at b", Role.ADMIN), TAKEN, digest))
    users.record_audit(AuditEntry(User("serve at c", Role.ADMIN), TAKEN, "another"))
    text = words(mapper.get("/sources"))

    assert "No serve has taken them" in before
    assert "not taken serve at a" in text
    assert ": no pool" in text
    assert "taken serve at b" in text
    assert "serve at c" not in text


def test_settings_that_do_not_load_are_said(mapper: Browser, office: Office):
    """A file that somebody is editing leaves the page as it was, and says what is wrong."""
    good = office.site.config.read_text(encoding="utf-8")
    office.site.config.write_text("[caspio", encoding="utf-8")
    broken = words(mapper.get("/sources"))
    office.site.config.write_text(good, encoding="utf-8")

    assert "does not load" in broken
    assert "receipts" in broken
    assert "does not load" not in words(mapper.get("/sources"))


def test_only_mappers_and_admins_map(office: Office):
    """To everybody else the addresses do not exist, and no link leads there."""
    reviewer, admin = office.signed_in(), office.signed_in(Role.ADMIN)
    for path in ("/sources", "/sources/new", "/sources/receipts", "/sources/receipts/saved"):
        reviewer.get(path, status=404)
    for path in ("new/look", "new/read", "new/check", "new/review", "new/write"):
        reviewer.post(f"/sources/{path}", status=404)
    for does in ("read", "check", "review", "write", "change", "plan"):
        reviewer.post(f"/sources/receipts/{does}", status=404)

    assert "/sources" not in reviewer.get("/")
    assert "/sources" in admin.get("/")


def test_what_does_not_exist_is_not_found(mapper: Browser):
    """Sources and places that there are not; a place that was not looked at offers to."""
    mapper.get("/sources/nobody", status=404)
    mapper.post("/sources/nobody/write", status=404, does="pause")
    mapper.post("/sources/receipts/change", status=404, does="delete")
    mapper.post("/sources/new/read", status=404)
    mapper.post("/sources/new/check", status=404)

    assert "Look at it" in words(mapper.get("/sources/receipts"))
    assert "Look at it" in words(mapper.post("/sources/receipts/write"))
    assert "changed with an editor" in words(mapper.get("/sources/mail", status=409))


def test_hostile_names_and_values_stay_text(mapper: Browser, office: Office):
    """Whatever tables, columns and files are called, it is text on every page and in the settings."""
    form = controls(mapper.get(NEW)) | {
        f"finding:{BAD_NAME}": "label:",
        f"label:{BAD_NAME}": BAD_NAME,
    }
    pages = [mapper.get("/sources/new"), mapper.get(NEW)]
    pages.append(
        mapper.post("/sources/new/check", **form | {"where": BAD_NAME, "rename": BAD_NAME})
    )
    pages.append(mapper.post("/sources/new/review", **form))
    pages.append(mapper.post("/sources/new/write", **controls(pages[-1])))
    pages.append(mapper.get(f"/sources/new?table={html.escape('<script>alert(1)')}"))
    pages.append(mapper.get("/sources"))

    assert not any("<script>alert" in page for page in pages)
    assert BAD_NAME in written(office)[-1]["columns"]  # type: ignore[operator]


def test_no_secret_of_the_file_is_shown(mapper: Browser, office: Office):
    """The address of a ledger has a password, and is beside the sources."""
    text = office.site.config.read_text(encoding="utf-8")
    hidden = '[ledger]\nurl = "postgresql+psycopg://me:h1dden@db/x"\n[[sources]]'
    config: Path = office.site.config
    config.write_text(text.replace("[[sources]]", hidden, 1), encoding="utf-8")
    change = mapper.post("/sources/new/review", **controls(mapper.get(NEW)))
    removal = mapper.post("/sources/mail/change", does="remove")

    assert "h1dden" not in change + removal


def test_a_request_from_elsewhere_changes_nothing(mapper: Browser, office: Office):
    """Another site cannot have a mapper's browser write the settings."""
    forged = {**SAME_SITE, "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    answer = mapper.client.post("/sources/mail/write", data={"does": "pause"}, headers=forged)

    assert answer.status_code == 403
    assert not office.site.settings.paused()
