"""The document page: files, pages, pictures, places and texts."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.web.pictures import Pictures
from flows.web.review.field import typed
from flows.web.review.page_view import MOST_CHARS, MOST_MARKS, places_of
from pipeline.archive_layout import original_key
from pipeline.model import Finding, Findings, PageText, ReadStatus, RecordRef, Suggestion
from pipeline.model.review import ReviewItem
from pipeline.source_run.checks import remember_types
from tests.fakes.caspio import Attachment
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import HOSTILE, SETTINGS, Office, load, opened, words
from tests.unit.web.review.pages import LINES, page_of, stored_pages


def read_as(
    office: Office, *, pages: int = 3, lines: tuple[str, ...] = LINES, **fields: Finding
) -> None:
    """Let every document be read as one with these pages, all with the same lines, and fields."""
    plain = office.world.reader.findings

    def findings(path, *, name, work_dir):  # noqa: ANN001, ANN202 - the reader's
        read = plain(path, name=name, work_dir=work_dir)
        texts = tuple(
            PageText(number, "text", None, None, f"page {number}", 595.0, 842.0)
            for number in range(1, pages + 1)
        )
        (work_dir / "pages.json").write_bytes(stored_pages(*[page_of(*lines)] * pages))
        (work_dir / "text.txt").write_text("\f".join(one.text for one in texts), encoding="utf-8")
        return Findings(
            read.media_type,
            ReadStatus.OK,
            read.doc_type,
            fields={**read.fields, **fields},
            pages=texts,
            derived={**read.derived, "pages.json": work_dir / "pages.json"},
            fingerprint=read.fingerprint,
        )

    office.world.reader.findings = findings  # type: ignore[method-assign]  # what a document says is the test's


def found(value: str, *, page: int = 1, top: float = 100.0, child: str = "") -> Finding:
    """Return a finding with a place."""
    return Finding(value, 0.9, "beside the label", page, (50.0, top, 120.0, top + 12), child)


def test_the_page_shows_the_value_beside_the_record_and_why(office: Office):
    """Column, value, how certain, what the record holds and why it waits: nothing has to be guessed."""
    text = words(office.signed_in().get(office.suggest()))

    assert "Total Read 12.50 99 % sure In the record 99.00 Why it waits" in text
    assert "the column already holds a value" in text
    assert "DocType written receipt 99 % sure" in text  # what was written at once is shown, too


def test_an_amount_looks_as_in_its_column(office: Office):
    """Two decimals, and the document's currency beside what was read in it; a value that is there says so."""
    read_as(office, total=found("1234.50"), currency=found("GBP", top=300.0))
    path = office.suggest(DocType="receipt", Total=99.0)
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    text = words(office.signed_in().get(path))

    assert (
        "Total 1 on the page Read 1,234.50 GBP 90 % sure In the record 99.00 Why it waits" in text
    )
    assert "DocType in the record receipt" in text
    assert "Total : 99.00 → 1,234.50 GBP" in words(office.signed_in().get("/review"))


def test_only_the_file_with_the_value_has_its_mark(office: Office):
    """Another file of the record that has an amount, too, is not marked as if it were suggested."""
    caspio = office.world.caspio
    files = dict.fromkeys(("Letter", "Scan"), "ATTACHMENT")
    caspio.table("Receipts", DocType="STRING", Total="CURRENCY", Note="TEXT", **files)
    caspio.attachments["Receipts", "Letter", "1"] = Attachment("letter.txt", b"doc_type=letter")
    read_as(office, total=found("12.50"))
    path = office.suggest()
    browser = office.signed_in()
    marked = [words(browser.get(f"{path}?file={number}")) for number in (1, 2)]

    assert sorted(page.count("1 on the page") for page in marked) == [0, 1]
    assert sorted(browser.get(f"{path}?file={number}").count("<rect") for number in (1, 2)) == [
        0,
        1,
    ]


def test_fields_are_marked_on_their_page(office: Office):
    """A place is drawn on the page where it is, numbered as in the list; those of other pages are not."""
    read_as(office, total=found("12.50", page=2))
    path = office.suggest()
    browser = office.signed_in()
    first, second = browser.get(f"{path}?page=1"), browser.get(f"{path}?page=2")

    assert "<rect" not in first
    assert '<rect x="48.0" y="98.0" width="74.0" height="16.0"' in second
    assert "1 on the page" in second
    assert "page=2" in first  # a link leads to the place


def test_the_words_of_all_pages_are_fetched_at_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The file with the words of a long document is large: it is fetched once beside the page shown."""
    text = SETTINGS.replace('Total = "total"', 'Total = "total"\nNote = "invoice_number"')
    with opened(world, load(tmp_path, monkeypatch, text)) as office:
        read_as(office, total=found("12.50", page=2), invoice_number=found("A-7", page=3))
        path = office.suggest(Note="B-8")
        fetched = counted_gets(office, monkeypatch)
        office.signed_in().get(f"{path}?page=1")

    assert sum(key.endswith("/pages.json") for key in fetched) == 2


def counted_gets(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys that are fetched from the archive from now on."""
    fetched: list[str] = []
    archive = office.world.archive
    get = archive.get

    def counted(key: str, target: Path) -> object:
        fetched.append(key)
        return get(key, target)

    monkeypatch.setattr(archive, "get", counted)
    return fetched


