"""Which of the known values of documents count."""

from pathlib import Path

from tests.bench.confidence.truths import DISPROVED, truths_of

_DOCS = Path(__file__).parents[3] / "docs" / "confidence.md"


def test_a_disproved_truth_is_left_out():
    """The other known values of its document count."""
    fields = {"effective_date": "2031-05-04", "party": ["Rill Ltd", "Ann Fox"]}
    row = {"kind": "contract", "labels": {"fields": fields}}

    known = truths_of({"id": "ndatrain-2ab67f26bc51", **row})

    assert known == {"date": "2031-05-04"}
    assert set(truths_of({"id": "another", **row})) == {"date", "parties"}


def test_every_disproved_truth_is_explained():
    """The documentation has a row for each of them."""
    rows = _DOCS.read_text(encoding="utf-8").splitlines()

    missing = [
        (document, name)
        for document, name in DISPROVED
        if not any(row.startswith(f"| `{document}` | {name} |") for row in rows)
    ]

    assert not missing
