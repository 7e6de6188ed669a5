"""The overview."""

import hashlib
import re
import threading
from dataclasses import replace

from flows.doctor.check import Check
from flows.web.health import KEPT, once_ready
from flows.web.render import subject_address
from pipeline.metering.budget import Priority
from pipeline.model import SourceSpec
from pipeline.model.learning import LearnedModel
from pipeline.model.users import Role
from pipeline.ports.ledger.files import Acknowledgement
from pipeline.source_run.leases import leased_worker
from tests.unit.web.conftest import HOSTILE, SYNC, Office, form_of, words


def test_sources_are_counted_by_state(office: Office):
    """Each source of the settings has a row, also without documents; one that only the ledger knows is marked."""
    office.world.receipt("1", "doc_type=receipt\ntotal=12.50")
    office.world.receipt("2", "!")
    office.world.run()
    office.world.caspio.files["/Old/a.txt"] = b"doc_type=letter"
    office.world.run(SourceSpec("former", folder="/Old"))

    text = words(office.signed_in().get("/"))

    assert "receipts Receipts 2 1" in text
    assert "mail /Mail 0" in text
    assert "former not in the settings" in text


def test_calls_of_today_and_the_month_stand_beside_the_budget(office: Office):
    """Calls are those of the account, and what is left is what new files may use."""
    usage = office.world.ledger.usage
    usage.spend("a.caspio.com", "new", calls=100, size_bytes=0)
    office.world.clock.advance(86_400)
    usage.spend("a.caspio.com", "new", calls=7, size_bytes=0)

    text = words(office.signed_in().get("/"))

    left = office.site.settings.caspio.allowance.left(Priority.NEW, 107)
    assert f"Today 7 This month 107 Budget of the month 1,000 Left for new files {left}" in text


def test_what_needs_a_user_comes_with_its_reason(office: Office):
    """A rejected document is listed with where it is and why, whatever its name."""
    office.world.receipt("1", "!", name="broken.txt")
    office.world.run()

    text = words(office.signed_in().get("/"))

    assert "1 document needs somebody" in text
    assert "rejected broken.txt receipts · Receipts record 1 field Scan damaged:" in text


def test_what_was_done_in_part_is_counted_apart(office: Office):
    """As `status` has it: two counts, each with its documents, and only one of them makes a run red."""
    office.world.receipt("1", "!", name="broken.txt")
    office.world.receipt("2", "doc_type=receipt", name="half.txt")
    office.world.run(replace(office.spec, rename="{{ company }} {{ doc_type }}"))

    needs, _, in_part = words(office.signed_in().get("/")).partition("Done in part")

    assert "1 document needs somebody" in needs
    assert "broken.txt" in needs
    assert "half.txt" not in needs
    assert "1 document was done in part" in in_part
    assert "half.txt receipts" in in_part


def test_what_is_acknowledged_is_only_counted(office: Office):
    """A document that a user knows about is not listed again."""
    office.world.receipt("1", "!", name="broken.txt")
    office.world.run()
    (state,) = office.world.ledger.files.states()
    said = Acknowledgement("Ana", "it was a test", office.world.clock.now())
    office.world.ledger.files.acknowledge([state.version], said)

    text = words(office.signed_in().get("/"))

    assert "No document needs anybody. 1 more are acknowledged" in text
    assert "broken.txt" not in text


def test_nothing_to_do_is_said(office: Office):
    """Without documents and runs each part says so."""
    text = words(office.signed_in().get("/"))

    assert "No document needs anybody." in text
    assert "Nothing has run yet." in text


def test_each_state_has_one_column(office: Office):
    """What was only planned is counted once, under one heading."""
    office.world.receipt("1", "doc_type=receipt\ntotal=12.50")
    office.world.run(plan_only=True)

    assert "Documents planned receipts Receipts 1 1 mail" in words(office.signed_in().get("/"))


def test_runs_are_listed(office: Office):
    """The last runs have kind, sources, state, documents and calls."""
    office.world.ledger.usage.start_run("run-9", "ingest", ["receipts", "mail"])
    office.world.ledger.usage.finish_run(
        "run-9", "done", counts={"done": 3}, calls={"GET /x": 5}, values={}
    )

    assert "ingest receipts, mail done 3 done 5 run-9" in words(office.signed_in().get("/"))


