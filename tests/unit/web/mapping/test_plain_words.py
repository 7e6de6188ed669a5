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
        "Total is written from 90 % on, instead of the limit of the source.",
        "Files get names such as “2026-03-31”.",
        "Where a column says nothing else, only empty columns are filled.",
    ]


def test_what_users_could_lose_by_a_new_source_is_said():
    """Everything that differs from the defaults, for the source and for its columns."""
    new = SourceSettings.model_validate(
        {
            "name": "inbox",
            "folder": "/Inbox",
            "overwrite": "always",
            "write_at": 0.5,
            "schedule": "0 6 * * *",
            "learn": "off",
            "review": {"table": "Decisions"},
            "index": {"table": "Index"},
            "columns": {"Total": {"finding": "total", "write_at": 0.4, "suggest_at": 0.3}},
        }
    )

    assert of_mapping(new, None)[2:] == [
        "Total is written from 40 % on, instead of the limit of the source.",
        "Total is suggested from 30 % on, instead of the limit of the source.",
        "Files keep their names.",
        (
            "Values are written from 50 % on, instead of the usual 95 %, where a column says nothing "
            "else."
        ),
        (
            "Where a column says nothing else, everything is overwritten, also values that users have "
            "typed."
        ),
        "Values of files that no record refers to go to the table Index.",
        "It has a schedule of its own: 0 6 * * *.",
        "Where a column says nothing else, nothing is learned from filled records.",
        "Suggestions are also kept in table Decisions, for decisions there.",
    ]


def test_a_column_that_takes_something_else_from_another_limit_on_has_both_said():
    """The new limit is not hidden behind the new value."""
    columns = {**OLD.columns, "Total": {"finding": "net", "write_at": 0.5, "overwrite": "always"}}
    new = SourceSettings.model_validate({**OLD.model_dump(), "columns": columns})

    assert of_mapping(new, OLD) == [
        "Total takes net instead of total.",
        "Total is written from 50 % on, instead of 90 %.",
        "In Total, everything is overwritten, also values that users have typed.",
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
            "Values are suggested from 60 % on, instead of 50 %, where a column says nothing else.",
        ),
        (
            {"overwrite": "ours"},
            (
                "Where a column says nothing else, values that this program wrote are overwritten, "
                "those of users are not."
            ),
        ),
        ({"schedule": "0 6 * * *"}, "It has a schedule of its own: 0 6 * * *."),
    ],
)
def test_a_changed_source_is_described_by_what_becomes_different(
    changes: dict[str, object], means: str
):
    """One sentence for each difference, and none for what stays."""
    new = SourceSettings.model_validate({**OLD.model_dump(exclude_unset=True), **changes})

    assert of_mapping(new, OLD) == [means]
