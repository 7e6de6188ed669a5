"""Which PDF pages are read from their own text, which are recognized, and why."""

import codecs
import json
from pathlib import Path

import pytest

from processors.pdf import render
from processors.pdf.page_graphics import PageGraphics
from processors.pdf.text_layer_quality import junk_share
from tests.unit.processors import documents, drawn

PROSE = [
    drawn.Text(line, 60, 740 - 14 * number) for number, line in enumerate(drawn.prose(40, words=14))
]
HIDDEN = [drawn.Text(piece.text, piece.x, piece.y, mode=3) for piece in PROSE]
ENGLISH = (
    "The river rose during the night and by morning the lower fields were under water. Nobody "
    "had expected it so early "
    "in the year, and the fences that were to be repaired in spring had to be carried up the "
    "hill before breakfast."
)

CZECH = (
    "Řeka v noci stoupla a do rána byla dolní pole pod vodou. Nikdo to tak brzy nečekal, a "
    "ploty, které se měly na "
    "jaře opravit, bylo třeba před snídaní odnést na kopec a tam je nechat ležet, dokud voda "
    "neopadne."
)
TURKISH = (
    "Nehir geceleyin yükseldi ve sabaha kadar aşağıdaki tarlalar su altında kaldı. Kimse bunu "  # noqa: RUF001
    "yılın bu kadar erken "  # noqa: RUF001
    "bir zamanında beklemiyordu; ilkbaharda onarılacak çitler kahvaltıdan önce tepeye taşındı."  # noqa: RUF001
)
POLISH = (
    "Rzeka wezbrała w nocy i do rana dolne pola znalazły się pod wodą. Nikt nie spodziewał się "
    "tego tak wcześnie, "
    "a płoty, które miały zostać naprawione wiosną, trzeba było przed śniadaniem wnieść na wzgórze."
)
WELSH = (
    "Cododd yr afon yn ystod y nos ac erbyn y bore yr oedd y caeau isaf dan y dŵr. Nid oedd "
    "neb wedi disgwyl hynny "
    "mor gynnar yn y flwyddyn, a bu rhaid cario'r ffensys i fyny'r bryn cyn brecwast."
)

BY_ENGINE = "; the test says so"


def read(data: bytes, folder: Path, *, says: str = "what the scan says") -> list[tuple[str, str]]:
    """Read a PDF with a scripted engine; return source and reason of each page."""
    findings = documents.read(data, folder, engine=documents.ScriptedEngine(documents.says(says)))
    return [(page.source, page.reason.removesuffix(BY_ENGINE)) for page in findings.pages]


def test_sound_text_is_trusted(tmp_path: Path):
    """A page of words is read from its own text, and says so."""
    assert read(drawn.document(drawn.page(*PROSE)), tmp_path) == [("text", "its own text is sound")]


def test_a_page_without_text_is_recognized(tmp_path: Path):
    """A scan without text is recognized."""
    assert read(drawn.document(drawn.scan()), tmp_path) == [
        ("ocr", "the page has no text of its own")
    ]


def test_a_scan_with_header_and_footer_is_recognized(tmp_path: Path):
    """Lines above and below a scan are not the text of the page, however long they are."""
    lines = drawn.prose(4, words=16)
    pieces = [*drawn.column(lines[:2], 40, 780), *drawn.column(lines[2:], 40, 30)]

    pages = read(
        drawn.document(drawn.page(*pieces, behind=drawn.scan(500, 650, x=50, y=60))), tmp_path
    )

    assert pages == [("ocr", "its own text is little compared with the image that covers it")]


def test_good_text_hidden_behind_a_scan_is_trusted(tmp_path: Path):
    """Text that another program recognized well is not recognized again."""
    pages = read(drawn.document(drawn.page(*HIDDEN, behind=drawn.scan())), tmp_path)

    assert pages == [("text", "the hidden text in it, recognized by another program, is sound")]


def test_text_under_an_image_is_hidden(tmp_path: Path):
    """Text covered by an image is hidden although it is drawn."""
    pages = read(drawn.document(drawn.page(*PROSE, over=drawn.scan())), tmp_path)

    assert pages[0][1].startswith("the hidden text in it")


def test_badly_recognized_hidden_text_is_recognized_again(tmp_path: Path):
    """Specks and broken words behind a scan are ignored."""
    noise = (
        "tne ri~er r0se | . dur1ng ; the n|ght ' b m_rn ^ the 1ow^er f elds , : were ~ und=er "
        "w ter . _ h"
    )
    pieces = [drawn.Text(noise, 60, 740 - 14 * line, mode=3) for line in range(40)]

    source, reason = read(drawn.document(drawn.page(*pieces, behind=drawn.scan())), tmp_path)[0]

    assert source == "ocr"
    assert reason.startswith("the hidden text in it was badly recognized")


def test_text_in_an_exchanged_alphabet_is_recognized(tmp_path: Path):
    """Letters that form no words, as with a wrong character table, are not trusted."""
    pieces = [
        drawn.Text(
            "".join(chr(ord(c) + 3) if c.isalpha() else c for c in piece.text), piece.x, piece.y
        )
        for piece in PROSE
    ]

    source, reason = read(drawn.document(drawn.page(*pieces)), tmp_path)[0]

    assert source == "ocr"
    assert reason.startswith("its own text makes no sense")


