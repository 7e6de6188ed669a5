from dataclasses import replace

import pytest
from hypothesis import assume, given, strategies as st

from pipeline.decide.column_values import holds, is_empty, same
from pipeline.decide.mapping import WantedValue, decide, wanted_values
from pipeline.model import (
    Column,
    ConfidenceLimits,
    Finding,
    Overwrite,
    Plan,
    RecordRef,
    RecordWork,
    SourceSpec,
    Value,
)

VALUES: dict[str, st.SearchStrategy[Value]] = {
    "STRING": st.one_of(
        st.none(), st.sampled_from(["", " ", "a", "a ", "b", "B"]), st.text(max_size=5)
    ),
    "NUMBER": st.one_of(
        st.none(), st.sampled_from([0, 0.0, 12.5, 12.500000000000001, -1]), st.floats(-1e6, 1e6)
    ),
    "DATE/TIME": st.sampled_from(
        [None, "", "2026-01-31", "2026-01-31T00:00:00", "2026-02-01T10:00:00"]
    ),
    "YES/NO": st.sampled_from([None, True, False]),
}
CONFIDENCES = st.floats(0, 1)
LIMITS = ConfidenceLimits(write_at=0.8, suggest_at=0.5)


def decided(  # noqa: PLR0917 - the ways of a merge, side by side
    kind: str, last: Value, current: Value, want: Value, policy: Overwrite, confidence: float = 0.9
) -> Plan:
    """Merge one column."""
    spec = SourceSpec("s", table="T", columns={"C": "company"}, overwrite=policy, limits=LIMITS)
    work = RecordWork("s", RecordRef("T", "1"), {"C": current}, ())
    return decide(
        work,
        spec=spec,
        wanted={"C": WantedValue(want, confidence, "it says so")},
        columns={"C": Column("C", kind)},
        last_written={} if last is None else {"C": last},
    )


