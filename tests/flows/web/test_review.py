"""The review in a real browser: text of the page, two reviewers at once, replaced files, a column of many records."""

import time

import pytest

from pipeline.source_run.checks import remember_types
from tests.flows.web.browsed import Served
from tests.support.browser import Page
from tests.unit.web.conftest import SAME_SITE, form_of
from tests.unit.web.review.test_document import found, read_as

pytestmark = pytest.mark.integration


def _place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the document's page, in points, is in the window."""
    at = f"new DOMPoint({x}, {y}).matrixTransform(document.querySelector('.page g').getScreenCTM())"
    return page.run(f"(p => [p.x, p.y])({at})")


def _draw(page: Page, *places: tuple[float, float]) -> None:
    """Press the mouse at the first place of the document's page, and release it at the last."""
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
    problem = page.run("document.querySelector('#said.problem').getBoundingClientRect().left")

    assert taken == ["1234.56", "Total"]
    assert drawn == "31 March 2026"  # no amount: the page says so, in sight
    assert problem >= 0
    assert page.errors == []


def test_a_word_that_is_neither_yes_nor_no_chooses_nothing(served: Served):
    """Only a word that fits the column changes a choice; of another the page says that it does not fit."""
    page, office = served.page, served.office
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    served.sign_in()
    page.size(1400, 2400)
    served.open(path)
    served.at_work()
    choice = "<select name=text><option value=yes selected>Yes</option><option value=no>No</option></select>"
    page.run(f"document.querySelector('[name=text]').outerHTML = '{choice}'")
    _draw(page, (35.0, 5.0), (35.0, 5.0))
    page.see("'INVOICE' is not a number")
    kept = page.run("document.querySelector('[name=text]').value")

    assert kept == "yes"


def _kept_down(page: Page, key: str) -> None:
    """Keep a key down until it has repeated for a while."""
    enter = {"key": key, "code": key, "text": "\r", "windowsVirtualKeyCode": 13}
    page.send("Input.dispatchKeyEvent", type="keyDown", **enter)
    for _ in range(40):
        page.send("Input.dispatchKeyEvent", type="keyDown", autoRepeat=True, **enter)
        time.sleep(0.03)
    page.send("Input.dispatchKeyEvent", type="keyUp", **enter)


@pytest.mark.parametrize("before", ["", "e"])
def test_a_key_that_repeats_decides_once(served: Served, before: str):
    """Enter that repeats accepts, or writes what was typed, and neither decides nor opens what comes under it then."""
    page, paths = served.page, [served.office.suggest(pk, DocType="typed") for pk in "12"]
    served.sign_in()
    served.open(paths[0])
    served.at_work()
    if before:
        page.key(before)
        page.wait("document.activeElement.name === 'text'", "the field to type in")
    _kept_down(page, "Enter")
    page.see("1 value waits", "and written")

    records = [served.office.world.record(pk) for pk in "12"]
    changed = sum(one["DocType"] != "typed" for one in records)
    changed += sum(one["Total"] != 99.0 for one in records)
    assert changed == 1
    assert page.run("location.pathname") == paths[0]
    assert page.errors == []


def test_a_double_click_decides_once(served: Served):
    """The second click does not meet the value that has taken the place of the first."""
    page, path = served.page, served.office.suggest(DocType="typed")
    served.sign_in()
    served.open(path)
    served.at_work()
    button = "document.querySelector('.field.open button[value=accept]').getBoundingClientRect()"
    place = dict(zip("xy", page.run(f"(r => [r.x + 9, r.y + 9])({button})"), strict=True))
    click = {"button": "left", **place}
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            page.send("Input.dispatchMouseEvent", type=kind, clickCount=count, **click)
        page.see("1 value waits")
    page.settle()

    assert "1 value waits" in page.text
    assert page.errors == []


def _left_of(page: Page, text: str) -> float:
    """Return where a text begins in the window, in the first place that shows it."""
    return page.run(f"""(() => {{
      const texts = document.createTreeWalker(document.getElementById('main'), NodeFilter.SHOW_TEXT);
      for (let node; node = texts.nextNode();) {{
        const at = node.data.indexOf({text!r});
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + {len(text)});
        const shown = range.getBoundingClientRect();
        if (shown.width) return shown.left;
      }}
    }})()""")


def test_values_from_the_right_keep_their_places(served: Served):
    """Of two Arabic or Hebrew values the earlier is left of the arrow, and a figure behind one stays behind it."""
    page, office = served.page, served.office
    before, after = "\u05d7\u05e9\u05d1\u05d5\u05df", "\u0641\u0627\u062a\u0648\u0631\u0629"
    path = office.suggest(text=f"doc_type={after}\ntotal=12.50", DocType=before)
    office.suggest("2", text=f"doc_type={after}\ntotal=12.50")
    served.sign_in()
    places = {}
    for address, behind in (("/review", after), (path, "99 % sure")):
        served.open(address)
        places[address] = (
            _left_of(page, before if behind == after else after),
            _left_of(page, behind),
        )
    served.open(path)
    served.at_work()
    page.click("Accept all 2", role="button")
    page.see("0 values wait")
    served.open("/records?source=receipts&record=1")
    places["record"] = (_left_of(page, before), _left_of(page, after))

    assert [name for name, (first, then) in places.items() if not first < then] == []


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
    page.click("Accept the rows that are not left out", role="button")
    page.see("2 of 2 written.")

    assert sorted(str(served.total(pk)) for pk in "123") == ["12.5", "12.5", "99.0"]
    assert page.errors == []
