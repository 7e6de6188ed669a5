"""What a change of the settings means, in plain words above its lines."""

import pytest

from flows.web.mapping.plain_words import of_mapping
from pipeline.settings.sources import SourceSettings

OLD = SourceSettings.model_validate(
    {
        "name": "bills",
        "table": "Bills",
        "columns": {"Total": {"finding": "total", "write_at": 0.9}, "Company": "company"},
    }
)


def test_a_new_source_is_described_as_a_whole():
    """Where the files are, which records, what is written, and how files are called."""
    new = OLD.model_copy(update={"fields": ("Scan",), "where": "Paid = 0", "rename": "{{ date }}"})

    assert of_mapping(new, None) == [
        "The files of table Bills, column Scan are read. Only of records where Paid = 0.",
        "What is read is written: Total takes total and Company takes company.",
        "Files get names such as “2026-03-31”.",
    ]


@pytest.mark.parametrize(
    ("changes", "means"),
    [
        ({"columns": {"Company": "company"}}, "Total takes nothing any more; what it holds stays."),
        (
            {"columns": {**OLD.columns, "Net": "label:Net sum"}},
            "Net takes what is beside “Net sum” from now on.",
        ),
        (
            {"columns": {**OLD.columns, "Company": "buyer"}},
            "Company takes buyer instead of company.",
        ),
        (
            {"columns": {"Total": "total", "Company": "company"}},
            "Total is written from the limit of the source on, instead of 90 %.",
        ),
        ({"where": "Paid = 0"}, "Only records where Paid = 0 are read."),
        (
            {"suggest_at": 0.6},
            "Values are suggested from 60 % on, instead of 50 %, if their column says nothing else.",
        ),
        ({"overwrite": "ours"}, "What may be overwritten becomes different."),
    ],
)
def test_a_changed_source_is_described_by_what_becomes_different(
    changes: dict[str, object], means: str
):
    """One sentence for each difference, and none for what stays."""
    new = SourceSettings.model_validate({**OLD.model_dump(exclude_unset=True), **changes})

    assert of_mapping(new, OLD) == [means]
