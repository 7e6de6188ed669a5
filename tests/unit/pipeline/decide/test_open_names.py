"""A name that needs an open value is not given, and the reason says what the value may be."""

from pipeline.decide.naming import NameTemplate
from pipeline.model import Candidate, Finding, Findings, ReadStatus


def test_a_value_that_two_documents_differ_in_was_found_all_the_same():
    """Where there are several values the reason says which, and not that none was found."""
    dates = (Candidate("2026-01-31", 0.9, ""), Candidate("2026-02-01", 0.9, ""))
    found = Finding(None, 0.3, "the documents in it differ", others=dates)
    whole = Findings("application/pdf", ReadStatus.OK, Finding(None, 0.0, ""), {"date": found})

    new = NameTemplate("{{ date }}").render(whole, current="scan.pdf", original="scan.pdf")

    assert new.name == "scan.pdf"
    assert new.problem == (
        "the name stays: it needs the date, which is not certain: the documents in it differ"
    )
