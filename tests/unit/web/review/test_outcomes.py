"""What the page says of values that nobody has to decide about."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.source_run.checks import remember_types
from tests.fakes.caspio import Attachment
from tests.unit.pipeline.world import undo
from tests.unit.web.conftest import Office, form_of, words
from tests.unit.web.review.test_decisions import decide
from tests.unit.web.review.test_document import found, read_as


def waiting(office: Office, **values: object) -> str:
    """Have a receipt whose class waits, and of which the total is written; return its address."""
    return office.suggest(**{"DocType": "typed", "Total": None, **values})


def two_files(office: Office, *, totals: Mapping[str, str]) -> None:
    """Have records with two files, which say different totals."""
    caspio = office.world.caspio
    files = dict.fromkeys(("Back", "Scan"), "ATTACHMENT")
    caspio.table("Receipts", DocType="STRING", Total="CURRENCY", Note="TEXT", **files)
    text = f"doc_type=receipt\ntotal={totals['back.txt']}"
    caspio.attachments["Receipts", "Back", "1"] = Attachment("back.txt", text.encode())


def test_what_was_written_is_said_of_the_file_that_it_is_from(office: Office):
    """Another file of the record, which says another amount, has nothing written."""
    two_files(office, totals={"back.txt": "7.00"})

    path = waiting(office)
    pages = [words(office.signed_in().get(f"{path}?file={file}")) for file in (1, 2)]
    total = office.world.record("1")["Total"]

    assert total in {7.0, 12.5}
    said = ["Total written" in page for page in pages]
    assert sum(said) == 1
    assert ("7" in pages[said.index(True)].partition("Total written")[2][:6]) == (total == 7.0)
    assert not any("Total in the record" in page for page in pages)


def test_what_was_undone_is_not_called_written(office: Office):
    """Nor is it said to be in the record."""
    path = waiting(office)
    before = words(office.signed_in().get(path))
    undo(office.world, office.spec, "run-1")

    after = words(office.signed_in().get(path))

    assert "Total written 12.5" in before
    assert "Total written" not in after
    assert "Total in the record" not in after


def test_what_the_record_had_already_is_no_work_of_ours(office: Office):
    """It is said, and is not green: only what was written is."""
    page = office.signed_in().get(waiting(office, Total=12.5))

    assert "Total in the record 12.5" in words(page)
    assert '<span class="tag">in the record</span>' in page


def test_other_amounts_look_as_in_their_column(office: Office):
    """As they are written, with the document's currency."""
    total = replace(found("18500.00"), confidence=0.99)
    read_as(office, total=total, currency=found("GBP", top=300.0))
    path = waiting(office)
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)

    assert "written 18,500.00 GBP" in words(office.signed_in().get(path))


def test_a_correction_shows_what_was_written(office: Office):
    """What the user typed, what was read, and what the record had before, each by its name."""
    path = office.suggest()
    text = words(decide(office.signed_in(), path, "correct", text="7.25"))

    assert "Total corrected Read 12.50" in text
    assert "Written 7.25 In the record before 99.00" in text


def test_what_is_not_on_the_page_is_no_rejection(office: Office):
    """The field and the history say so, and that the record stays; no change is named."""
    path = office.suggest()
    browser = office.signed_in()
    text = words(decide(browser, path, "absent"))
    record = words(browser.get("/records?source=receipts&record=1"))

    assert "Total not on the page Read 12.50" in text
    assert "Written" not in text
    assert "Ana: not on the page" in record
    assert "receipts, record 1, Total: stays 99.00; 12.50 is not on the page" in record


def test_a_decision_that_was_taken_back_says_so(office: Office):
    """Its change is called neither a write of ours nor by the words of the program."""
    path = office.suggest()
    browser = office.signed_in()
    browser.post(f"{path}/undo", **form_of(decide(browser, path, "accept"), "/undo"))

    record = words(browser.get("/records?source=receipts&record=1"))

    assert "done took back what a user decided" in record
    assert "Ana: took a decision back" in record


def test_a_class_is_corrected_from_the_classes(office: Office):
    """No line of the page is offered for it: none is a class."""
    read_as(office, lines=("Booking 0113",))
    page = office.signed_in().get(office.suggest(DocType="typed"))

    assert 'list="classes"' in page
    assert '<option value="receipt">' in page
    assert 'value="Booking 0113"' not in page
