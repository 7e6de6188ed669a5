import re
from urllib.parse import quote

import pytest
import sqlglot
from hypothesis import given, strategies as st
from sqlglot import exp
from sqlglot.dialects.tsql import TSQL

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.errors import ItemError, Misconfigured, UnusableValue
from pipeline.adapters.caspio.client.values import Column, Value

SPEAKABLE = st.text(
    st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from("'\"\\;-%_[]\n\t\r"))
)
PKS = st.lists(st.integers(1, 10**9).map(str), min_size=1, max_size=400, unique=True)


def parsed(clause: str) -> exp.Expression:
    """Parse a clause as SQL Server would."""
    (select,) = sqlglot.parse(f"SELECT 1 FROM t WHERE {clause}", dialect="tsql")  # noqa: S608 - parsed, never run
    assert select is not None
    condition: exp.Expression = select.args["where"].this
    return condition


@given(SPEAKABLE)
def test_text_means_exactly_itself(text: str) -> None:
    """Whatever a text holds, its clause is one comparison with a literal of exactly this text."""
    condition = parsed(where.equals("Name", text))

    assert isinstance(condition, exp.EQ)
    assert condition.this.sql() == "Name"
    assert isinstance(condition.expression, exp.Literal | exp.National)
    assert str(condition.expression.this) == text


UNSENDABLE = st.characters(categories=["Cc", "Cs"]).filter(lambda char: not where.is_sendable(char))


@given(st.tuples(st.text(), UNSENDABLE, st.text()).map("".join))
def test_unspeakable_text_is_refused(text: str) -> None:
    """A text with a control character or half a character is never put into a literal."""
    with pytest.raises(ItemError, match="control character"):
        where.equals("Name", text)


@pytest.mark.parametrize("text", ["a\x00b", "\x7f", "\x1b", "\ud800"])
def test_control_characters_are_unspeakable(text: str) -> None:
    """NUL, DEL, ESC and halves of surrogate pairs cannot be sent."""
    assert not where.is_sendable(text)


@given(st.one_of(st.integers(), st.booleans()))
def test_whole_number_means_exactly_itself(value: int) -> None:
    """A whole number or a truth becomes a number, never text."""
    condition = parsed(where.equals("Count", value))

    assert isinstance(condition, exp.EQ)
    assert condition.expression.to_py() == int(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float_is_met_and_its_interval_is_small(value: float) -> None:
    """A float's clause meets the float, and nothing that differs in the eleventh digit."""
    condition = parsed(where.equals("Total", value))

    if isinstance(condition, exp.EQ):
        assert float(condition.expression.to_py()) == value
        return
    low, high = (float(condition.args[side].expression.sql()) for side in ("this", "expression"))
    assert low <= value <= high
    assert high - low <= abs(value) * 1e-11


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_is_refused(value: float) -> None:
    """Infinity cannot be compared with."""
    with pytest.raises(ItemError):
        where.equals("Total", value)


def test_null_and_blank_are_distinguished() -> None:
    """NULL is asked for with IS NULL, blank with an empty literal."""
    assert where.equals("Name", None) == "Name IS NULL"
    assert where.equals("Name", "") == "Name = ''"


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("Total", "Total"),
        ("Order", "[Order]"),
        ("file", "[file]"),
        ("My Field", "[My Field]"),
        ("a]b", "[a]]b]"),
    ],
)
def test_names_are_bracketed_where_they_must_be(column: str, written: str) -> None:
    """Plain names stay plain; reserved words and names with other characters are bracketed."""
    assert where.name(column) == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_name_stays_one_name(column: str) -> None:
    """No name breaks out of its brackets."""
    condition = parsed(f"{where.name(column)} = 1")

    assert isinstance(condition, exp.EQ)
    assert condition.this.name == column


@pytest.mark.parametrize(
    "word", sorted({*TSQL.Tokenizer.KEYWORDS, *TSQL.Parser.FUNCTIONS, "XOR", "PRAGMA"})
)
def test_no_keyword_is_treated_as_anything_but_a_name(word: str) -> None:
    """A column may be called whatever a keyword is called."""
    condition = parsed(f"{where.name(word)} = 1")

    assert isinstance(condition, exp.EQ)
    assert isinstance(condition.this, exp.Column)
    assert condition.this.name == word


def test_unknown_names_are_all_listed_with_the_nearest() -> None:
    """A misspelt column stops the run with what may be meant."""
    columns = {"DocType": Column("DocType", "STRING")}

    with pytest.raises(Misconfigured) as caught:
        where.require_known(columns, ["DocTyp", "Zzz"], container="Receipts")

    assert len(caught.value.problems) == 2
    assert "'DocType'" in caught.value.problems[0]


@given(SPEAKABLE.map(lambda text: text + "x" * 101))
def test_part_of_a_text_is_guarded_by_length_and_slices(text: str) -> None:
    """A guard that may hold only so much of a text holds nothing that is not in it, and always its length."""
    clause = where.holds(Column("Notes", "TEXT"), text, longest=100)

    assert clause is not None
    lengths = parsed(clause).find(exp.In)
    assert lengths is not None
    assert str(len(text.rstrip(" "))) in [literal.name for literal in lengths.expressions]
    assert all(
        piece in text
        for literal in parsed(clause).find_all(exp.National)
        for piece in pieces(literal)
    )


def pieces(literal: exp.National) -> list[str]:
    """Return what a literal compares; of a pattern, the texts between its wildcards."""
    if literal.find_ancestor(exp.Like) is None:
        return [str(literal.this)]
    unescaped = re.compile(r"\[([%_\[])\]")
    return [unescaped.sub(r"\1", piece) for piece in re.split(r"(?<!\[)%", str(literal.this))]


