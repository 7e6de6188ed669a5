"""The web page in a real browser: by keyboard alone, without JavaScript, on a small screen, and for everybody."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from flows.app.drain import Drain
from flows.http.server import Running, listening, server_of
from flows.web.app import create_app
from flows.web.serve import origins_of
from pipeline.model import Finding, Findings, ReadStatus
from pipeline.model.users import Role, User
from pipeline.source_run.checks import remember_types
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.browser import PROGRAM, Page, browser
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import (
    HOSTILE,
    SAME_SITE,
    SETTINGS,
    FakePageReader,
    Office,
    form_of,
    load,
    opened,
)
from tests.unit.web.review.test_document import found, read_as
from tests.unit.web.test_plans import planned

pytestmark = pytest.mark.integration

AXE = (Path(__file__).parents[1] / "resources/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class DrawingReader(FakePageReader):
    """Draws pages that a browser can show."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:  # noqa: ARG002 - the reader's
        """Draw a sheet with the number of the page on it."""
        picture = Image.new("RGB", (595, 842), "white")
        ImageDraw.Draw(picture).text((50, 100), f"TOTAL 12.50 on page {name}", fill="black")
        drawn = io.BytesIO()
        picture.save(drawn, "WEBP")
        (work_dir / "thumbnail.webp").write_bytes(drawn.getvalue())
        derived = {"thumbnail.webp": work_dir / "thumbnail.webp"}
        return Findings("image/png", ReadStatus.OK, Finding(None, 0.0, ""), derived=derived)


@dataclass
class Served:
    """The page at an address, and a tab before it."""

    office: Office
    page: Page
    url: str

    def sign_in(self, role: Role = Role.REVIEWER, name: str = "Ana") -> None:
        """Sign in as a user does: by the link, and its button."""
        self.page.send("Network.clearBrowserCookies")
        self.page.open(f"{self.url}/login?link={self.office.site.sessions.link(User(name, role))}")
        self.page.click("Sign in", role="button")
        self.page.see("Overview", "Sources")

    def open(self, path: str) -> None:
        """Open a page of the site."""
        self.page.open(self.url + path)

    def at_work(self) -> None:
        """Wait until the page has put the focus where work begins."""
        self.page.wait(
            "!!document.activeElement?.closest('.field.open')", "the focus on a value that waits"
        )

    def total(self, pk: str) -> object:
        """Return what a record holds."""
        return self.office.world.record(pk)["Total"]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tab: Page) -> Iterator[Served]:
    """The page over an account with receipts, served on this machine."""
    world = World(tmp_path)
    world.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    with (
        opened(world, load(tmp_path, monkeypatch, SETTINGS)) as office,
        listening("127.0.0.1:0", what="The page") as door,
    ):
        office.site.pictures.open_reader = DrawingReader
        address = "{}:{}".format(*door.getsockname()[:2])
        app = create_app(office.site, origins=origins_of(address, None))
        running = Running(server_of(app, connections=50), door, Drain(), name="web page")
        read_as(office, pages=3, total=found("12.50"))
        with running.running():
            tab.errors.clear()
            tab.send("Emulation.setScriptExecutionDisabled", value=False)
            tab.size(1400, 1000)
            yield Served(office, tab, f"http://{address}")
            tab.open("about:blank")  # open connections would keep the server


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """One tab for all tests."""
    if PROGRAM is None:
        skip_or_fail(MissingProgram("Chromium is not installed: apt-get install chromium."))
    with browser() as page:
        yield page


def test_documents_are_reviewed_by_keyboard_alone(served: Served):
    """From the queue on, Enter accepts and goes on, and every other decision has its key; no page complains."""
    page, pks = served.page, [str(number) for number in range(1, 21)]
    for pk in pks:
        served.office.suggest(pk)
    served.sign_in()
    served.open("/review")
    page.see("20 records wait")
    began_s = time.monotonic()
    page.key("Enter")  # the riskiest
    for number in range(18):
        served.at_work()
        page.key("Enter")  # accept
        page.see("0 values wait", "was accepted and written")
        if number == 0:
            page.key("u")
            page.see("1 value waits", "waits for a decision again")
            served.at_work()
            page.key("Enter")
            page.see("was accepted and written")
        page.key("Enter")  # the next one: the focus is on its button
    served.at_work()
    for key, name in (("]", "2"), ("]", "3"), ("[", "2")):
        page.key(key)
        page.see(f"Page {name} of 3")
        served.at_work()
    page.key("+")
    page.wait("!!document.querySelector('.sheet.zoom-2')", "a larger picture")
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
    assert totals == sorted(["12.5"] * 18 + ["7.0", "99.0"])
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
    page.key("k")
    first = page.run("document.activeElement.id")
    page.key("x")
    page.see("was rejected")
    focus = page.run("document.activeElement.id")
    said = page.run("document.getElementById('said').textContent")
    page.key("Enter")
    page.see("0 values wait")

    assert first != second
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
    page.see("Total was 99.0 and is 50.0", "12.5 was read")
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
    page.wait("!!document.querySelector('.sheet.zoom-2')", "a larger picture")
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


