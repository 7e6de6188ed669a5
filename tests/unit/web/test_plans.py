"""Plans on the page: what they would write, refusing records, and applying the rest."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flows.app import changes
from flows.app.changes import apply_plan
from flows.app.drain import Drain
from flows.app.plan import plan_sources
from flows.terminal.progress import progress
from pipeline.errors import BadSettings
from pipeline.model import RecordWork
from pipeline.model.users import Role, User
from pipeline.plans.apply import DueRecord
from pipeline.plans.plan_file import PlanFile
from pipeline.plans.refusals import name_of, refusals, save_refusals
from tests.unit.web.conftest import GOOD, HOSTILE, Browser, Office, connected, form_of, words


def planned(office: Office, *pks: str, folder: str = "", **values: object) -> PlanFile:
    """Plan receipts as the command does, beside the settings."""
    for pk in pks:
        office.world.receipt(pk, GOOD, **values)
    target = office.site.config.parent / folder
    target.mkdir(exist_ok=True)
    with connected(office.world, office.site.settings) as context:
        report = plan_sources(
            context,
            sources=["receipts"],
            limit=None,
            file=target / f"plan-{len(pks)}.jsonl",
            html=None,
            watch=progress(shown=False),
        )
    return report.plan


def planned_files(office: Office, *paths: str) -> PlanFile:
    """Plan files of the folder."""
    for path in paths:
        office.world.caspio.files[path] = b"doc_type=letter"
    with connected(office.world, office.site.settings) as context:
        return plan_sources(
            context,
            sources=["mail"],
            limit=None,
            file=office.site.config.parent / "plan-mail.jsonl",
            html=None,
            watch=progress(shown=False),
        ).plan


def apply(browser: Browser, plan: PlanFile, status: int = 200, **more: str | list[str]) -> str:
    """Press the button of a plan's page."""
    form = form_of(browser.get(f"/plans/{plan.id}"), "/apply")
    return browser.post(f"/plans/{plan.id}/apply", status=status, **{**form, **more})


def refuse(browser: Browser, plan: PlanFile, *names: str, status: int = 200) -> str:
    """Keep that these records of a plan are refused, and no others."""
    form = form_of(browser.get(f"/plans/{plan.id}"), "/apply")
    return browser.post(f"/plans/{plan.id}/refuse", status=status, **form, refuse=list(names))


def totals(office: Office) -> list[object]:
    """Return what the records hold, in order."""
    return [row["Total"] for _, row in sorted(office.world.caspio.tables["Receipts"].items())]


def test_plans_are_listed_with_what_they_cost(office: Office):
    """Plans beside the settings and those of the flow are listed; a file that is none says so."""
    one, two = planned(office, "1", "2"), planned(office, "3", folder="plans")
    (office.site.config.parent / "notes.jsonl").write_text("{}", encoding="utf-8")

    text = words(office.signed_in().get("/plans"))

    for plan, records in ((one, 2), (two, 3)):
        made = f"Plan for receipts, 2026-03-14 09:00 UTC {records} records · about"
        assert made in text.partition(plan.id)[0]
    assert "notes.jsonl is not a plan" in text


def test_a_plan_shows_each_record_before_anything_is_written(office: Office):
    """Each record has the values before and after with the reason; nothing is written by looking."""
    plan = planned(office, "1", DocType="typed")

    text = words(office.signed_in().get(f"/plans/{plan.id}"))

    assert "receipts · Receipts record 1 scan.txt receipt" in text
    assert 'href="#write"' in office.signed_in(Role.MAPPER).get(f"/plans/{plan.id}")
    assert "Total : empty → 12.50 99 % sure · it says so" in text
    assert "suggested DocType stays typed, receipt was read" in text
    assert totals(office) == [None]


def test_what_is_refused_stays_and_the_rest_is_applied(office: Office):
    """Refused records are left alone; the others are written exactly as planned, and the page says so."""
    plan = planned(office, "1", "2", "3")
    browser = office.signed_in(Role.MAPPER)
    apply(browser, plan, refuse=["receipts 2"])
    office.site.jobs.wait()
    page = words(browser.get(f"/plans/{plan.id}"))

    assert totals(office) == [12.5, None, 12.5]
    assert "applied 2 done, 1 refused." in page
    assert "Receipts record 1 applied" in page
    assert "Receipts record 2 scan.txt" in page
    entry = office.world.ledger.users.audit_trail()[0]
    assert (entry.action, entry.subject, entry.detail) == (
        "apply plan",
        plan.id,
        "without receipts 2",
    )


