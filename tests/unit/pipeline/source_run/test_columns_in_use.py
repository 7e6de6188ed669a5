"""A column that a source works by takes no value, whatever a view calls it."""

from pipeline.model import Column, SourceSpec
from pipeline.source_run.checks import refuse_columns_in_use

COLUMNS = {
    "Firm": Column("Firm", "STRING", table_field="Place"),
    "Place": Column("Place", "STRING", table_field="City"),
}


def _spec(column: str) -> SourceSpec:
    used = frozenset({"place"})
    return SourceSpec("firms", view="Firms", columns={column: "company"}, columns_in_use=used)


def test_a_path_under_another_name_is_refused():
    """A view that calls the path column `Firm` would otherwise have the company in its place."""
    (problem,) = refuse_columns_in_use(_spec("Firm"), COLUMNS)

    assert "column 'Firm' of 'Firms' is 'Place' of its table" in problem


def test_another_column_with_the_name_of_a_path_is_none():
    """What counts is the column of the table. The settings look at the names."""
    assert list(refuse_columns_in_use(_spec("Place"), COLUMNS)) == []
