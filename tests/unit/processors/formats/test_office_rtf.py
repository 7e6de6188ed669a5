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
        *(b"{\\cf2 %s}", b"{\\cb2\\cf2 %s}", b"{\\cf2 %s}\\cbpat1 ", b"{\\fs2 %s}"),
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
        *(b"{\\fs12 %s}", b"{\\fs1\\plain %s}"),
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


NEW_BOX = b"{\\shp{\\*\\shpinst\\shpleft9{\\sp{\\sn fHidden}{\\sv %d}}{\\shptxt \\pard{\\b Blue} pot\\par}}%s}"
OLD_BOX = b"{\\*\\do\\dptxbx{\\dptxbxtext\\pard Blue pot\\par}}"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (b"{\\header\\pard Blue pot\\par}Tea\\par", "Blue pot\nTea"),
        (b"{\\footerf Blue pot}{\\footer Blue pot}Tea\\par", "Tea\nBlue pot"),
        (NEW_BOX % (0, b"{\\shprslt" + OLD_BOX + b"}") + b"Tea\\par", "Tea\nBlue pot"),
        (OLD_BOX + b"Tea\\par", "Tea\nBlue pot"),
        (NEW_BOX % (1, b"") + b"Tea\\par", "Tea"),
        (b"{\\header Blue {\\v pot}}Tea\\par", "Blue\nTea\n\npot"),
        (b"{\\header Blue \\{pot", "Blue {pot"),
    ],
    ids=[
        "header",
        "footers",
        "box and its copy",
        "old box",
        "hidden box",
        "hidden word",
        "cut off",
    ],
)
def test_text_beside_that_of_the_document_is_read(part: bytes, text: str, tmp_path: Path):
    """Letterheads are headers, and sums may be in boxes."""
    found = documents.read(b"{\\rtf1\\ansi " + part + b"}", tmp_path).text

    assert found.split() == text.split()


def test_cells_of_a_table_are_apart(tmp_path: Path):
    """The cells of a row are separated like those of any other table."""
    data = b"{\\rtf1\\ansi\\trowd\\intbl Tea\\cell 4.20\\cell\\row}"

    findings = documents.read(data, tmp_path)

    assert findings.text.strip() == "Tea\t4.20"
