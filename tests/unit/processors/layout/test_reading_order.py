"""Reading order, on pages drawn for it: columns one after the other, rows of tables across."""

import json
from pathlib import Path

import pytest

from processors.contract import Segment, Word
from processors.layout import reading_order
from tests.unit.processors import documents, drawn


def lines_of(data: bytes, folder: Path) -> list[str]:
    """Read a PDF of one page and return its lines."""
    findings = documents.read(data, folder)
    assert [page.source for page in findings.pages] == ["text"]
    return findings.text.splitlines()


@pytest.mark.parametrize("shift", [0, 5], ids=["at the same heights", "at heights of their own"])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, shift: float):
    """The left column comes whole before the right one, whether or not their lines stand level."""
    left, right = drawn.prose(20, words=8), drawn.prose(20, words=8, start=7)
    page = drawn.page(*drawn.column(left, 50, 700), *drawn.column(right, 320, 700 - shift))

    assert lines_of(drawn.document(page), tmp_path) == left + right


def test_three_columns_are_read_one_after_the_other(tmp_path: Path):
    """Three columns come in order from the left."""
    columns = [drawn.prose(18, words=5, start=start) for start in (0, 5, 10)]
    pieces = [
        piece
        for place, lines in enumerate(columns)
        for piece in drawn.column(lines, 40 + 185 * place, 690)
    ]

    assert lines_of(drawn.document(drawn.page(*pieces)), tmp_path) == [
        line for lines in columns for line in lines
    ]


def test_title_and_foot_stand_round_the_columns(tmp_path: Path):
    """A title over both columns comes first, head and foot of the page first and last."""
    left, right = drawn.prose(16), drawn.prose(16, start=7)
    pieces = [
        drawn.Text("Yearly report", 50, 770),
        drawn.Text("Page 7", 500, 770),
        drawn.Text("How the garden by the river came about and what it cost", 60, 735, size=18),
        *drawn.column(left, 50, 690),
        *drawn.column(right, 320, 690),
        drawn.Text("Printed in May", 50, 30),
        drawn.Text("7", 540, 30),
    ]

    lines = lines_of(drawn.document(drawn.page(*pieces)), tmp_path)

    assert lines[0].split() == ["Yearly", "report", "Page", "7"]
    assert lines[1].startswith("How the garden")
    assert lines[2:-1] == left + right
    assert lines[-1].split() == ["Printed", "in", "May", "7"]


def test_columns_above_and_below_a_wide_paragraph(tmp_path: Path):
    """A paragraph across the page ends the columns above it; those below begin again."""
    upper = drawn.prose(8), drawn.prose(8, start=7)
    lower = drawn.prose(8, start=3), drawn.prose(8, start=11)
    wide = drawn.prose(3, words=17, start=5)
    pieces = [
        *drawn.column(upper[0], 50, 740),
        *drawn.column(upper[1], 320, 740),
        *drawn.column(wide, 50, 610),
        *drawn.column(lower[0], 50, 550),
        *drawn.column(lower[1], 320, 550),
    ]

    lines = lines_of(drawn.document(drawn.page(*pieces)), tmp_path)

    assert lines == [*upper[0], *upper[1], *wide, *lower[0], *lower[1]]


def test_a_row_of_labels_and_amounts_stays_one_line(tmp_path: Path):
    """A receipt's items keep their amounts beside them, far as these stand to the right."""
    items = [
        ("Garden chairs with cushions", "129.00"),
        ("Watering can of zinc, large", "24.50"),
        ("Bird house", "18.00"),
    ]
    items += [
        ("Rope, twenty meters, hemp", "12.80"),
        ("Subtotal of all the goods", "184.30"),
        ("Total", "219.32"),
    ]
    pieces = [
        *drawn.column([label for label, _ in items], 60, 700),
        *drawn.column([amount for _, amount in items], 480, 700),
    ]

    lines = lines_of(drawn.document(drawn.page(*pieces)), tmp_path)

    assert lines == [f"{label}  {amount}" for label, amount in items]


def test_a_table_of_many_columns_is_read_row_by_row(tmp_path: Path):
    """Number, description, quantity, price and amount of an invoice's position stand in one line."""
    rows = [
        (str(n), " ".join(drawn.prose(1, words=5, start=n)), str(n + 2), f"{n}.50", f"{n * 3}.00")
        for n in range(1, 11)
    ]
    places = (50, 80, 330, 400, 480)
    pieces = [
        piece
        for x, cells in zip(places, zip(*rows, strict=True), strict=True)
        for piece in drawn.column(cells, x, 650)
    ]

    lines = lines_of(drawn.document(drawn.page(*pieces)), tmp_path)

    assert [line.split() for line in lines] == [" ".join(row).split() for row in rows]


