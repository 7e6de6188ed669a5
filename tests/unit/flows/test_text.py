import re

import pytest

from flows.prefect.ui.text import MOST_CHARACTERS, cell, one_line, quoted

LURES = [
    "![x](https://evil.example/p.png)", "[click](https://evil.example)", "<img src=x onerror=alert(1)>", "</td><b>",
    "![x][r]", "`code` | **bold**", "<https://evil.example>",
]  # fmt: skip


@pytest.mark.parametrize("text", LURES)
def test_a_strangers_text_is_escaped_in_markdown(text: str):
    """Each character that markdown obeys is escaped, and the text is the same without the escapes."""
    shown = quoted(text)

    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert not re.search(r"(?<!\\)[\[\]()<>|`*_!]", shown)


@pytest.mark.parametrize("text", LURES)
def test_a_cell_holds_no_link_picture_or_tag(text: str):
    """A table's cell neither links nor loads nor tags anything, in a UI that takes it for markdown."""
    assert not re.search(r"\]\(|\]\[|<[A-Za-z/!?]", cell(text))


def test_an_ordinary_text_stays_as_it_is():
    """What holds no lure is shown letter by letter."""
    assert (
        cell("Company = Müller & Söhne (Köln) [a] < b") == "Company = Müller & Söhne (Köln) [a] < b"
    )


def test_long_texts_are_cut_and_lines_joined():
    """A text of a million letters is cut with an ellipsis; line ends become blanks."""
    assert len(one_line("x" * 1_000_000)) == MOST_CHARACTERS
    assert one_line("a\nb\t c") == "a b c"
