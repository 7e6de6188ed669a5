import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given, strategies as st

from pipeline.decide.column_values import (
    STRING_CHARS,
    TEXT_CHARS,
    WRITABLE_TYPES,
    UnfitText,
    clean_text,
    convert,
    holds,
    is_empty,
    same,
)
from pipeline.decide.mapping import refuse_columns
from pipeline.model import Column, SourceSpec, Value

AWKWARD = st.sampled_from(
    [
        "<b>",
        "<a<b>c>",
        "\u202e",
        "\u200d\u0301",
        "e",
        "😀",
        "\x00",
        "\ud800",
        "=",
        "+",
        "-",
        "@",
        "\r\n",
        "\t",
        "-5",
    ]
)
PIECES = st.one_of(
    st.text(max_size=40), AWKWARD, st.just("word " * 60), st.text(st.characters(), max_size=40)
)
ANY_TEXT = st.lists(PIECES, max_size=6).map("".join)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("STRING", "Acme Ltd", "Acme Ltd"),
        ("TEXT", "one\ntwo", "one\ntwo"),
        ("NUMBER", "12.50", 12.5),
        ("NUMBER", " -0.001 ", -0.001),
        ("NUMBER", "1e3", 1000.0),
        ("CURRENCY", "12.50", 12.5),
        ("CURRENCY", "0.00005", 0.0),
        ("CURRENCY", "-922337203685477", -922337203685477.0),
        ("INTEGER", "7", 7),
        ("INTEGER", "7.00", 7),
        ("INTEGER", "-2147483648", -2147483648),
        ("DATE/TIME", "2026-01-31", "2026-01-31T00:00:00"),
        ("DATE/TIME", "2026-01-31T10:20:30.5", "2026-01-31T10:20:30"),
        ("DATE/TIME", "1753-01-01", "1753-01-01T00:00:00"),
        ("YES/NO", "Yes", True),
        ("YES/NO", "true", True),
        ("YES/NO", "0", False),
        ("YES/NO", " no ", False),
    ],
)
def test_findings_become_values_of_the_columns_type(kind: str, text: str, value: Value):
    """A finding that fits becomes a value as the column's type has it."""
    converted = convert(text, Column("C", kind))

    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("NUMBER", "twelve"),
        ("NUMBER", ""),
        ("NUMBER", "NaN"),
        ("NUMBER", "sNaN"),
        ("NUMBER", "Infinity"),
        ("NUMBER", "1e400"),
        ("NUMBER", "1e999999999"),
        ("CURRENCY", "12,50"),
        ("CURRENCY", "922337203685478"),
        ("CURRENCY", "1e300"),
        ("INTEGER", "7.5"),
        ("INTEGER", "2147483648"),
        ("INTEGER", "-2147483649"),
        ("INTEGER", "1e300"),
        ("DATE/TIME", "31.01.2026"),
        ("DATE/TIME", "2026-02-30"),
        ("DATE/TIME", "1752-12-31"),
        ("DATE/TIME", ""),
        ("YES/NO", "maybe"),
        ("YES/NO", "2"),
        ("FILE", "/Inbox/a.pdf"),
        ("ATTACHMENT", "a.pdf"),
        ("LIST-STRING", "a"),
        ("PASSWORD", "a"),
        ("AUTONUMBER", "1"),
        ("TIMESTAMP", "2026-01-31"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(kind: str, text: str):
    """A finding that the column's type cannot hold is refused, and the reason says what was wrong."""
    with pytest.raises(UnfitText) as caught:
        convert(text, Column("C", kind))

    assert repr(text) in str(caught.value) or kind in str(caught.value)


@given(st.sampled_from(sorted(WRITABLE_TYPES)), ANY_TEXT)
def test_no_text_breaks_a_conversion(kind: str, text: str):
    """Whatever a document says, a conversion gives a value or says that it does not fit."""
    column = Column("C", kind)
    try:
        value = convert(text, column)
    except UnfitText:
        return

    assert same(value, value, column)


@given(st.decimals(min_value=Decimal(-(10**12)), max_value=Decimal(10**12), places=2))
def test_currency_keeps_its_cents(amount: Decimal):
    """A sum of money arrives to the cent."""
    assert (
        Decimal(str(convert(str(amount), Column("C", "CURRENCY")))).quantize(Decimal("0.01"))
        == amount
    )


@given(ANY_TEXT, st.integers(min_value=2, max_value=300))
@example("e\u200d\u0301", 10)
@example("=\n=1+1", 10)
@example("<img<b>src=x>", 30)
def test_clean_text_is_idempotent(text: str, max_chars: int):
    """Clean text is left as it is."""
    once = clean_text(text, max_chars=max_chars)

    assert clean_text(once, max_chars=max_chars) == once


@given(ANY_TEXT, st.integers(min_value=2, max_value=300))
def test_clean_text_fits(text: str, max_chars: int):
    """Clean text has no more characters than the column."""
    assert len(clean_text(text, max_chars=max_chars)) <= max_chars


@given(ANY_TEXT)
@example("e\u200d\u0301")
@example("\u202egnp.exe")
def test_clean_text_is_plain(text: str):
    """Clean text is composed, holds no control or bidirectional character, and nothing beyond the basic plane."""
    clean = clean_text(text, max_chars=STRING_CHARS)

    assert clean == unicodedata.normalize("NFC", clean)
    assert not {unicodedata.category(char) for char in clean if char not in "\n\t"} & {
        "Cc",
        "Cf",
        "Cs",
    }
    assert all(len(char.encode()) < 4 for char in clean)


@given(ANY_TEXT)
@example("=1+1")
@example("\u00a0=1+1")
@example("= \t=1+1")
@example("<b>@SUM(A1)")
def test_clean_text_is_no_formula(text: str):
    """Clean text begins with no sign a spreadsheet would calculate from, unless it is a signed number."""
    clean = clean_text(text, max_chars=STRING_CHARS)

    assert clean[:1] not in {"=", "@"}
    assert clean[:1] not in {"+", "-"} or re.fullmatch(r"[+-][\d.,]+…?", clean)


@given(ANY_TEXT)
@example("<img<b>src=x onerror=alert(1)>")
@example("<<b>script>")
@example("<" + "a " * 600 + ">")
def test_clean_text_holds_no_tag(text: str):
    """No tag survives, nor is one put together from the pieces round another."""
    assert not re.search(r"<[^<>]*>", clean_text(text, max_chars=TEXT_CHARS))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("-5.00", "-5.00"),
        ("+49,1", "+49,1"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("Total < 5 and rising", "Total < 5 and rising"),
        ("<b>Acme</b>", "Acme"),
        ("say 😀", "say \ufffd"),
        ("=HYPERLINK(1)", "HYPERLINK(1)"),
    ],
)
def test_ordinary_text_stays(text: str, clean: str):
    """Cleaning takes what is dangerous and leaves the rest."""
    assert clean_text(text, max_chars=STRING_CHARS) == clean


