"""A condition selects among the records of a source, and none beside them."""

import pytest

from pipeline.errors import BadSettings
from pipeline.model.sources import refuse_condition
from pipeline.settings.sources import SourceSettings
from pipeline.source_run.selection import Selection


@pytest.mark.parametrize(
    "clause",
    [
        "1=1) OR (1=1",
        "Total > 5) OR (Paid = 1",
        "a = 'x') OR (b = 'y'",
        "(1=1",
        "1=1)",
        "1=1 -- ",
        "1=1 /* ( */ ) OR (1=1 /* ) */",
        "Note = 'it''s",
        """"Bob's" = 1) OR ("Tom's" = 2""",
        """"Note = 1 OR 'a' = 'a'""",
        "[Note = 1 OR 1=1",
        " \t",
    ],
)
def test_a_condition_that_leaves_its_parentheses_is_refused(clause: str):
    """It would take in records that the source's own clause leaves out, such as closed ones."""
    with pytest.raises(BadSettings, match="is not a single condition"):
        Selection(where=clause)


@pytest.mark.parametrize(
    "clause",
    [
        "",
        "PK_ID > 1",
        "(A = 1 OR B = 2) AND (C = 3)",
        "Note = 'a) OR (b' AND [Net (EUR] > 0",
        "Note LIKE '%--%' OR Note = 'it''s /* here'",
        "[It's] = 'x'",
        """"Net (EUR" > 0 AND "Bob's" = 1 AND "Due -- day" = 2""",
        """"6"" pipe (" = 1 AND Note = 'he said "(' """,
        "[a]]b(] = 1",
        "A IN (SELECT B FROM T WHERE (C = 1))",
    ],
)
def test_every_other_condition_is_taken(clause: str):
    """What is in quotes or in brackets is text, and no part of the clause."""
    assert refuse_condition(clause) == ""
    assert Selection(where=clause).where == clause


def test_the_clause_of_a_source_is_one_condition():
    """It is joined with what a run asks for, such as the records after a page."""
    with pytest.raises(ValueError, match="its parentheses do not match"):
        SourceSettings(name="open", table="Receipts", where="Status = 'open') OR (Status = 'new'")