def test_text_drawn_as_outlines_is_recognized(tmp_path: Path):
    """A page with letters drawn as paths is recognized, even with one word of real text."""
    curves = b"".join(
        b"%d %d m %d %d l S\n" % (60 + n % 40, 700 - n, 70 + n % 30, 705 - n) for n in range(400)
    )

    pages = read(drawn.document(drawn.page(drawn.Text("Draft", 60, 760), over=curves)), tmp_path)

    assert pages == [("ocr", "most of its text is drawn as outlines")]


def test_blank_pages_are_skipped(tmp_path: Path):
    """An empty page, and a scan of white paper with its grain, are not recognized."""
    grain = (
        b"q 612 0 0 792 0 0 cm BI /W 128 /H 128 /BPC 8 /CS /G ID "
        + bytes(244 + (7 * place) % 11 for place in range(128 * 128))
        + b" EI Q"
    )
    engine = documents.ScriptedEngine(documents.says("never"))

    findings = documents.read(drawn.document(b"", grain), tmp_path, engine=engine)

    assert [(page.source, page.reason) for page in findings.pages] == [
        ("none", "the page is blank")
    ] * 2
    assert engine.seen == []


def test_the_reason_is_kept_with_the_page(tmp_path: Path):
    """pages.json says for each page where its text comes from and why."""
    findings = documents.read(drawn.document(drawn.page(*PROSE), drawn.scan()), tmp_path)

    pages = json.loads(findings.derived["pages.json"].read_text())["pages"]
    assert [(page["source"], page["engine"], page["reason"]) for page in pages] == [
        ("text", "pdfium", "its own text is sound"),
        ("ocr", "scripted", f"the page has no text of its own{BY_ENGINE}"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 4711, total 12.50 EUR, due on 1 March",
        "Rechnung Nr. 12 über Straßenbeläge und Äpfel",
        "GH-4711 XZ99 BCD KRT",
        "",
        ENGLISH,
        CZECH,
        TURKISH,
        POLISH,
        WELSH,
        "Река поднялась ночью, и к утру нижние поля оказались под водой.",
        "川は夜のうちに増水し、朝には下の畑が水に浸かっていた。",
    ],
)
def test_ordinary_text_is_no_junk(text: str):
    """Prose of many languages, umlauts, codes and empty text are no junk."""
    assert junk_share(text) < 0.1


@pytest.mark.parametrize(
    "text",
    [
        "\ue001\ue002\ue003 \ue004\ue005",
        "\ufffd\ufffd\ufffdab",
        "(cid:12)(cid:7)(cid:33)",
        " ".join(["WKLV", "LVWKHF", "SKHUZ", "KDWKS", "GXPPB"] * 4),
        "".join(chr(ord(char) - 29) for char in ENGLISH),
        "Äpfel, Öl, süße Brötchen, Käse für später und größere Tüten".encode().decode(
            "cp1252", "replace"
        ),
        "Река поднялась ночью и к утру нижние поля оказались под водой, чего никто не ожидал "
        "так рано. " * 2,
        codecs.encode(ENGLISH.replace("r", "q").replace("e", "j").replace("a", "v"), "rot13"),
    ],
    ids=[
        "private",
        "replaced",
        "numbers",
        "shifted",
        "glyph numbers",
        "mojibake",
        "cyrillic as western",
        "exchanged",
    ],
)
def test_glyphs_without_meaning_are_junk(text: str):
    """Private characters, replacements, wrong encodings and exchanged alphabets are junk."""
    if text.startswith("Река"):
        text = text.encode("cp1251").decode("cp1252", "replace")

    assert junk_share(text) > 0.25


def test_unmapped_glyphs_count_as_junk():
    """Characters without a meaning in their font are junk although they look like letters."""
    assert junk_share("looks fine enough", unmapped_share=0.7) > 0.25


@pytest.mark.parametrize(
    ("size_pt", "painted", "dpi"),
    [
        ((612, 792), PageGraphics(paths=500), 200),
        ((612, 792), PageGraphics(image_share=1.0, dpi=600), 200),
        ((612, 792), PageGraphics(image_share=1.0, dpi=150), 150),
        ((612, 792), PageGraphics(image_share=1.0, dpi=72), 100),
        ((612, 792), PageGraphics(image_share=1.0, dpi=2), 200),
        ((612, 792), PageGraphics(image_share=0.1, dpi=72), 200),
        ((227, 600), PageGraphics(image_share=1.0, dpi=400), 300),
    ],
    ids=[
        "drawn",
        "fine scan",
        "coarse scan",
        "very coarse scan",
        "pattern behind",
        "logo",
        "receipt",
    ],
)
def test_pages_are_drawn_at_the_resolution_they_need(
    size_pt: tuple[float, float], painted: PageGraphics, dpi: float
):
    """A coarse scan is drawn at its own resolution, a small page at a higher one."""
    assert render.scale_for_ocr(*size_pt, painted) * 72 == pytest.approx(dpi, abs=1)


def test_large_pages_are_drawn_at_a_lower_resolution():
    """A plan of two meters stays within the number of pixels that are recognized at once."""
    scale = render.scale_for_ocr(5670, 5670, PageGraphics(paths=9000))

    assert (5670 * scale) ** 2 <= 24_000_001


def test_pages_are_recognized_in_gray(tmp_path: Path):
    """The engine gets one band: color costs three times as much and adds nothing."""
    engine = documents.ScriptedEngine(documents.says("words"))

    documents.read(drawn.document(drawn.scan()), tmp_path, engine=engine)

    assert engine.seen[0].mode == "L"