def test_a_run_says_what_its_figures_mean(office: Office):
    """One that runs counts at its end; one that planned wrote nothing; an old failure is named."""
    usage = office.world.ledger.usage
    usage.start_run("run-1", "ingest", ["receipts"])
    done = {"done": 24, "failed": 0}
    usage.finish_run("run-1", "done", counts=done, calls={}, values={"written": 0, "planned": 9})
    usage.start_run("run-2", "ingest", ["receipts"])
    usage.finish_run("run-2", "partly failed", counts=done, calls={}, values={"written": 9})
    usage.start_run("run-3", "ingest", ["receipts"])
    usage.finish_run("run-3", "partly failed", counts={"failed": 1}, calls={}, values={})

    text = words(office.signed_in().get("/"))

    assert "done 24 done planned 0 run-1" in text
    assert "partly failed 24 done · some of earlier runs still need a user 0 run-2" in text
    assert "partly failed 1 failed 0 run-3" in text


def test_a_run_that_runs_has_no_figures_yet(office: Office):
    """Nothing is counted before its end, so "none" and 0 calls would be wrong."""
    with leased_worker(office.world.ledger, "run-9"):
        office.world.ledger.usage.start_run("run-9", "review")
        text = words(office.signed_in().get("/"))

    assert "review running counted at its end run-9" in text


def test_what_a_run_has_written_so_far_is_said(office: Office):
    """A review ends with the page: until then, for how many files it has written is counted."""
    path = office.suggest()
    browser = office.signed_in()
    decide = form_of(browser.get(path), "/decide")
    browser.post(f"{path}/decide", choice="accept", **decide)
    text = words(browser.get("/"))
    run = words(browser.get(f"/runs/{office.site.desk.run_id}"))

    assert "documents and calls are counted at its end" in run
    assert "running 1 file written for so far; the rest is counted at its end" in text


def test_hostile_names_and_texts_stay_text(office: Office):
    """What a document or an uploader calls itself is shown as text, never as markup."""
    office.world.receipt("1", "!", name=HOSTILE)
    office.world.run()
    office.checks.append(Check(HOSTILE, ok=False, detail=HOSTILE * 10_000, remedy=HOSTILE))
    browser = office.signed_in(name=HOSTILE)
    browser.get("/")
    office.site.health.wait()

    page = browser.get("/")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert len(page) < 60_000


def test_health_is_examined_in_the_background_and_kept(office: Office):
    """The first visit does not wait; later ones show the same checks until they are old."""
    office.checks += [
        Check("ledger", ok=True, detail="fine"),
        Check("archive", ok=False, detail="full", remedy="Make room."),
    ]
    gate = threading.Event()

    def examine() -> list[Check]:
        gate.wait(60)
        return list(office.checks)

    office.site.health.examine = examine
    browser = office.signed_in(Role.MAPPER)
    first = words(browser.get("/"))
    gate.set()
    office.site.health.wait()
    second = words(browser.get("/"))
    office.checks.clear()
    third = words(browser.get("/"))
    office.world.clock.advance(KEPT.total_seconds())
    office.signed_in().get("/")
    office.site.health.wait()
    fourth = words(office.signed_in().get("/"))

    assert "is being examined" in first
    assert "failed archive full Make room." in second
    assert "failed archive" in third
    assert "All 0 checks succeeded" in fourth


def test_an_examination_waits_for_what_it_would_find_missing(office: Office):
    """Beside `serve`, deployments are missing until they are registered: no red says so meanwhile."""
    office.checks.append(Check("deployments", ok=False, detail="none", remedy="Run `serve` again."))
    health, ready, begun = office.site.health, threading.Event(), list[str]()

    def examine() -> list[Check]:
        begun.append("checks")
        return list(office.checks)

    health.examine = once_ready(ready, examine)
    browser = office.signed_in(Role.MAPPER)
    early, too_early = words(browser.get("/")), list(begun)
    ready.set()
    health.wait()
    ready.clear()
    browser.post("/examine")
    page = browser.get("/")
    ready.set()
    health.wait()

    assert "is being examined" in early
    assert too_early == []
    assert "Run <code>serve</code> again." in page
    assert "It is being examined again" in words(page)


def test_a_mapper_has_it_examined_again(office: Office):
    """The button begins another examination, and who pressed it is recorded."""
    browser = office.signed_in(Role.MAPPER)
    browser.get("/")
    office.site.health.wait()
    office.checks.append(Check("ledger", ok=True, detail="fine"))
    browser.post("/examine")
    office.site.health.wait()

    assert "All 1 checks succeeded" in words(browser.get("/"))
    assert office.world.ledger.users.audit_trail()[0].action == "examine"


def test_only_an_admin_sees_what_everybody_did(office: Office):
    """The audit trail lists who did what; for others it does not exist."""
    office.signed_in(Role.MAPPER, name="Ana").post("/examine")
    admin, mapper = office.signed_in(Role.ADMIN, name="Bob"), office.signed_in(Role.MAPPER)

    assert "Ana mapper examine installation" in words(admin.get("/audit"))
    assert 'href="/audit"' in admin.get("/")
    assert "/audit" not in mapper.get("/")
    mapper.get("/audit", status=404)


