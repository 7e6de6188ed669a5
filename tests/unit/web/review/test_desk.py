"""What makes a reviewer quick and safe: where work begins, how far it is, and the way back."""

import re

import pytest

from flows.web.review.cut import cut_of
from flows.web.review.page_view import places_of
from flows.web.review.words import PageWord
from pipeline.model import Finding, Findings, PageText, ReadStatus
from tests.unit.web.conftest import Office, form_of, words
from tests.unit.web.review.test_document import found, read_as

PAGE = PageText(1, "text", None, None, "", 600.0, 800.0)


def test_the_page_of_the_riskiest_value_is_shown_first(office: Office):
    """The values that wait are in the order of the queue, and the page is the one of the first."""
    office.world.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    read_as(office, total=found("12.50", page=3))
    path = office.suggest()
    browser = office.signed_in()
    shown = browser.get(path)
    two = words(browser.get(office.suggest("2", DocType="typed")))

    assert "Page 3 of 3" in shown
    assert "Page 1 of 3" in browser.get(f"{path}?page=1")
    # The class is 99 % sure and contradicts the record, the total 90 %.
    assert two.index("DocType Read") < two.index("Total Read")


def test_the_place_of_a_value_is_shown_beside_it(office: Office):
    """Also where another page is shown, the picture of its own page is cut out; a decided one has none."""
    read_as(office, total=found("12.50", page=2))
    path = office.suggest()
    browser = office.signed_in()
    first = browser.get(f"{path}?page=1")
    browser.post(f"{path}/decide", choice="accept", **form_of(first, "/decide"))

    cut = re.search(r'<svg class="cut".*?</svg>', first, re.DOTALL)
    assert cut is not None
    assert f'href="{path}/1/2.webp"' in cut[0]
    assert 'class="cut"' not in browser.get(path)


def test_a_cut_shows_the_place_and_nothing_beyond_the_page():
    """It is wide enough to read the label, and turns with the page."""
    upright = cut_of("x", PAGE, (500.0, 100.0, 590.0, 110.0), turn=0)
    turned = cut_of("x", PAGE, (500.0, 100.0, 590.0, 110.0), turn=1)

    assert (upright.left, upright.width) == (400.0, 200.0)
    assert (upright.top, upright.height) == (88.0, 34.0)
    # Turned to the right, what was at the top is at the right edge of a page of 800 by 600.
    assert turned.left <= 690.0
    assert turned.left + turned.width >= 700.0
    assert turned.top + turned.height == 600.0


def test_the_number_of_a_mark_covers_no_word():
    """It is written before the place, or where else nothing is printed; over it where all is full."""
    box = (100.0, 100.0, 200.0, 110.0)
    before, after, above = (
        PageWord("before", 1, (60.0, 100.0, 98.0, 110.0)),
        PageWord("after", 1, (202.0, 100.0, 250.0, 110.0)),
        PageWord("above", 0, (60.0, 85.0, 250.0, 97.0)),
    )

    def number_at(*printed: PageWord) -> tuple[float, float]:
        finding = Finding("12.50", 0.9, "", 1, box)
        read = Findings(
            "image/png", ReadStatus.OK, Finding(None, 0.0, ""), fields={"total": finding}
        )
        (mark,), _ = places_of(read, 1, {"Total": "total"}, (), printed)
        return mark.at

    free = [number_at(), number_at(before), number_at(before, after)]
    full = number_at(before, after, above)

    assert [place[0] < 100.0 or place[0] > 200.0 for place in free] == [True, True, False]
    assert free[2][1] < 100.0
    assert full[1] > 110.0


def test_a_decision_can_be_undone_at_once(office: Office):
    """Beside the sentence that says what was done there is the way back, for that value."""
    path = office.suggest(DocType="typed")
    browser = office.signed_in()
    shown = browser.get(path)
    done = browser.post(f"{path}/decide", choice="accept", **form_of(shown, "/decide"))
    column = "Total" if "Total was accepted" in done else "DocType"
    before = office.world.record("1")[column]
    browser.post(f"{path}/undo", **form_of(done, "/undo"))

    assert done.index("Undo it") < done.index("for a decision")
    assert office.world.record("1")[column] != before


def test_the_page_says_how_far_a_reviewer_is(office: Office):
    """The records are counted when work begins, through every decision, and the way back is kept."""
    paths = {office.suggest(pk) for pk in "123"}
    browser = office.signed_in()
    first = browser.post("/review/next")
    decided = browser.post(f"{_path(first)}/decide", choice="accept", **form_of(first, "/decide"))
    second = browser.post("/review/next", **form_of(decided, "/review/next"))
    third = browser.post("/review/next", **form_of(second, "/review/next"))
    end = browser.post("/review/next", **form_of(third, "/review/next"))

    said = [
        re.search(r"Number (\d+) of (\d+) to review", page)
        for page in (first, decided, second, third)
    ]
    assert [one and one.groups() for one in said] == [
        ("1", "3"),
        ("1", "3"),
        ("2", "3"),
        ("3", "3"),
    ]
    assert "Back to the record before" not in first
    assert f'href="{_path(first)}?"' in second
    assert {_path(page) for page in (first, second, third)} == paths
    assert "Number" not in words(end)
    assert (
        "Nothing is left to review here. Other users have claimed the rest, or you have"
        in words(end)
    )