def test_places_in_files_inside_are_not_drawn_on_the_outer_page(office: Office):
    """The page of an attachment of a mail is not the mail's."""
    read_as(office, total=found("12.50", child="scan.pdf"))
    page = office.signed_in().get(office.suggest())

    assert "<rect" not in page
    assert "in scan.pdf, page 1" in words(page)


def test_pages_and_zoom_can_be_chosen_by_links(office: Office):
    """Without JavaScript, links turn the page and zoom; whatever is asked for, a page is shown."""
    read_as(office)
    path = office.suggest()
    browser = office.signed_in()
    second = browser.get(f"{path}?page=2&zoom=3")

    assert "Page 2 of 3" in second
    assert 'class="page zoom-3"' in second
    assert second.index("is being drawn") < second.index(f'<image href="{path}/1/2.webp"')
    assert "page 2" in words(second)
    assert 'viewBox="0 0 842.0 595.0"' in browser.get(f"{path}?page=2&turn=1")
    for odd in ("0", "4", "-1", "x", "9" * 5_000, ""):
        assert "Page 1 of 3" in browser.get(f"{path}?page={odd}&file={odd}&zoom={odd}&turn={odd}")


def test_a_picture_is_what_was_drawn_in_the_reader(office: Office):
    """A page's picture is drawn once from the archived original, and sent as WebP."""
    read_as(office)
    path = office.suggest()
    browser = office.signed_in()
    answers = [browser.client.get(f"{path}/1/2.webp") for _ in range(2)]

    assert [answer.content for answer in answers] == [b"RIFF....WEBP2"] * 2
    assert answers[0].headers["content-type"] == "image/webp"
    assert answers[0].headers["x-content-type-options"] == "nosniff"
    assert office.reader.drawn == ["2"]
    for other in ("2/1.webp", "0/1.webp", "1/1.svg", "1/-1.webp"):
        browser.get(f"{path}/{other}", status=404)


def test_what_is_no_picture_is_never_sent(office: Office):
    """If a reader process leaves anything else under the name of a picture, there is no picture."""
    office.world.archive.objects[original_key("ab" * 32)] = b""

    assert office.site.pictures.page("ab" * 32, 1) == b""
    assert office.site.pictures.page("cd" * 32, 1) == b""  # not in the archive


def test_kept_pictures_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch):
    """The oldest picture makes room; it is drawn again when somebody looks again."""
    monkeypatch.setattr("flows.web.pictures.MOST_BYTES", 30)
    office.world.archive.objects[original_key("ab" * 32)] = b"x"
    pictures = Pictures(office.world.archive, lambda: office.reader)
    for number in (1, 2, 3, 3, 1):
        assert pictures.page("ab" * 32, number)

    assert office.reader.drawn == ["1", "2", "3", "1"]


def test_a_document_without_pages_to_draw_is_shown_as_text(office: Office):
    """A text has no picture: its words are shown."""
    page = office.signed_in().get(office.suggest())

    assert "<image" not in page
    assert "doc_type=receipt total=12.50" in words(page)


def test_several_files_of_a_record_can_be_chosen(office: Office):
    """Each file of the record is shown; the first one at first."""
    office.suggest()
    office.world.caspio.columns_of["Receipts"]["Back"] = office.world.caspio.columns_of["Receipts"][
        "Scan"
    ]
    office.world.caspio.attachments["Receipts", "Back", "1"] = Attachment(
        "back.txt", b"doc_type=letter"
    )
    path = office.suggest()
    page = office.signed_in().get(f"{path}?file=2")

    assert 'aria-label="Files of the record"' in page
    assert "doc_type=" in words(page)


@pytest.mark.parametrize("path", ["", "?page=2"])
def test_hostile_texts_stay_text(office: Office, path: str):
    """Names, values, reasons and texts of a document are shown, never run, and never without end."""
    bad = HOSTILE.replace("\x00", "")
    read_as(office, total=Finding("12.50", 0.9, bad * 1_000, 1))
    office.suggest(
        text=f"doc_type={bad.replace(chr(0xD800), '')}\ntotal=12.50\nnote={'x' * 10**6}",
        DocType="typed",
    )
    office.world.caspio.attachments["Receipts", "Scan", "1"].name = bad
    review = office.suggest(
        text=f"doc_type={bad.replace(chr(0xD800), '')}\ntotal=13", DocType="typed"
    )
    browser = office.signed_in(name=bad)
    for address in (review + path, "/review", "/review/table?column=DocType"):
        page = browser.get(address)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert len(page) < 100_000


