"""Rich text is read without its formatting."""

from pathlib import Path

import pytest

from tests.unit.processors import documents


def test_rich_text_is_read_without_formatting(tmp_path: Path):
    """Rich text gives its words, letters beyond ASCII among them."""
    findings = documents.read(documents.rtf("Grüße aus Köln"), tmp_path)

    assert findings.text == "Grüße aus Köln"


COLORS = b"{\\rtf1\\ansi{\\colortbl;\\red9\\green9\\blue9;\\red255\\green255\\blue255;}"


@pytest.mark.parametrize(
    "hidden",
    [
        *(b"{\\v %s}", b"\\v %s\\v0 ", b"\\deleted %s\\deleted0 ", b"\\v %s\\plain "),
        *(b"{\\strike %s}", b"{\\strike\\striked0 %s}", b"\\striked1 %s\\striked0 "),
        *(b"{\\cf2 %s}", b"{\\cb2\\cf2 %s}", b"{\\cf2 %s}\\cbpat1 "),
    ],
)
def test_hidden_rich_text_is_kept_apart(hidden: bytes, tmp_path: Path):
    """What Word does not show, or as no longer valid, is no value; it is behind the text."""
    data = COLORS + b"Green tea\\par " + hidden % b"Blue \\rquote pot" + b"Red cup\\par}"

    findings = documents.read(data, tmp_path)

    assert findings.text == "Green tea\nRed cup\n\nBlue \u2019pot"


@pytest.mark.parametrize(
    "color",
    [
        *(b"{\\cf1 %s}", b"{\\cf2\\highlight1 %s}", b"{\\cf2\\chcbpat1 %s}", b"{\\strike0 %s}"),
        *(b"\\pard\\cbpat1{\\cf2 %s}", b"\\trowd\\clcbpat1\\pard{\\cf2 %s}", b"{\\cf2\\plain %s}"),
        *(
            b"\\pard\\bgdkhoriz{\\cf2 %s}",
            b"{\\chbgcross\\cf2 %s}",
            b"\\trowd\\clbgcross\\pard{\\cf2 %s}",
        ),
    ],
)
def test_rich_text_in_color_is_read(color: bytes, tmp_path: Path):
    """Letters of another color, and white ones on a color, are seen."""
    data = COLORS + b"Green tea\\par " + color % b"Blue pot" + b"\\par}"

    assert documents.read(data, tmp_path).text == "Green tea\nBlue pot"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{\\rtf1\\mac\\deff0 Gr\\'9f\\'a7e}", "Grüße"),
        (b"{\\rtf1\\pca\\deff0 Gr\\'81\\'e1e}", "Grüße"),
        (b"{\\rtf1\\ansi\\ansicpg1251 \xf7\xe0\xe9}", "чай"),
        (b"{\\rtf1\\ansi\\ansicpg1252 caf\xe9}", "café"),
        (
            b"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset238 Arial CE;}}\\f0 \\'e8\\f1 \\'e8}",
            "èč",
        ),
    ],
    ids=["Macintosh", "DOS", "bytes as they are", "one byte", "fonts with and without"],
)
def test_rich_text_is_decoded_by_its_character_set(data: bytes, text: str, tmp_path: Path):
    """A character set, or a code page, says what the bytes mean, also those not escaped."""
    assert documents.read(data, tmp_path).text == text


def test_cells_of_a_table_are_apart(tmp_path: Path):
    """The cells of a row are separated like those of any other table."""
    data = b"{\\rtf1\\ansi\\trowd\\intbl Tea\\cell 4.20\\cell\\row}"

    findings = documents.read(data, tmp_path)

    assert findings.text.strip() == "Tea\t4.20"
