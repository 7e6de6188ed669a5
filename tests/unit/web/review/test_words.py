"""Taking a text of the page as a value: a click, a box, and other values that are offered."""

import pytest

from flows.web.review.words import (
    MOST_OTHERS,
    PageWord,
    as_typed,
    other_values,
    picked,
    words_of,
    words_of_pages,
)
from pipeline.model import Candidate
from pipeline.model.users import Role
from pipeline.source_run.checks import remember_types
from tests.fakes.archive import MemoryArchive
from tests.fakes.caspio import Attachment
from tests.unit.web.conftest import HOSTILE, Office, form_of, words
from tests.unit.web.review.pages import LINES, page_of, stored_pages
from tests.unit.web.review.test_decisions import decide

CANDIDATES = (
    Candidate("1,100.50", 0.1, "after Subtotal", 1),
    Candidate("1000.00", 0.1, "after Net", 1),
    Candidate("no amount", 0.1, "after all", 1),
)


def stored(*pages: object) -> MemoryArchive:
    """Return an archive with pages.json."""
    archive = MemoryArchive()
    archive.objects["d/pages.json"] = stored_pages(*pages)
    return archive


def page_words(*lines: str) -> list[PageWord]:
    """Return the words of a page with these lines."""
    return words_of(stored(page_of(*lines)), "d", 1)


@pytest.mark.parametrize(
    ("box", "text"),
    [
        ((75.0, 65.0, 75.0, 65.0), "£1,234.56"),  # a click
        ((75.0, 72.0, 76.0, 73.0), "£1,234.56"),  # a click just below
        ((400.0, 400.0, 400.0, 400.0), ""),  # beside everything
        ((300.0, 35.0, 0.0, 15.0), "Date 31 March 2026"),  # a box, drawn from its right corner
        ((55.0, 15.0, 150.0, 35.0), "31 March"),
    ],
)
def test_a_place_has_a_text(box: tuple[float, float, float, float], text: str):
    """A click takes the word under it, a box the words whose middle is in it, in reading order."""
    assert picked(page_words(*LINES), box) == text


@pytest.mark.parametrize(
    ("text", "column_type", "value"),
    [
        ("£1,234.56", "CURRENCY", "1234.56"),
        ("31 March 2026", "DATE/TIME", "2026-03-31"),
        ("Acme  Ltd", "STRING", "Acme Ltd"),
        ("anything", "", "anything"),
    ],
)
def test_a_printed_text_is_typed_as_its_column_takes_it(text: str, column_type: str, value: str):
    """Amounts lose their signs and separators, dates become ISO dates."""
    assert as_typed(text, column_type) == (value, "")


@pytest.mark.parametrize(
    ("text", "column_type"), [("03/04/2026", "DATE/TIME"), ("1,234", "NUMBER"), ("soon", "NUMBER")]
)
def test_what_can_be_read_twice_or_not_at_all_is_left_to_the_user(text: str, column_type: str):
    """The text is taken as it is printed, with the reason why it does not fit."""
    value, problem = as_typed(text, column_type)

    assert value == text
    assert repr(text) in problem


def test_other_values_of_the_page_are_offered_by_type():
    """For money other sums, for a date other dates, for a text the lines; without what is known already."""
    found = page_words(*LINES)

    def others(column_type: str, *than: str | float) -> list[str]:
        return other_values(found, column_type, than=than, near=(66.0, 64.0, 150.0, 70.0))

    assert others("CURRENCY", 1234.56) == ["1000.00"]
    assert others("CURRENCY") == ["1234.56", "1000.00"]  # the nearest first
    assert others("DATE/TIME", "2026-01-01T00:00:00") == ["2026-03-31"]
    assert others("DATE/TIME", "2026-03-31T00:00:00") == []
    assert "Acme Ltd" in others("STRING", "INVOICE 4711")
    assert len(other_values(page_words(*map(str, range(99))), "NUMBER", than=(), near=None)) == (
        MOST_OTHERS
    )
    assert others("FILE") == []


@pytest.mark.parametrize(
    "page",
    [
        {"number": 1},
        {"number": 1, "lines": [{"words": [{"text": "a", "box": [1, 2]}]}]},
        {"number": 1, "lines": [{"words": [{"text": "a", "box": "none"}]}]},
        {"number": 1, "lines": 5},
        [],
    ],
)
def test_damaged_words_are_no_words(page: object):
    """What a reader process left may be anything; the page is shown without its words."""
    assert words_of(stored(page), "d", 1) == []
    assert words_of(stored(page_of("a")), "d", 2) == []
    assert words_of(MemoryArchive(), "d", 1) == []