def test_a_long_text_is_cut(office: Office):
    """The text of a page has a limit."""
    read_as(office, pages=1)
    path = office.suggest()
    (key,) = [key for key in office.world.archive.objects if key.endswith("text.txt")]
    office.world.archive.objects[key] = b"y" * 10**6

    assert office.signed_in().get(path).count("y" * 100) <= MOST_CHARS / 100 + 1


def test_long_values_that_begin_alike_show_where_they_differ(office: Office):
    """In the queue and on the page of the record."""
    path = office.suggest("2", DocType="typed")
    ledger = office.world.ledger.effects
    item = next(i for i in ledger.review_items("receipts") if i.suggestion.column == "DocType")
    alike = "The parties agree. " * 200
    longer = replace(item.suggestion, current=f"{alike}Ten days.", suggested=f"{alike}Seven days.")
    ledger.save_review_item(replace(item, suggestion=longer), "run-1")
    browser = office.signed_in()
    queue, page = browser.get("/review"), browser.get(path)

    for text in (words(queue), words(page)):
        assert "agree. Ten days." in text
        assert "agree. Seven days." in text


def test_at_most_thirty_places_are_drawn():
    """A page with many fields stays readable, and does not freeze the browser."""
    many = {f"f{number}": found("1", top=float(number)) for number in range(100)}
    findings = Findings("application/pdf", ReadStatus.OK, Finding(None, 0.0, ""), fields=many)
    places, marks = places_of(findings, 1, {name.upper(): name for name in many})

    assert len(places) == len(marks) == MOST_MARKS
    assert [place.number for place in places] == list(range(1, MOST_MARKS + 1))


def test_values_in_one_place_share_a_mark():
    """Amount and currency of one line have one rectangle and one number."""
    fields = {"total": found("12.50"), "currency": found("GBP"), "date": found("x", top=50.0)}
    findings = Findings("application/pdf", ReadStatus.OK, Finding(None, 0.0, ""), fields=fields)
    places, marks = places_of(findings, 1, {name.title(): name for name in fields})

    assert [(place.number, place.label) for place in places] == [
        (1, "Date"),
        (2, "Total, Currency"),
    ]
    assert marks == {"Date": 1, "Total": 2, "Currency": 2}


def test_the_queue_lists_and_filters(office: Office):
    """The queue shows what waits with risk and values; filters narrow it and stay in its links."""
    office.suggest("1")
    office.suggest("2", DocType="typed")
    browser = office.signed_in()
    everything, types = words(browser.get("/review")), words(browser.get("/review?column=DocType"))
    none = words(browser.get("/review?reason=unsure"))
    poor = words(browser.get("/review?amount=12.51&days=x"))
    rich = words(browser.get("/review?amount=12.5"))
    young = words(browser.get("/review?days=1"))
    foreign = words(browser.get("/review?amount=\u0669\u0669&days=\u0661"))

    assert "2 records wait" in everything
    assert "2 records wait" in foreign
    assert "high risk document of 12.50 Waits since" in everything
    assert "Total : 99.00 → 12.50 99 % sure" in everything
    assert "1 record waits" in types
    assert "Receipts record 2" in types
    assert "No record with this filter waits" in none
    assert "No record with this filter waits" in poor
    assert "2 records wait" in rich
    assert "document of 12.50 Waits since" in rich
    assert "No record with this filter waits" in young


def test_a_long_queue_has_pages(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Pages follow each other without leaving a record out."""
    monkeypatch.setattr("flows.web.review.queue.PAGE", 2)
    for pk in "12345":
        office.suggest(pk)
    browser = office.signed_in()
    seen, address = [], "/review"
    while address:
        page = browser.get(address)
        seen += [word for word in "12345" if f"Receipts record {word}<" in page]
        more = page.partition(">Next page<")[0].rpartition('href="')[2].partition('"')[0]
        address = more.replace("&amp;", "&") if ">Next page<" in page else ""

    assert sorted(seen) == list("12345")


def test_a_suggestion_with_a_place_of_its_own_is_marked_there():
    """What was learned may be printed elsewhere than what the rules found, or be found by it alone."""
    found = Finding("12.50", 0.9, "it says so", 1, (10, 10, 50, 20))
    findings = Findings("text/plain", ReadStatus.OK, found, fields={"total": found})
    record = RecordRef("Receipts", "1")
    items = [
        ReviewItem(
            "receipts", record, "v1", Suggestion(column, "", "x", "learned", page=1, box=box)
        )
        for column, box in (("Total", (10, 70, 50, 80)), ("Center", (10, 40, 50, 50)))
    ]

    places, marks = places_of(findings, 1, {"Total": "total"}, items)

    assert [(place.label, place.top) for place in places] == [("Center", 40), ("Total", 70)]
    assert marks == {"Center": 1, "Total": 2}


@pytest.mark.parametrize(("value", "text"), [(118.0, "118"), (118.5, "118.5"), (7, "7")])
def test_a_whole_amount_is_typed_without_a_point(value: float, text: str):
    """A field has a number as users type it, not as a program prints it."""
    assert typed(value) == text