def _place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the document's page, in points, is in the window."""
    at = (
        f"new DOMPoint({x}, {y}).matrixTransform(document.querySelector('.sheet g').getScreenCTM())"
    )
    return page.run(f"(p => [p.x, p.y])({at})")


def _draw(page: Page, *places: tuple[float, float]) -> None:
    """Press the mouse at the first place of the document's page, and let go at the last."""
    kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 2), "mouseReleased"]
    for kind, (x, y) in zip(kinds, [_place(page, *place) for place in places], strict=True):
        page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_click_or_a_box_takes_the_text_of_the_page(served: Served, turn: int):
    """The word under the mouse, or the words in a box, are typed into the value at work, however the page is turned."""
    page, office = served.page, served.office
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    served.sign_in()
    page.size(1400, 2400)  # all of the page is in sight
    served.open(f"{path}?turn={turn}")
    served.at_work()
    _draw(page, (75.0, 65.0), (75.0, 65.0))
    page.wait("document.activeElement.name === 'text'", "the field with the text")
    taken = page.run("[document.activeElement.value, document.activeElement.form.dataset.column]")
    page.key("Escape")
    _draw(page, (55.0, 15.0), (100.0, 20.0), (190.0, 35.0))
    page.wait(
        "document.getElementById('said').textContent.includes('2026')", "the words in the box"
    )
    drawn = page.run("document.activeElement.value")

    assert taken == ["1234.56", "Total"]
    assert drawn == "31 March 2026"  # no amount: the page says so
    assert page.errors == []


def test_two_reviewers_do_not_decide_the_same(served: Served):
    """What one reviews is shown as claimed to the other, who gets the next record, or takes it over; then the first decides nothing more there."""
    page = served.page
    paths = {served.office.suggest(pk) for pk in "12"}
    bob = served.office.signed_in(name="Bob")
    at_bobs = bob.post("/review/next")
    theirs = next(path for path in paths if f'action="{path}/decide"' in at_bobs)
    served.sign_in()
    served.open("/review")
    page.see("claimed by Bob")
    page.key("Enter")
    served.at_work()
    mine = page.run("location.pathname")
    served.open(theirs)
    page.see("Bob is reviewing this until")
    page.click("Take over", role="button")
    served.at_work()
    form = form_of(at_bobs, "/decide") | {"choice": "accept"}
    refused = bob.client.post(f"{theirs}/decide", data=form, headers=SAME_SITE)
    page.key("Enter")
    page.see("was accepted and written")

    assert {mine} == paths - {theirs}
    assert refused.status_code == 409
    assert "Ana is reviewing this" in refused.text
    assert sorted(str(served.total(pk)) for pk in "12") == ["12.5", "99.0"]


def test_a_file_that_is_replaced_meanwhile_is_looked_at_again(served: Served):
    """If another file takes the place while somebody looks, the old value is not written; the page asks to load the new one."""
    page = served.page
    path = served.office.suggest()
    served.sign_in()
    served.open(path)
    served.at_work()
    stored = served.office.world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=13", "2026-05-05"
    read_as(served.office, total=found("13.00"))
    served.office.world.run(served.office.spec)
    page.key("Enter")
    page.see("has changed since the page was loaded")
    kept = served.total("1")
    served.open(path)
    served.at_work()
    page.key("Enter")
    page.see("was accepted and written")

    assert kept == 99.0
    assert served.total("1") == 13.0


def test_a_column_is_accepted_row_by_row(served: Served):
    """In the table a row is left out, the others are written, and the page says so by itself."""
    page = served.page
    for pk in "123":
        served.office.suggest(pk)
    served.sign_in()
    served.open("/review/table?column=Total")
    page.press("input[name=leave]")
    page.click("Accept these rows, without those left out", role="button")
    page.see("2 of 2 written.")

    assert sorted(str(served.total(pk)) for pk in "123") == ["12.5", "12.5", "99.0"]
    assert page.errors == []


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