def test_the_audit_leads_to_what_was_done(office: Office):
    """A review and a run are links; what has no page is a word."""
    path = office.suggest()
    office.signed_in().post(f"{path}/postpone", until="2026-03-16")
    office.signed_in(Role.MAPPER).post("/examine")

    page = office.signed_in(Role.ADMIN).get("/audit")

    assert f'<a href="{path}">' in page
    assert 'What">installation<' in page
    assert subject_address("undo run", "run-1") == "/runs/run-1"


def test_a_failing_examination_is_shown(office: Office):
    """A check that raises does not end the page: it says that the examination failed."""

    def fail() -> list[Check]:
        raise RuntimeError("secret")

    office.site.health.examine = fail
    browser = office.signed_in()
    browser.get("/")
    office.site.health.wait()
    text = words(browser.get("/"))

    assert "the examination ended with RuntimeError" in text
    assert "secret" not in text


def test_what_is_learned_is_said_by_column(office: Office):
    """A source of which nothing is learned is left out; of others each column has a sentence."""
    assert "Learned from filled records" not in words(office.signed_in().get("/"))
    digest, now = hashlib.sha256(b"{}").hexdigest(), office.world.clock.now()
    model = LearnedModel("receipts", "Total", "{}", digest, now, 40, "examples")
    office.world.ledger.learning.save_model(model)

    text = words(office.signed_in().get("/"))

    assert "Learned from filled records receipts DocType: nothing is learned yet" in text
    assert '"Read" is a value on the page' in text
    assert (
        "Total: learned from 40 records; not compared with what people typed yet; 149 more" in text
    )


def test_the_overview_leads_to_the_review(office: Office):
    """It says how many records wait for a decision, and where."""
    nothing = words(office.signed_in().get("/"))
    office.suggest("1")
    shown = office.signed_in().get("/")

    assert "for a decision on what was read" not in nothing
    assert "1 record waits for a decision on what was read. Review it" in words(shown)
    assert 'href="/review">Review it' in shown


def test_changed_settings_are_examined_again(office: Office):
    """What was wrong with the settings before they were changed is not shown any more."""
    office.checks.append(Check("settings", ok=False, detail="sources is missing"))
    browser = office.signed_in()
    browser.get("/")
    office.site.health.wait()
    before = words(browser.get("/"))
    config = office.site.config
    config.write_text(config.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    after = words(browser.get("/"))

    assert "sources is missing" in before
    assert "sources is missing" not in after
    assert "is being examined" in after


def test_an_installation_without_a_source_leads_to_the_first_one(office: Office):
    """A mapper finds the button; the page does not call the settings wrong."""
    office.checks.append(Check("settings", ok=False, detail="sources is missing"))
    config = office.site.config
    text = config.read_text(encoding="utf-8").partition("[[sources]]")[0]
    config.write_text(text, encoding="utf-8")
    mapper = office.signed_in(Role.MAPPER).get("/")
    reviewer = office.signed_in().get("/")
    office.site.health.wait()

    assert 'href="/sources/new">Map a first source' in mapper
    assert "There is no source yet." in reviewer
    assert "/sources/new" not in reviewer
    assert "sources is missing" not in office.signed_in().get("/")
    assert "There is no source yet, and so no record." in office.signed_in().get("/records")


def test_an_installation_with_a_sync_alone_is_examined(office: Office):
    """It has something to run: the sync is named, and the checks are shown without a source."""
    office.checks.append(Check("credentials", ok=False, detail="the secret is wrong"))
    config = office.site.config
    text = config.read_text(encoding="utf-8").partition("[[sources]]")[0]
    config.write_text(text + SYNC, encoding="utf-8")
    browser = office.signed_in(Role.MAPPER)
    browser.get("/")
    office.site.health.wait()
    page = browser.get("/")

    assert "The settings have a sync: orders." in words(page)
    assert "the secret is wrong" in page
    assert 'action="/examine"' in page


def test_a_mapper_is_led_to_the_button_that_plans(office: Office):
    """One click away, for each source, without a look at its documents; others see no such link."""
    page = office.signed_in(Role.MAPPER).get("/plans")
    (address,) = re.findall(r'href="(/sources/receipts/saved)"', page)

    assert "Plan receipts" in words(page)
    assert "Plan the first" in office.signed_in(Role.MAPPER).get(address)
    assert "/saved" not in office.signed_in().get("/plans")