def test_long_text_is_cut_at_a_word():
    """Text that is too long ends at a whole word with an ellipsis."""
    assert clean_text("one two three four", max_chars=12) == "one two…"
    assert clean_text("a" * 20, max_chars=12) == "a" * 11 + "…"


def test_text_columns_hold_more_than_string_columns():
    """The limit is the column type's own."""
    text = "a" * (TEXT_CHARS + 1)

    assert len(str(convert(text, Column("C", "STRING")))) == STRING_CHARS
    assert len(str(convert(text, Column("C", "TEXT")))) == TEXT_CHARS


@pytest.mark.parametrize("value", [None, "", "  ", False])
def test_nothing_is_empty(value: Value):
    """NULL, blank text and No count as empty."""
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, 0.0, "0", True, "x", "\n", " \t ", "\u00a0"])
def test_something_is_not_empty(value: Value):
    """A zero is a value, and so is a line end that somebody has typed."""
    assert not is_empty(value)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("STRING", "a", "a  "),
        ("STRING", None, ""),
        ("TEXT", "  ", None),
        ("NUMBER", 12.5, 12.500000000000001),
        ("CURRENCY", "12.50", 12.5),
        ("INTEGER", 7, 7.0),
        ("DATE/TIME", "2026-01-31", "2026-01-31T00:00:00"),
        ("DATE/TIME", "2026-01-31T10:00:00.123", "2026-01-31T10:00:00"),
        ("YES/NO", None, False),
        ("YES/NO", True, 1),
    ],
)
def test_equal_as_the_column_sees_it(kind: str, one: Value, other: Value):
    """Two spellings of one value are the same, either way round."""
    column = Column("C", kind)

    assert same(one, other, column)
    assert same(other, one, column)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("STRING", "a", "A"),
        ("STRING", " a", "a"),
        ("STRING", "0", None),
        ("STRING", "a", "a\n"),
        ("TEXT", "a", "a\t"),
        ("TEXT", "a", "a\r\n"),
        ("TEXT", "a", "a\u00a0"),
        ("TEXT", "\n", None),
        ("STRING", "\t ", ""),
        ("NUMBER", 0, None),
        ("NUMBER", 12.5, 12.51),
        ("NUMBER", "n/a", 1),
        ("DATE/TIME", "2026-01-31", "2026-02-01"),
        ("DATE/TIME", "soon", "2026-02-01"),
        ("YES/NO", True, False),
    ],
)
def test_different_as_the_column_sees_it(kind: str, one: Value, other: Value):
    """Different values are different, either way round."""
    column = Column("C", kind)

    assert not same(one, other, column)
    assert not same(other, one, column)


