from flows.doctor.installation import limits_text
from pipeline.model import ConfidenceLimits, SourceSpec


def test_doctor_says_how_certain_values_must_be():
    """The limits of a source are shown, and those of columns that have their own."""
    spec = SourceSpec(
        "receipts",
        table="Receipts",
        columns={"Total": "total", "Date": "date"},
        limits=ConfidenceLimits(0.95, 0.5),
        column_limits={"Total": ConfidenceLimits(0.99, 0.6)},
    )

    text = limits_text(spec)

    assert text.startswith("written from confidence 0.95 on, suggested from 0.5 on")
    assert text.endswith("Total from 0.99 and 0.6 on")