def test_a_text_is_guarded_whole_while_there_is_room() -> None:
    """Of a text, more than some beginning is compared: all of it, if the address has room for that."""
    columns, text = {"Notes": Column("Notes", "TEXT")}, "line of a note\n" * 60 + "end"

    clause = where.guard("7", columns, {"Notes": text}, is_view=False, room=1_900)

    assert clause == f"(PK_ID = 7) AND (Notes = '{text}')"


def test_of_a_text_without_room_its_end_is_guarded_too() -> None:
    """Where the address has no room for the whole text, slices from its beginning to its end are compared."""
    columns = {"Notes": Column("Notes", "TEXT")}
    text = "".join(f"word{number:05} " for number in range(1_000)) + "end"

    clause = where.guard("7", columns, {"Notes": text}, is_view=False, room=1_900)

    assert "LEN(RTRIM(Notes)) IN (10003)" in clause
    assert clause.count("SUBSTRING(Notes, ") == 3
    assert "LEFT(Notes, 200) = 'word00000 " in clause
    assert "word00999 end'" in clause


def test_unspeakable_text_can_still_be_guarded() -> None:
    """A value somebody stored with control characters is guarded by what is between them."""
    clause = where.holds(Column("Notes", "TEXT"), "ab\x00cd\x01\x02")

    assert (
        clause == "LEN(RTRIM(Notes)) IN (7) AND LEFT(Notes, 2) = 'ab' AND "
        "SUBSTRING(Notes, 4, 2) = 'cd'"
    )


@pytest.mark.parametrize(
    ("value", "longest", "ending"),
    [
        ("a\x07 👋 bring 5% [or_so]", None, "N'%👋 bring 5[%] [[]or[_]so]'"),
        ("👋\x07twice 👋  ", None, "N'%👋%twice 👋'"),
        ("👋 " + "first " * 20 + "last", 20, "N'%👋 first fi%first last'"),
    ],
)
def test_what_is_behind_an_emoji_is_guarded_too(
    value: str, longest: int | None, ending: str
) -> None:
    """Behind a character that counts once or twice no place is known, but the end of a text is."""
    clause = where.holds(Column("Notes", "TEXT"), value, longest=longest)

    assert clause is not None
    assert clause.endswith(f"RTRIM(Notes) LIKE {ending}")


def test_a_text_of_blanks_is_guarded_by_its_length() -> None:
    """Caspio ignores blanks at the end, so nothing else of it is there to compare."""
    assert where.holds(Column("Notes", "TEXT"), " " * 9, longest=4) == "LEN(RTRIM(Notes)) IN (0)"


def test_a_text_of_control_characters_alone_cannot_be_guarded() -> None:
    """Its length would be all that is compared, and another text may be as long."""
    with pytest.raises(UnusableValue, match="control characters"):
        where.holds(Column("Notes", "TEXT"), "\x01\x02 ")


def test_list_columns_are_not_guarded() -> None:
    """Caspio does not take a LIST field in a WHERE."""
    assert where.holds(Column("Tags", "LIST-STRING"), "a, b") is None


def test_date_with_a_fraction_is_guarded_to_the_second() -> None:
    """The digits shown of a datetime are not those kept."""
    clause = where.holds(Column("Day", "DATE/TIME"), "2024-02-29T23:59:59.123")

    assert clause == "Day >= '2024-02-29T23:59:59' AND Day < '2024-03-01T00:00:00'"


def test_unset_text_is_met_however_it_is_stored() -> None:
    """Caspio shows NULL in a text column as "", so the guard for "" takes both."""
    assert where.holds(Column("Name", "STRING"), "") == "(Name = '') OR (Name IS NULL)"


@pytest.mark.slow
@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][a-z]{2,8}[0-9]", fullmatch=True), st.text(max_size=3000), max_size=6
    ),
    st.integers(600, 1900),
)
def test_guard_fits_its_room(values: dict[str, Value], room: int) -> None:
    """A guard over any texts is shortened until the address has room for it, or refused."""
    columns = {name: Column(name, "TEXT") for name in values}

    try:
        clause = where.guard("7", columns, values, is_view=False, room=room)
    except ItemError:
        return

    assert where.size(clause) <= room
    assert "PK_ID = 7" in parsed(clause).sql()


@given(PKS, st.integers(40, 1900))
def test_pk_clauses_name_every_record_once_and_fit(pks: list[str], room: int) -> None:
    """Together the clauses represent each record exactly once, and none is too long."""
    found = list(where.pk_clauses(pks, is_view=False, room=room))

    assert [pk for _, chunk in found for pk in chunk] == pks
    assert all(len(quote(clause, safe="-._~!$()*,:@/?")) <= room for clause, _ in found)


def test_dense_pks_become_a_range() -> None:
    """Numbers close together are one short clause."""
    pks = [str(n) for n in range(5, 1000)]

    assert [clause for clause, _ in where.pk_clauses(pks, is_view=False, room=100)] == [
        "PK_ID BETWEEN 5 AND 999"
    ]


def test_view_pks_are_text() -> None:
    """A view's PK_ID may list several records and is quoted."""
    assert where.pk_equals("12,7", is_view=True) == "PK_ID = '12,7'"


@pytest.mark.parametrize("pk", ["1 OR 1=1", "", "-1", "1.5", "٣"])
def test_no_pk_is_pasted_in(pk: str) -> None:
    """A table's PK_ID is digits or nothing."""
    with pytest.raises(ItemError):
        where.pk_equals(pk, is_view=False)