@pytest.mark.parametrize(
    ("kind", "current", "wanted", "is_there"),
    [
        ("STRING", "Receipt", "receipt", True),
        ("STRING", "RECEIPT ", "receipt", True),
        ("TEXT", "straße", "STRASSE", True),
        ("STRING", "Café", "cafe", False),
        ("STRING", "receipts", "receipt", False),
        ("STRING", None, "receipt", False),
        ("NUMBER", 12.5, 12.5, True),
        ("DATE/TIME", "2026-01-31", "2026-01-31T00:00:00", True),
    ],
)
def test_a_column_holds_a_text_in_any_case(
    kind: str,
    current: Value,
    wanted: Value,
    is_there: bool,  # noqa: FBT001 - a parameter of the cases
):
    """As to SQL Server, case makes no difference, and an accent does."""
    assert holds(current, wanted, Column("C", kind)) is is_there


COLUMNS = {
    "DocType": Column("DocType", "STRING"),
    "Sum": Column("Sum", "CURRENCY", is_formula=True),
    "Stamp": Column("Stamp", "STRING", editable=False),
    "Scan": Column("Scan", "ATTACHMENT"),
}


def refused(**columns: str) -> list[str]:
    """Return the sentences for a mapping."""
    return list(refuse_columns(SourceSpec("receipts", table="Receipts", columns=columns), COLUMNS))


def test_good_mapping_is_not_refused():
    """A column that is there and can be written gives no sentence."""
    assert refused(DocType="doc_type") == []


def test_every_bad_column_has_its_sentence():
    """All bad columns are reported at once, each with source, column, table and what to do."""
    sentences = refused(
        Missing="date", Sum="total", Stamp="company", Scan="text", DocType="doc_type"
    )

    assert len(sentences) == 4
    for column, sentence in zip(("Missing", "Sum", "Stamp", "Scan"), sentences, strict=True):
        assert sentence.startswith(f"source 'receipts': column {column!r} of 'Receipts'")
    assert "Columns there: DocType, Scan, Stamp, Sum" in sentences[0]
    assert "map 'total' to another column" in sentences[1]
    assert "map 'company' to another column" in sentences[2]
    assert "type ATTACHMENT" in sentences[3]
    assert "STRING" in sentences[3]


def _fits(kind: str, finding: str) -> bool:
    spec = SourceSpec("receipts", table="Receipts", columns={"C": finding})
    return not list(refuse_columns(spec, {"C": Column("C", kind)}))


def test_a_column_that_could_never_hold_its_finding_is_refused():
    """A company is no date, no number and no yes or no; a total may well be whole, an invoice number a number."""
    holding = {
        finding: {
            kind
            for kind in ("STRING", "NUMBER", "INTEGER", "DATE/TIME", "YES/NO")
            if _fits(kind, finding)
        }
        for finding in ("company", "date", "total", "invoice_number")
    }

    assert holding["company"] == {"STRING"}
    assert holding["date"] == {"STRING", "DATE/TIME"}
    assert holding["total"] == {"STRING", "NUMBER", "INTEGER"}
    assert {"STRING", "NUMBER", "INTEGER"} <= holding["invoice_number"]


@pytest.mark.parametrize("finding", ["sex", "nationality", "issuing_country", "period"])
@pytest.mark.parametrize("kind", ["CURRENCY", "NUMBER", "INTEGER", "DATE/TIME", "YES/NO"])
def test_what_is_never_a_number_alone_fits_texts_only(finding: str, kind: str):
    """A country or a sex is letters, and a period two days: the mapping offers them for texts."""
    assert _fits("STRING", finding)
    assert not _fits(kind, finding)


def test_column_in_another_spelling_is_pointed_out():
    """A column whose case differs is refused with its own spelling, since values are known by it."""
    (sentence,) = refused(doctype="doc_type")

    assert "'DocType'" in sentence


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t=", "\u202e="]
)
def test_no_text_begins_like_a_formula(sign: str):
    """Signs that spreadsheets treat as a formula's beginning are taken off, wide and hidden ones too."""
    assert clean_text(f"{sign}HYPERLINK(1)", max_chars=100) == "HYPERLINK(1)"


def test_formulas_can_be_allowed():
    """Where the source allows it, text may begin with any sign."""
    column = Column("Note", "TEXT")

    assert convert("=1+1", column, allow_formulas=True) == "=1+1"
    assert convert("=1+1", column) == "1+1"
