"""The web page in a real browser: by keyboard alone, without JavaScript, on a small screen, and for everybody."""

import json
import time
from pathlib import Path

import pytest

from pipeline.model.users import Role, User
from tests.flows.web.browsed import Served
from tests.unit.web.conftest import HOSTILE
from tests.unit.web.test_plans import planned

pytestmark = pytest.mark.integration

AXE = (Path(__file__).parents[1] / "resources/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("records", [6, pytest.param(20, marks=pytest.mark.full)])
def test_documents_are_reviewed_by_keyboard_alone(served: Served, records: int):
    """From the queue on, Enter accepts and goes on, and every other decision has its key; no page complains."""
    page, pks = served.page, [str(number) for number in range(1, records + 1)]
    for pk in pks:
        served.office.suggest(pk)
    served.sign_in()
    served.open("/review")
    page.see(f"{records} records wait")
    began_s = time.monotonic()
    page.key("Enter")  # the riskiest
    for number in range(records - 2):
        served.at_work()
        page.key("Enter")  # accept
        page.see("0 values wait", "was accepted and written")
        if number == 0:
            page.key("u")
            page.see("1 value waits", "waits for a decision again")
            served.at_work()
            page.key("Enter")
            page.see("was accepted and written")
        page.wait(
            "document.activeElement?.textContent.trim() === 'Review the next record'",
            "the focus on the button of the next record",
        )
        page.key("Enter")
    served.at_work()
    for key, name in (("]", "2"), ("]", "3"), ("[", "2")):
        page.key(key)
        page.see(f"Page {name} of 3")
        served.at_work()
    page.key("+")
    page.wait("!!document.querySelector('.page.zoom-2')", "a larger picture")
    page.key("e")
    page.wait("document.activeElement.name === 'text'", "the field to type in")
    page.type("7")
    page.key("Enter")
    page.see("was corrected and written")
    page.key("s")
    served.at_work()
    page.key("n")
    page.see("is not in the document")

    rate = 60 * len(pks) / (time.monotonic() - began_s)
    print(f"\nby keyboard: {rate:.0f} documents a minute")  # noqa: T201 - for who runs it with -s

    totals = sorted(str(served.total(pk)) for pk in pks)
    assert totals == sorted(["12.5"] * (records - 2) + ["7.0", "99.0"])
    assert page.errors == []
    assert page.outside == set()


def test_after_a_decision_the_focus_is_where_work_goes_on(served: Served):
    """The focus moves to the next value that waits, then to the next record; what happened is announced."""
    page = served.page
    path = served.office.suggest(DocType="typed")
    served.sign_in()
    served.open(path)
    served.at_work()
    page.key("j")
    second = page.run("document.activeElement.id")
    pointed = page.run("document.querySelector('.marks .at').textContent")
    page.size(320, 256)  # 400 % of a small window: less than a value fits
    page.key("k")
    first = page.run("document.activeElement.id")
    head = page.run("document.activeElement.getBoundingClientRect().top")
    page.key("x")
    page.see("was rejected")
    focus = page.run("document.activeElement.id")
    said = page.run("document.getElementById('said').textContent")
    page.key("Enter")
    page.see("0 values wait")

    assert first != second
    assert pointed == "1: Total"
    assert 0 <= head < 256
    assert focus == second
    assert "was rejected" in said
    assert page.run("document.activeElement.id") == "next"


def test_a_conflict_is_shown_with_both_values(served: Served):
    """If the record changes while somebody looks at it, nothing is written, and both values are there to decide again."""
    page = served.page
    path = served.office.suggest()
    served.sign_in()
    served.open(path)
    served.at_work()
    served.office.world.caspio.tables["Receipts"]["1"]["Total"] = 50.0
    page.key("Enter")
    page.see("Total was 99.00 and is 50.00", "12.50 was read")
    kept = served.total("1")
    served.at_work()
    page.key("Enter")
    page.see("was accepted and written")

    assert kept == 50.0
    assert served.total("1") == 12.5


def test_everything_works_without_javascript(served: Served):
    """With scripts off, plain forms and links review, turn pages, zoom, undo and sign out."""
    page = served.page
    served.office.suggest()
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    served.sign_in()
    served.open("/review")
    page.click("Review the riskiest", role="button")
    page.see("1 value waits")
    page.click("Next page", role="a")
    page.see("Page 2 of 3")
    page.click("Larger", role="a")
    page.wait("!!document.querySelector('.page.zoom-2')", "a larger picture")
    page.click("Accept", role="button")
    page.see("was accepted and written")
    written = served.total("1")
    page.click("Undo", role="button")
    page.see("waits for a decision again")
    page.click("Sign out", role="button")
    page.see("You are signed out")

    assert written == 12.5
    assert served.total("1") == 99.0


def test_a_session_that_ends_while_typing_loses_nothing(served: Served):
    """What was typed when the session ended is sent again after signing in, from the same tab."""
    page = served.page
    path = served.office.suggest()
    served.sign_in()
    served.open(path)
    served.at_work()
    page.key("e")
    page.wait("document.activeElement.name === 'text'", "the field to type in")
    page.type("7")
    page.send("Network.clearBrowserCookies")
    page.key("Enter")
    page.see("What you were sending is not lost")
    link = served.office.site.sessions.link(User("Ana", Role.REVIEWER))
    page.run(
        f"fetch('/login', {{method: 'POST', body: new URLSearchParams({{link: '{link}'}})}}).then(() => 1)"
    )
    page.click("Send again", role="button")
    page.see("was corrected and written")

    assert served.total("1") == 7.0


def _paths(served: Served) -> list[str]:
    served.office.world.receipt("8", "!", name=HOSTILE.replace("\x00", "").replace("\ud800", ""))
    reviews = [served.office.suggest("1"), served.office.suggest("2", DocType="typed")]
    record = "/records?source=receipts&record=2"
    plan = f"/plans/{planned(served.office, '5').id}"
    return [
        "/",
        "/review",
        "/review/table?column=Total",
        *reviews,
        "/records",
        record,
        "/plans",
        plan,
        "/audit",
        "/nothing",
    ]


@pytest.mark.parametrize("width", [360, 320])
def test_pages_fit_a_small_screen(served: Served, width: int):
    """At 360 pixels, and at the 320 that a zoom of 400 % leaves of 1,280, no page has to be scrolled sideways."""
    paths = _paths(served)
    served.sign_in(Role.ADMIN)
    served.page.size(width, 800)
    too_wide = {}
    for path in paths:
        served.open(path)
        needed = served.page.run("document.documentElement.scrollWidth")
        # A table of cards has no value out of sight, either.
        right = "[...document.querySelectorAll('.stacked :is(th, td)')].map(o => "
        right += "o.closest('thead') ? 0 : o.getBoundingClientRect().right)"
        needed = max(needed, *served.page.run(right), 0)
        if needed > width:
            too_wide[path] = needed

    assert too_wide == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation(served: Served, scheme: str):
    """axe-core finds nothing on any page, in light and in dark colors."""
    paths = _paths(served)
    served.sign_in(Role.ADMIN)
    served.page.send(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    options = json.dumps({"runOnly": {"type": "tag", "values": TAGS}})
    found_there = {}
    for path in [*paths, "/login"]:
        served.open(path)
        served.page.run(f"{AXE}; 1")
        violations = served.page.run(
            f"axe.run(document, {options}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150) + ' ' + n.failureSummary).join(' | ')))"
        )
        if violations:
            found_there[path] = violations

    assert found_there == {}