@st.composite
def merges(draw: st.DrawFn) -> tuple[str, Value, Value, Value]:
    """Draw a column type, what we last wrote, what is there and what we want."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    return kind, draw(VALUES[kind]), draw(VALUES[kind]), draw(VALUES[kind])


@given(merges(), CONFIDENCES)
def test_under_empty_only_empty_columns_are_written(
    merge: tuple[str, Value, Value, Value], confidence: float
):
    """Under "empty" no value that is there is ever replaced, not even our own."""
    kind, last, current, want = merge

    plan = decided(kind, last, current, want, Overwrite.EMPTY, confidence)

    assert "C" not in plan.after or is_empty(current)


@given(merges(), CONFIDENCES)
def test_under_ours_a_users_value_is_never_replaced(
    merge: tuple[str, Value, Value, Value], confidence: float
):
    """Under "ours" a value that is not what we last wrote is never replaced."""
    kind, last, current, want = merge
    assume(not is_empty(current))
    assume(last is None or not same(current, last, Column("C", kind)))

    plan = decided(kind, last, current, want, Overwrite.OURS, confidence)

    assert plan.after == {}


@given(merges())
def test_under_ours_our_own_value_is_replaced(merge: tuple[str, Value, Value, Value]):
    """Under "ours" what we last wrote gives way to what the document says now."""
    kind, last, _, want = merge
    assume(not is_empty(last))
    assume(not holds(last, want, Column("C", kind)))

    plan = decided(kind, last, last, want, Overwrite.OURS)

    assert plan.after == {"C": want}


@given(merges())
def test_under_always_every_difference_is_written(merge: tuple[str, Value, Value, Value]):
    """Under "always" a sure finding is written wherever it differs."""
    kind, last, current, want = merge

    plan = decided(kind, last, current, want, Overwrite.ALWAYS)

    assert plan.after == ({} if holds(current, want, Column("C", kind)) else {"C": want})


@given(merges(), CONFIDENCES, st.sampled_from(Overwrite))
def test_every_difference_is_written_or_reported(
    merge: tuple[str, Value, Value, Value], confidence: float, policy: Overwrite
):
    """A value that differs is written or suggested, never both; dropped if it is too uncertain."""
    kind, last, current, want = merge

    plan = decided(kind, last, current, want, policy, confidence)

    differs = not holds(current, want, Column("C", kind))
    is_enough = confidence >= LIMITS.suggest_at
    assert len(plan.after) + len(plan.suggestions) == (differs and is_enough)


@given(merges(), CONFIDENCES, st.sampled_from(Overwrite))
def test_plan_keeps_what_it_was_made_against(
    merge: tuple[str, Value, Value, Value], confidence: float, policy: Overwrite
):
    """For every value to be written the plan holds the value it replaces, just as it was listed."""
    kind, last, current, want = merge

    plan = decided(kind, last, current, want, policy, confidence)

    assert plan.before == dict.fromkeys(plan.after, current)


@given(merges(), st.floats(0, LIMITS.write_at, exclude_max=True), st.sampled_from(Overwrite))
def test_unsure_value_is_never_written(
    merge: tuple[str, Value, Value, Value], confidence: float, policy: Overwrite
):
    """A finding below `write_at` is not written under any policy."""
    kind, last, current, want = merge

    assert decided(kind, last, current, want, policy, confidence).after == {}


def test_suggestion_says_why():
    """A value left to a user comes with the reason and with what was read."""
    empty = decided("STRING", None, "Theirs", "Read", Overwrite.EMPTY).suggestions[0]
    ours = decided("STRING", "Written", "Theirs", "Read", Overwrite.OURS).suggestions[0]
    unsure = decided("STRING", None, None, "Read", Overwrite.EMPTY, 0.75).suggestions[0]

    assert (empty.column, empty.current, empty.suggested) == ("C", "Theirs", "Read")
    assert "already holds a value" in empty.reason
    assert "somebody else wrote the value" in ours.reason
    assert "75 % sure; written at 80 % or more" in unsure.reason
    assert all("it says so" in suggestion.reason for suggestion in (empty, ours, unsure))


def test_column_may_have_limits_of_its_own():
    """One column's limits go before the source's, and the reason and the plan name them."""
    spec = SourceSpec(
        "s",
        table="T",
        columns=dict.fromkeys("ABC", "company"),
        limits=LIMITS,
        column_limits={"B": ConfidenceLimits(0.95, 0.5), "C": ConfidenceLimits(0.99, 0.92)},
    )
    work = RecordWork("s", RecordRef("T", "1"), {}, ())
    want = WantedValue("read", 0.9, "it says so")

    plan = decide(
        work,
        spec=spec,
        wanted=dict.fromkeys("ABC", want),
        columns={name: Column(name, "STRING") for name in "ABC"},
        last_written={},
    )

    (suggestion,) = plan.suggestions
    assert plan.after == {"A": "read"}
    assert plan.basis["A"].write_at == LIMITS.write_at
    assert suggestion.column == "B"
    assert "90 % sure; this column is written at 95 % or more" in suggestion.reason


def test_column_may_have_a_policy_of_its_own():
    """One column's policy goes before the source's."""
    spec = SourceSpec(
        "s",
        table="T",
        columns={"A": "company", "B": "company"},
        overwrite_columns={"B": Overwrite.ALWAYS},
    )
    work = RecordWork("s", RecordRef("T", "1"), {"A": "theirs", "B": "theirs"}, ())
    want = WantedValue("read", 0.99, "")
    shape = {name: Column(name, "STRING") for name in "AB"}

    plan = decide(work, spec=spec, wanted={"A": want, "B": want}, columns=shape, last_written={})

    assert plan.after == {"B": "read"}


@pytest.mark.parametrize("policy", [Overwrite.EMPTY, Overwrite.OURS])
def test_our_value_from_a_replaced_file_is_updated(policy: Overwrite):
    """What we wrote from a file that is gone is ours; what a user made of it since is the user's."""
    spec = SourceSpec("s", table="T", columns={"A": "company", "B": "company"}, overwrite=policy)
    work = RecordWork("s", RecordRef("T", "1"), {"A": "old", "B": "edited"}, ())
    want = WantedValue("new", 0.99, "")
    shape = {name: Column(name, "STRING") for name in "AB"}

    plan = decide(
        work,
        spec=spec,
        wanted={"A": want, "B": want},
        columns=shape,
        last_written={"A": "old", "B": "old"},
        outdated={"A", "B"},
    )

    assert plan.after == {"A": "new"}
    assert [suggestion.column for suggestion in plan.suggestions] == ["B"]