def with_words(office: Office, *lines: str) -> str:
    """Have a receipt whose page has these lines; return the address of its review."""
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    (text,) = [key for key in office.world.archive.objects if key.endswith("/text.txt")]
    pages = stored(page_of(*lines)).objects["d/pages.json"]
    office.world.archive.objects[text.replace("text.txt", "pages.json")] = pages
    return path


def test_the_page_answers_which_word_is_where(office: Office):
    """A place and a column give the value to type; what is no place or no page is refused."""
    path = with_words(office, *LINES)
    client = office.signed_in(Role.VIEWER).client
    found = client.get(f"{path}/1/1/words?box=75,65,75,65&column=Total").json()
    nothing = client.get(f"{path}/1/1/words?box=0,500,0,500&column=Total").json()

    assert found == {"text": "1234.56", "problem": ""}
    assert nothing == {"text": "", "problem": "No word is there."}
    for odd in ("", "1,2", "a,b,c,d", "1,2,3,4,5"):
        assert client.get(f"{path}/1/1/words?box={odd}").status_code == 400
    assert client.get(f"{path}/2/1/words?box=1,1,1,1").status_code == 404
    assert client.get(f"{path}/1/1/words?box=nan,inf,1,1").status_code == 200


def test_a_suggestion_is_offered_the_values_of_its_own_file(office: Office):
    """Whichever file of the record is shown, "Or it is" has what was ranked lower where it was read."""
    caspio = office.world.caspio
    files = dict.fromkeys(("Scan", "Letter"), "ATTACHMENT")
    caspio.table("Receipts", DocType="STRING", Total="CURRENCY", Note="TEXT", **files)
    caspio.attachments["Receipts", "Letter", "1"] = Attachment("letter.txt", b"doc_type=letter")
    office.world.reader.others = {"total": CANDIDATES}
    path = office.suggest()
    browser = office.signed_in()

    pages = [browser.get(f"{path}?file={number}") for number in (1, 2)]

    assert ["Or it is" in page for page in pages] == [True, True]
    assert ["file=2&amp;page=1" in page.partition("<dt>Where")[2] for page in pages] == [
        True,
        False,
    ]


def test_another_value_of_the_page_is_written_by_its_button(office: Office):
    """Without JavaScript, a button writes another value of the page, in the type of its column."""
    path = with_words(office, *LINES)
    browser = office.signed_in()
    assert '<button name="pick" value="1000.00" formnovalidate>1,000.00' in browser.get(path)
    page = browser.post(f"{path}/decide", **form_of(browser.get(path), "/decide"), pick="1000.00")

    assert office.world.record("1")["Total"] == 1000.0
    assert "Total was corrected and written" in words(page)


def test_what_was_ranked_lower_is_written_by_its_button(office: Office):
    """Values that reading ranked lower come first; what the column cannot hold is not offered."""
    office.world.reader.others = {"total": CANDIDATES}
    path = with_words(office, *LINES)
    browser = office.signed_in()
    shown = browser.get(path)
    page = browser.post(f"{path}/decide", **form_of(shown, "/decide"), pick="1100.50")

    assert '<button name="pick" value="1100.50" title="after Subtotal" formnovalidate>' in shown
    assert shown.count('value="1000.00"') == 1  # offered once, though it is on the page, too
    assert "no amount" not in shown
    assert "or 1,100.50" in words(browser.get("/records?source=receipts&record=1"))
    assert office.world.record("1")["Total"] == 1100.5
    assert "Total was corrected and written" in words(page)


def test_a_typed_amount_may_have_separators(office: Office):
    """What is typed as documents print it is written as the column's type has it."""
    decide(office.signed_in(), office.suggest(), "correct", text=" £1,234.50 ")

    assert office.world.record("1")["Total"] == 1234.5


def test_hostile_words_stay_text(office: Office):
    """What a page says is shown as text, in buttons as well; the answer for a place is JSON."""
    bad = HOSTILE.replace("\x00", "").replace("\ud800", "")
    path = with_words(office, bad, f"{bad}1.00")
    browser = office.signed_in()
    answer = browser.client.get(f"{path}/1/1/words?box=0,0,900,900&column=DocType")

    assert "<script>alert" not in browser.get(path)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_words_of_several_pages_are_found_by_number():
    """A page that is not there has none, and the others are found."""
    found = words_of_pages(stored(page_of("a"), page_of("b c"), page_of("d")), "d", {1, 2, 7})

    assert {number: [word.text for word in words] for number, words in found.items()} == {
        1: ["a"],
        2: ["b", "c"],
        7: [],
    }
    assert words_of_pages(stored(page_of("a")), "d", ()) == {}