def test_refusals_are_kept_for_whoever_applies_the_plan(office: Office):
    """The command and Prefect leave them as they are, say so, and refuse to write one that is named; a user can allow it again."""
    plan = planned(office, "1", "2")
    browser = office.signed_in(Role.MAPPER)
    kept = words(refuse(browser, plan, "receipts 2"))
    with connected(office.world, office.site.settings) as context:
        with pytest.raises(BadSettings, match="Record '2' was refused by Ana"):
            apply_plan(context, plan.path, records=["2"], watch=progress(shown=False))
        report = apply_plan(context, plan.path, watch=progress(shown=False))

    assert "1 record is refused. Whoever applies this plan" in kept
    assert "refused by Ana, 2026-03-14 09:00 UTC" in kept
    assert report.document["refused"] == 1
    assert totals(office) == [12.5, None]

    refuse(browser, plan)
    with connected(office.world, office.site.settings) as context:
        apply_plan(context, plan.path, records=["2"], watch=progress(shown=False))

    assert totals(office) == [12.5, 12.5]
    actions = [entry.action for entry in office.world.ledger.users.audit_trail(subject=plan.id)]
    assert actions == ["allow record", "refuse record"]


@pytest.mark.parametrize("button", ["apply", "refuse"])
def test_a_page_from_before_takes_no_refusal_back(office: Office, button: str):
    """A user who has not seen that a record was refused does not allow it by leaving it unchecked."""
    plan = planned(office, "1", "2")
    bob = office.signed_in(Role.MAPPER, "Bob")
    form = form_of(bob.get(f"/plans/{plan.id}"), "/apply")
    refuse(office.signed_in(Role.MAPPER), plan, "receipts 1")

    page = bob.post(f"/plans/{plan.id}/{button}", status=409, **form, refuse="receipts 2")

    office.site.jobs.wait()
    assert "refused or allowed since the page was loaded" in words(page)
    assert totals(office) == [None, None]
    assert refusals(plan, office.world.ledger).keys() == {"receipts 1"}


def test_a_name_that_the_plan_lacks_is_refused(office: Office):
    """A misspelled record is not ignored: nothing is kept, and nothing is written."""
    plan = planned(office, "1")

    page = apply(office.signed_in(Role.MAPPER), plan, status=409, refuse=["receipts  1"])

    office.site.jobs.wait()
    assert "The plan has no such record" in words(page)
    assert totals(office) == [None]


@pytest.mark.parametrize("path", ["/Mail/b\nc.txt", "/Mail/b\x00c.txt", "/Mail/b\\nc.txt"])
def test_any_path_can_be_refused(office: Office, path: str):
    """A name on the page has no character that a browser or the ledger sends back changed."""
    plan = planned_files(office, path)
    browser = office.signed_in(Role.MAPPER)
    (name,) = re.findall(r'name="refuse" value="([^"]*)"', browser.get(f"/plans/{plan.id}"))

    refuse(browser, plan, name)

    assert name.isprintable()
    assert refusals(plan, office.world.ledger).keys() == {name}


def test_paths_that_differ_have_names_that_differ(office: Office):
    """A line break and its escape are two names."""
    plan = planned_files(office, "/Mail/b\nc.txt", "/Mail/b\\nc.txt")

    assert len({name_of(record) for record in plan.each()}) == 2


def test_a_record_that_is_refused_while_the_plan_is_applied_is_left_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """A user's word counts until the record is due, whoever applies the plan."""
    plan = planned(office, "1", "2")
    listed = changes.due_records

    def refused_meanwhile(*given: Any, **more: Any) -> Iterator[tuple[RecordWork, DueRecord]]:
        for due in listed(*given, **more):
            save_refusals(plan, ["receipts 2"], User("Ana", Role.MAPPER), office.world.ledger)
            yield due

    monkeypatch.setattr(changes, "due_records", refused_meanwhile)
    with connected(office.world, office.site.settings) as context:
        report = apply_plan(context, plan.path, watch=progress(shown=False))

    assert totals(office) == [12.5, None]
    assert report.document["refused"] == 1


def test_a_plan_that_is_being_applied_takes_no_refusal(office: Office):
    """The page promises nothing that comes too late; a double click leads to the running plan."""
    plan = planned(office, "1")
    gate = threading.Event()

    def work(_drain: Drain) -> str:
        gate.wait(60)
        return "fine"

    browser = office.signed_in(Role.MAPPER)
    form = form_of(browser.get(f"/plans/{plan.id}"), "/apply")
    office.site.jobs.begin(f"apply {plan.id}", work)
    late = browser.post(f"/plans/{plan.id}/refuse", status=409, **form, refuse="receipts 1")
    again = browser.post(f"/plans/{plan.id}/apply", **form)
    gate.set()

    assert "The plan is being applied." in words(late)
    assert "The plan is being applied since" in words(again)
    assert "Another plan" not in words(again)
    assert not refusals(plan, office.world.ledger)


