"""What is promised about fields that are drawn: boxes, lines, frames, tables and combs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.processors import documents
from tests.unit.processors.drawn import Text, document, page, prose

HEIGHT = 792


def line(left: float, y: float, width: float = 150) -> bytes:
    """Return the operators that draw a line to write on, `y` from the top."""
    return f"{left} {HEIGHT - y} m {left + width} {HEIGHT - y} l S\n".encode()


def frame(left: float, top: float, width: float, height: float) -> bytes:
    """Return the operators that draw a rectangle, `top` from the top."""
    return f"{left} {HEIGHT - top - height} {width} {height} re S\n".encode()


def cross(left: float, top: float) -> bytes:
    """Return the operators that cross a box of nine points."""
    bottom = HEIGHT - top
    return (
        f"{left + 1} {bottom - 1} m {left + 8} {bottom - 8} l "
        f"{left + 1} {bottom - 8} m {left + 8} {bottom - 1} l S\n"
    ).encode()


def text(what: str, x: float, y: float, size: float = 10) -> Text:
    """Place a text, `y` from the top."""
    return Text(what, x, HEIGHT - y, size)


def fields_of(folder: Path, texts: Sequence[Text], drawn: Sequence[bytes]) -> dict[str, str | None]:
    """Return the fields of a page by label."""
    heading = [text(each, 60, 640 + 14 * at) for at, each in enumerate(prose(3))]
    data = document(page(*texts, *heading, over=b"".join(drawn)))
    found = documents.read(data, folder).fields
    return {
        name.removeprefix("label:"): each.value
        for name, each in found.items()
        if name.startswith("label:")
    }


@pytest.mark.parametrize("is_written", [False, True])
def test_a_box_is_checked_by_a_cross_or_a_letter(tmp_path: Path, *, is_written: bool):
    """The option at a drawn box with something in it answers the question before it."""
    texts = [text("Fence painted?", 60, 100), text("Yes", 163, 100), text("No", 213, 100)]
    texts += [text("X", 202, 99, 8)] if is_written else []
    drawn = [frame(150, 92, 9, 9), frame(200, 92, 9, 9)]
    drawn += [] if is_written else [cross(200, 92)]

    assert fields_of(tmp_path, texts, drawn) == {"fence painted": "No"}


def test_boxes_without_a_cross_answer_nothing(tmp_path: Path):
    """Options that nobody chose are no value of their question."""
    texts = [text("Fence:", 60, 100), text("Wood", 163, 100), text("Wire", 213, 100)]
    drawn = [frame(150, 92, 9, 9), frame(200, 92, 9, 9)]

    assert fields_of(tmp_path, texts, drawn) == {}


def test_options_below_their_question(tmp_path: Path):
    """Boxes below each other answer the question above them."""
    texts = [text("Kind of fence (check one)", 60, 100)]
    texts += [text(each, 73, 118 + 16 * at) for at, each in enumerate(("Wood", "Wire", "Hedge"))]
    drawn = [frame(60, 110 + 16 * at, 9, 9) for at in range(3)]

    found = fields_of(tmp_path, texts, [*drawn, cross(60, 126)])

    assert found == {"kind of fence (check one)": "Wire"}


def test_a_value_on_a_line_behind_its_label(tmp_path: Path):
    """No colon is needed where a line is drawn, and no known word; the next label ends it."""
    texts = [text("Keeper", 60, 100), text("Ada Marlowe", 110, 99)]
    texts += [text("Hutch", 270, 100), text("14", 305, 99)]
    drawn = [line(98, 102), line(300, 102, 60)]

    assert fields_of(tmp_path, texts, drawn) == {"keeper": "Ada Marlowe", "hutch": "14"}


def test_a_label_under_its_line(tmp_path: Path):
    """What is above a line belongs to the small label under it, and an empty line has no value."""
    texts = [text("Ada Marlowe", 64, 99), text("Name of keeper", 60, 110, 7)]
    texts += [text("Approved by", 60, 150, 7), text("Fee of the hutch", 300, 150, 7)]
    drawn = [line(60, 101), line(60, 141), line(300, 141)]

    assert fields_of(tmp_path, texts, drawn) == {"name of keeper": "Ada Marlowe"}


def test_a_frame_with_a_label_in_its_corner(tmp_path: Path):
    """The text below a small label in one frame is its value; a frame of a label alone is open."""
    texts = [text("Keeper of the hutch", 63, 90, 7), text("Ada Marlowe", 66, 106)]
    texts += [text("Day of the visit", 263, 90, 7), text("Fee", 63, 120, 7)]
    drawn = [frame(60, 80, 200, 30), frame(260, 80, 150, 30), frame(60, 110, 200, 30)]

    assert fields_of(tmp_path, texts, drawn) == {"keeper of the hutch": "Ada Marlowe"}


def test_a_label_above_a_frame(tmp_path: Path):
    """A label may be printed outside of the frame in which its value is."""
    texts = [text("Keeper", 60, 90, 9), text("Ada Marlowe", 63, 106)]
    texts += [text("Hutch", 300, 90, 9), text("Blue one", 303, 106)]

    found = fields_of(tmp_path, texts, [frame(60, 94, 200, 18), frame(300, 94, 200, 18)])

    assert found == {"keeper": "Ada Marlowe", "hutch": "Blue one"}


def test_labels_and_values_in_cells_beside_each_other(tmp_path: Path):
    """The cell on the right has the value, whatever is in the row below; it may be empty."""
    rows = [("Policy number", "PA 7"), ("Keeper", "Ada Marlowe"), ("Police report number", "")]
    rows += [("Builder", "Orwin & Sons")]
    texts, drawn = [], []
    for at, row in enumerate(rows):
        for column, each in enumerate(row):
            texts += [text(each, 64 + 150 * column, 100 + 20 * at)] if each else []
            drawn.append(frame(60 + 150 * column, 86 + 20 * at, 150, 20))

    found = fields_of(tmp_path, texts, drawn)

    assert found == {"policy number": "PA 7", "keeper": "Ada Marlowe", "builder": "Orwin & Sons"}


def test_a_letter_in_each_frame_of_a_comb(tmp_path: Path):
    """What is written into a comb is one word, without blanks."""
    letters = [text(each, 64 + 14 * at, 112) for at, each in enumerate("00418")]
    drawn = [frame(60 + 14 * at, 100, 14, 16) for at in range(8)]

    found = fields_of(tmp_path, [text("Hutch number", 60, 96, 7), *letters], drawn)

    assert found == {"hutch number": "00418"}


def test_cells_of_goods_are_no_fields(tmp_path: Path):
    """In a list the first cells have numbers: its headings are no labels of the cells beside."""
    rows = [("Pos", "Goods", "Count", "Sum"), ("1", "Oak shelf", "4", "9.50")]
    texts = [
        text(each, 64 + 100 * column, 100 + 20 * at)
        for at, row in enumerate(rows)
        for column, each in enumerate(row)
    ]
    drawn = [
        frame(60 + 100 * column, 86 + 20 * at, 100, 20) for at in (0, 1) for column in range(4)
    ]

    assert "pos" not in fields_of(tmp_path, texts, drawn)