SPEC = SourceSpec("s", table="T", columns={"Company": "company", "Total": "total"})
COLUMNS = {"Company": Column("Company", "STRING"), "Total": Column("Total", "CURRENCY")}


def found(value: str | None, confidence: float = 0.9) -> Finding:
    """Return a finding."""
    return Finding(value, confidence, "it says so")


def test_surest_document_of_a_record_counts():
    """Of several documents' findings the surest is wanted."""
    documents = {
        "v1": {"company": found("A", 0.6)},
        "v2": {"company": found("B", 0.8)},
        "v3": {"company": found("C", 0.7)},
    }

    wanted = wanted_values(SPEC, documents, COLUMNS)

    assert wanted.values == {"Company": WantedValue("B", 0.8, "it says so", "v2")}
    assert wanted.problems == []


def test_first_of_equally_sure_documents_counts():
    """Equal confidence leaves the choice to the order of the documents, so that a repetition decides alike."""
    documents = {"v1": {"company": found("A")}, "v2": {"company": found("B")}}

    wanted = wanted_values(SPEC, documents, COLUMNS)

    assert wanted.values["Company"].value == "A"


@pytest.mark.parametrize("value", [None, "", "<b>", "\u200b", "=="])
def test_nothing_found_is_nothing_wanted(value: str | None):
    """A finding without text, or with none left when cleaned, never empties a column."""
    wanted = wanted_values(SPEC, {"v1": {"company": found(value)}}, COLUMNS)

    assert wanted.values == {}
    assert wanted.problems == []
    assert wanted.missing.keys() == {"Company", "Total"}


def test_unfit_finding_is_a_problem_of_its_column_alone():
    """A finding that does not fit is reported with its column; the other columns are wanted all the same."""
    wanted = wanted_values(SPEC, {"v1": {"company": found("A"), "total": found("much")}}, COLUMNS)

    assert list(wanted.values) == ["Company"]
    assert wanted.problems == ["Total: 'much' is not a number"]


@pytest.mark.parametrize(
    ("number", "value"), [("00471", 471), ("1.024", None), ("R-47", None), ("9" * 16, None)]
)
def test_a_number_of_a_document_is_no_amount(number: str, value: float | None):
    """A column of numbers gets what it keeps as it is: digits, and not too many."""
    spec = replace(SPEC, columns={"Number": "invoice_number"})
    documents = {"v1": {"invoice_number": found(number)}}

    wanted = wanted_values(spec, documents, {"Number": Column("Number", "NUMBER")})

    assert [each.value for each in wanted.values.values()] == ([value] if value else [])
    assert len(wanted.problems) == (value is None)


def test_no_is_a_value():
    """A No that was read is wanted, unlike a blank."""
    spec = replace(SPEC, columns={"Paid": "paid"})

    wanted = wanted_values(spec, {"v1": {"paid": found("no")}}, {"Paid": Column("Paid", "YES/NO")})

    assert wanted.values["Paid"].value is False


def test_a_column_without_a_value_says_why():
    """What is missing comes with the reason that the documents give, once."""
    documents = {
        "v1": {"total": Finding(None, 0.0, "unsure between 1 and 2")},
        "v2": {"total": Finding(None, 0.0, "unsure between 1 and 2")},
    }

    wanted = wanted_values(SPEC, documents, COLUMNS)

    assert wanted.missing == {"Company": "", "Total": "unsure between 1 and 2"}


def test_columns_that_stay_empty_are_left_open():
    """Neither written nor suggested, an empty column is left open, with what was too uncertain."""
    spec = SourceSpec("s", table="T", columns=dict.fromkeys("ABCD", "company"), limits=LIMITS)
    work = RecordWork("s", RecordRef("T", "1"), {"D": "theirs"}, ())

    plan = decide(
        work,
        spec=spec,
        wanted={
            "A": WantedValue("read", 0.9, "it says so"),
            "B": WantedValue("read", 0.4, "it says so"),
        },
        missing={"C": "", "D": ""},
        columns={name: Column(name, "STRING") for name in "ABCD"},
        last_written={},
    )

    assert plan.left_open == {
        "B": "'read' was read; 40 % sure; suggested at 50 % or more: it says so",
        "C": "",
    }
