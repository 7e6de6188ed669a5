"""What a column can take with the evidence for it, and what a source costs."""

from dataclasses import replace

import pytest

from pipeline.model import Column, SourceSpec
from pipeline.onboarding.choices import column_choices, documents_say
from pipeline.onboarding.cost import source_cost
from pipeline.onboarding.sample_documents import Agreement, agreements
from pipeline.settings.schedule import runs_a_month
from tests.unit.pipeline.onboarding.test_proposal import table
from tests.unit.pipeline.onboarding.test_sample_documents import sample, with_fields

COLUMNS = (
    Column("Xyz", "CURRENCY"),
    Column("Total", "STRING"),
    Column("Sum", "NUMBER", editable=False),
)
PLACE = with_fields(table(*COLUMNS), "Scan")
SAMPLES = [
    sample("Scan", total="12.50", values={"Xyz": 12.5, "Total": "n/a"}),
    sample("Scan", total="13.50", values={"Xyz": 13.5}),
    sample("Scan", total="14.50", values={"Xyz": 1.0}),
    sample("Scan", date="2026-03-31"),
]


def test_values_speak_louder_than_names():
    """Two of three records agree: that column is proposed; what never agrees is no evidence."""
    xyz, total, fixed = (
        one for one in column_choices(PLACE, SAMPLES) if one.column.type != "ATTACHMENT"
    )

    assert (xyz.proposed, xyz.suggested[0].evidence) == ("total", "2 of 3 sample records agree")
    assert [one.finding for one in xyz.suggested] == ["total"]
    assert total.proposed == ""
    assert "calculated or read-only" in fixed.why_not
    assert agreements(PLACE, SAMPLES) == {("Xyz", "total"): Agreement(2, 3)}


def test_values_of_a_column_stay_what_they_are():
    """An amount is shown as its column shows it, so it is no text; different ones are shown once."""
    rows = [{"Xyz": 18500.0}, {"Xyz": None}, {"Xyz": 18500.0}, {"Xyz": 7.5}]
    place = replace(PLACE, samples=tuple(rows))

    (xyz, *_) = column_choices(place, [])

    assert xyz.values == (18500.0, 7.5)


def test_what_this_program_wrote_proves_nothing():
    """That a document says what was read in it is no evidence for a column."""
    own = [replace(one, own=frozenset({"Xyz"})) for one in SAMPLES]

    assert agreements(PLACE, own) == {}


def test_only_fitting_findings_can_be_chosen():
    """An amount takes no date and no name; a text takes all."""
    xyz, total, _ = column_choices(PLACE, [])
    amounts, texts = ({one.finding for one in column.choices} for column in (xyz, total))

    assert {"total", "net", "learned"} <= amounts
    assert amounts.isdisjoint({"date", "company", "doc_type", "iban"})
    assert {"date", "company", "total"} <= texts


def test_the_column_of_the_paths_takes_nothing():
    """A value in the place of its path would leave a row without a file."""
    (total, *others) = column_choices(PLACE, SAMPLES, path_column="Total")

    assert (total.column.name, total.choices) == ("Total", ())
    assert "paths" in total.why_not
    assert [one.column.name for one in others] == ["Xyz", "Sum"]


def test_documents_say_what_was_found():
    """Each value with how many documents have it, and the first different ones, shortened."""
    long = sample("Scan", company="A" * 100)

    said = {one.finding: one for one in documents_say([*SAMPLES, long])}

    assert (said["total"].documents, said["total"].values) == (3, ("12.50", "13.50", "14.50"))
    assert said["company"].values == (f"{'A' * 60}…",)


@pytest.mark.parametrize(
    ("expression", "runs"),
    [("0 * * * *", 720), ("@daily", 30), ("0 6 1 * *", 1), ("* * * * *", 43_200)],
)
def test_runs_of_a_month_are_counted(expression: str, runs: int):
    """Thirty days of a schedule, also of the words for one."""
    assert runs_a_month(expression) == runs


def test_a_source_costs_what_its_calls_are():
    """One call for a page of records and each attachment field, for each document one, for a name two."""
    place = replace(PLACE, records=2_500, counted_records=2_500)
    spec = SourceSpec("a", table="Docs", columns={"Xyz": "total"}, rename="{{ total }}")

    plain = source_cost(replace(spec, rename=None), place, files=10, schedule="@daily")
    named = source_cost(spec, place, files=10, schedule="@daily")
    nothing = source_cost(SourceSpec("a", table="Docs"), place, files=10, schedule="@daily")

    assert (plain.planning, plain.writing, plain.month, plain.document) == (16, 16, 180, 2)
    assert (named.writing, named.document) == (28, 4)
    assert (nothing.writing, nothing.document) == (6, 1)