def test_a_refused_record_that_a_run_has_written_is_not_called_left_alone(office: Office):
    """Only what this apply leaves as it is counts; the page shows the record as applied alone."""
    plan = planned(office, "1", "2")
    browser = office.signed_in(Role.MAPPER)
    form = form_of(browser.get(f"/plans/{plan.id}"), "/apply")
    browser.post(f"/plans/{plan.id}/refuse", **form, refuse="receipts 1")
    office.world.run(office.spec)
    with connected(office.world, office.site.settings) as context:
        report = apply_plan(context, plan.path, watch=progress(shown=False))
    page = words(browser.get(f"/plans/{plan.id}"))

    assert report.document["refused"] == 0
    assert "Receipts record 1 applied" in page
    assert "refused by" not in page


def test_a_record_that_changed_since_is_left_alone_and_said(office: Office):
    """As with the command, a record that changed since it was planned is a conflict with both values."""
    plan = planned(office, "1")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 7.0
    browser = office.signed_in(Role.MAPPER)
    apply(browser, plan)
    office.site.jobs.wait()

    assert "1 conflict" in words(browser.get(f"/plans/{plan.id}"))
    assert "Total was empty and is 7.0" in words(browser.get(f"/plans/{plan.id}"))
    assert totals(office) == [7.0]


def test_a_plan_that_was_edited_does_not_exist(office: Office):
    """A file whose seal does not fit any more cannot be opened or applied."""
    plan = planned(office, "1")
    browser = office.signed_in(Role.MAPPER)
    plan.path.write_text(
        plan.path.read_text(encoding="utf-8").replace("12.5", "13.5"), encoding="utf-8"
    )

    browser.get(f"/plans/{plan.id}", status=404)
    browser.post(f"/plans/{plan.id}/apply", status=404, seal=plan.seal)
    assert "its seal does not fit" in words(browser.get("/plans"))
    assert totals(office) == [None]


def test_a_form_without_the_seal_applies_nothing(office: Office):
    """A request that no page has sent is refused."""
    plan = planned(office, "1")
    page = office.signed_in(Role.MAPPER).post(f"/plans/{plan.id}/apply", status=409)

    assert "not the plan that was shown" in words(page)
    assert totals(office) == [None]


def test_a_reviewer_looks_and_does_not_apply(office: Office):
    """Applying needs a mapper: others see neither button nor boxes."""
    plan = planned(office, "1")
    browser = office.signed_in()
    page = browser.get(f"/plans/{plan.id}")

    assert "Apply the plan" not in page
    assert "Refuse" not in page
    browser.post(f"/plans/{plan.id}/apply", status=404, seal=plan.seal)


def test_a_long_plan_is_applied_by_the_command(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A plan with more records than anybody looks at cannot be applied by one button."""
    monkeypatch.setattr("flows.web.plans.MOST_RECORDS", 2)
    plan = planned(office, "1", "2", "3")
    browser = office.signed_in(Role.MAPPER)
    page = browser.get(f"/plans/{plan.id}")
    refused = browser.post(f"/plans/{plan.id}/apply", status=409, seal=plan.seal)

    assert "Apply the plan" not in page
    assert "caspio-ingest apply plan-3.jsonl" in words(refused)


def test_thumbnails_are_pictures_from_the_archive_only(office: Office):
    """A thumbnail is what was made when the file was read; anything else under its name is not sent."""
    planned(office, "1")
    (state,) = office.world.ledger.files.states()
    (prefix,) = {
        key.rpartition("/")[0] for key in office.world.archive.objects if key.endswith("/text.txt")
    }
    browser = office.signed_in()
    browser.get(f"/thumbnails/{state.version}.webp", status=204)
    office.world.archive.objects[f"{prefix}/thumbnail.webp"] = b"<svg onload=alert(1)>"
    browser.get(f"/thumbnails/{state.version}.webp", status=204)
    office.world.archive.objects[f"{prefix}/thumbnail.webp"] = b"RIFF....WEBPx"
    answer = browser.client.get(f"/thumbnails/{state.version}.webp")

    assert answer.headers["content-type"] == "image/webp"
    browser.get("/thumbnails/unknown.webp", status=404)


def test_hostile_plans_stay_text(office: Office):
    """Names and values of a plan are text on its page."""
    bad = HOSTILE.replace("\ud800", "").replace("\x00", "")
    office.world.receipt("1", f"doc_type={bad}\ntotal=1", name=HOSTILE)
    page = office.signed_in(Role.MAPPER).get(f"/plans/{planned(office).id}")

    assert "<script>alert" not in page