def test_a_form_is_read_row_by_row(tmp_path: Path):
    """Labels and what was filled in beside them stay together, two fields to a row."""
    rows = [
        ("Name", "Ada Lovelace", "Born", "1815"),
        ("Street", "12 Mill Lane", "Town", "Hull"),
        ("Phone", "555 0100", "Fax", "none"),
    ]
    rows += [
        ("Employer", "Analytical", "Since", "1842"),
        ("Referee", "C. Babbage", "Signed", "yes"),
    ]
    places = (50, 130, 330, 400)
    pieces = [
        piece
        for x, cells in zip(places, zip(*rows, strict=True), strict=True)
        for piece in drawn.column(cells, x, 700, leading=24)
    ]

    lines = lines_of(drawn.document(drawn.page(*pieces)), tmp_path)

    assert [line.split() for line in lines] == [" ".join(row).split() for row in rows]


def test_text_along_the_margin_comes_last(tmp_path: Path):
    """A stamp that runs up the margin is apart and leaves the lines beside it whole."""
    body = drawn.prose(20, words=14)
    stamp = drawn.Text("received on the first of May", 25, 200, turned_deg=90)

    lines = lines_of(drawn.document(drawn.page(stamp, *drawn.column(body, 60, 700))), tmp_path)

    assert lines == [*body, "received on the first of May"]


@pytest.mark.parametrize("turned_deg", [90, 180, 270])
def test_a_page_written_sideways_is_read_upright(tmp_path: Path, turned_deg: int):
    """Text written at a right angle is read in order, and pages.json says how far the page was turned."""
    lines = drawn.prose(5)
    at = {
        90: lambda n: (100 + 14 * n, 100),
        180: lambda n: (500, 300 + 14 * n),
        270: lambda n: (500 - 14 * n, 600),
    }
    pieces = [
        drawn.Text(line, *at[turned_deg](number), turned_deg=turned_deg)
        for number, line in enumerate(lines)
    ]

    findings = documents.read(drawn.document(drawn.page(*pieces)), tmp_path)

    assert findings.text.splitlines() == lines
    page = json.loads(findings.derived["pages.json"].read_text())["pages"][0]
    assert (page["turned_deg"], page["width_pt"], page["height_pt"]) == (turned_deg, 612, 792)
    for line, piece in zip(page["lines"], pieces, strict=True):
        left, top, right, bottom = line["box"]
        assert left - 4 <= piece.x <= right + 4
        assert top - 4 <= 792 - piece.y <= bottom + 4


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_words_have_places_whichever_way_a_page_is_shown(tmp_path: Path, rotate: int):
    """The box of a word is where a reader sees it, on pages shown turned too."""
    data = drawn.document(drawn.page(drawn.Text("First second", 100, 600, size=20)), rotate=rotate)

    findings = documents.read(data, tmp_path)

    page = json.loads(findings.derived["pages.json"].read_text())["pages"][0]
    first, _ = page["lines"][0]["words"]
    shown = {
        0: (100, 174, 142, 197),
        90: (595, 100, 618, 142),
        180: (470, 595, 512, 618),
        270: (174, 470, 197, 512),
    }
    assert (page["width_pt"], page["height_pt"]) == (
        (612, 792) if rotate % 180 == 0 else (792, 612)
    )
    assert (first["text"], page["turned_deg"]) == ("First", (360 - rotate) % 360)
    assert first["box"] == pytest.approx(shown[rotate], abs=4)


def test_words_of_an_engine_are_carried_into_lines():
    """Words keep their own places and confidence, in points."""
    words = (Word("Grand", (100, 100, 150, 120), 0.9), Word("total", (160, 100, 200, 120), 0.8))
    segment = Segment("Grand total", (100, 100, 200, 120), 0.85, words=words)

    (line,) = reading_order.lines_of([segment], scale=0.5)

    assert line.words == (
        Word("Grand", (50, 50, 75, 60), 0.9),
        Word("total", (80, 50, 100, 60), 0.8),
    )


def test_words_without_places_get_their_share_of_the_line():
    """Where an engine reports lines only, each word gets the room its letters have among the line's."""
    (line,) = reading_order.lines_of([Segment("one three", (0, 0, 90, 10), 0.9)])

    assert [(word.text, word.box) for word in line.words] == [
        ("one", (0, 0, 30, 10)),
        ("three", (40, 0, 90, 10)),
    ]


def test_single_words_form_columns_too():
    """An engine that gives word by word has its columns found all the same."""
    left, right = drawn.prose(12), drawn.prose(12, start=7)
    segments = [
        Segment(word, (x + 10 * at, 20 * row, x + 10 * (at + len(word)), 20 * row + 14), 0.9)
        for x, lines in ((0, left), (620, right))
        for row, line in enumerate(lines)
        for at, word in _placed(line)
    ]

    assert [line.text for line in reading_order.lines_of(segments)] == left + right


def _placed(line: str) -> list[tuple[int, str]]:
    words = line.split()
    return [
        (len(" ".join(words[:number])) + (number > 0), word) for number, word in enumerate(words)
    ]