def test_why_a_value_waits_names_the_limit(office: Office):
    """A value below the limit says so, also where another value is in the record."""
    low = Finding("12.50", 0.6, "beside the label", 1, (50.0, 100.0, 120.0, 112.0))
    read_as(office, total=low)
    browser = office.signed_in()
    differs = words(browser.get(office.suggest("1")))
    unsure = words(browser.get(office.suggest("2", Total=None)))

    assert (
        "holds a value. A user decides which value stays. Below 95 % nothing is written" in differs
    )
    assert "Why it waits 60 % sure; written at 95 % or more. Read from beside the label" in unsure


def _path(page: str) -> str:
    """Return the address of the review that a page shows."""
    found_there = re.search(r'action="(/review/[0-9a-f]{20})/', page)
    assert found_there is not None
    return found_there[1]


def test_what_was_postponed_is_said_and_found_again(office: Office):
    """The next page names the day, the queue counts what is postponed, and its page brings it back at once."""
    path = office.suggest()
    office.suggest("2")
    browser = office.signed_in()
    at_next = browser.post(f"{path}/postpone", until="2026-03-16")
    queue, later = browser.get("/review"), browser.get("/review?postponed=yes")
    away = browser.get(path)
    back = browser.post(f"{path}/claim", **form_of(away, "/claim"))

    assert "receipts record 1 is postponed and comes back on 16 March 2026. Open it" in words(
        at_next
    )
    assert "1 record waits for" in words(queue)
    assert "1 record is postponed. Show it" in words(queue)
    assert path in later
    assert "comes back on 16 March 2026" in words(later)
    assert "This record comes back on 16 March 2026. Review it now" in words(away)
    assert "comes back" not in words(back)
    assert "brought back before its day" in words(back)
    assert "2 records wait" in words(browser.get("/review"))


def _row(*places: tuple[str, int, float]) -> list[PageWord]:
    """Return words of 30 points, each with its line and its left edge."""
    return [PageWord(text, line, (left, 100.0, left + 30, 110.0)) for text, line, left in places]


def test_a_cut_reaches_back_to_the_label():
    """Without it a total looks like a tax; a label far away would make both too small to read."""
    box = (500.0, 100.0, 530.0, 110.0)
    near = _row(("Other", 0, 250.0), ("Total", 1, 300.0), ("due", 1, 335.0), ("9.50", 1, 500.0))
    far = _row(("Total", 1, 20.0), ("9.50", 1, 500.0))

    labeled = cut_of("x", PAGE, box, 0, near)
    alone = cut_of("x", PAGE, box, 0, far)

    assert labeled.left <= 300.0
    assert labeled.left > 250.0
    assert labeled.left + labeled.width >= 530.0
    assert alone == cut_of("x", PAGE, box, 0)
    assert labeled.box == box


def test_a_cut_of_a_cell_shows_the_label_above():
    """In a grid the neighbor in the row is another value; the header of the column is the label."""
    box = (232.0, 98.0, 315.0, 112.0)
    grid = [
        PageWord("Number", 0, (36.0, 80.0, 80.0, 94.0)),
        PageWord("Invoice", 0, (232.0, 80.0, 276.0, 94.0)),
        PageWord("date", 0, (280.0, 80.0, 310.0, 94.0)),
        PageWord("A-20417", 1, (36.0, 98.0, 98.0, 112.0)),
        PageWord("14/03/2026", 1, box),
    ]
    cut, alone = cut_of("x", PAGE, box, 0, grid), cut_of("x", PAGE, box, 0)

    assert cut.top < 80.0
    assert (cut.left, cut.width) == (alone.left, alone.width)


def test_a_long_value_is_not_made_smaller_by_its_label():
    """What is wide already leaves no room for more."""
    box = (200.0, 100.0, 560.0, 112.0)
    line = [
        PageWord("Address:", 0, (36.0, 100.0, 90.0, 112.0)),
        PageWord("Street", 0, box),
    ]

    assert cut_of("x", PAGE, box, 0, line) == cut_of("x", PAGE, box, 0)


@pytest.mark.parametrize(
    ("label", "line", "left"),
    [
        ("\u05ea\u05d0\u05e8\u05d9\u05da:", 0, 440.0),  # Hebrew, whose label is on the right
        ("\u0627\u0644\u062a\u0627\u0631\u064a\u062e", 1, 440.0),
        ("Total", 7, 160.0),  # a cell that is a line of its own
        ("20%", 0, 160.0),
    ],
)
def test_a_label_is_found_by_its_place(label: str, line: int, left: float):
    """The order of words and lines says little in tables and in scripts from right to left."""
    box = (300.0, 100.0, 340.0, 110.0)
    row = [PageWord("9.50", 0, box), PageWord(label, line, (left, 100.0, left + 40, 110.0))]
    cut = cut_of("x", PAGE, box, 0, row)

    assert cut.left <= left
    assert cut.left + cut.width >= left + 40


def test_a_label_is_found_on_a_page_that_was_scanned_sideways():
    """Its lines run up or down: the label is what comes before."""
    box = (100.0, 300.0, 110.0, 340.0)
    column = [PageWord("Total", 0, (100.0, 160.0, 110.0, 200.0)), PageWord("9.50", 0, box)]
    cut = cut_of("x", PAGE, box, 0, column)

    assert cut.top <= 160.0
