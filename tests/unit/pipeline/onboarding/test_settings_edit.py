"""Changing one source in the text of a settings file."""

import tomllib

import pytest
from hypothesis import given, strategies as st

from pipeline.errors import BadSettings
from pipeline.model.sources import refuse_condition
from pipeline.onboarding.settings_edit import added, changed, changes_between, removed, values_of
from pipeline.settings.sources import SourceSettings

TEXT = """# Ours.
[caspio]
url = "https://a.caspio.com" # the account

[ledger]
url = "postgresql+psycopg://me:hidden@db/x"

# The receipts of the shop.
[[sources]]
name = "receipts"    # never rename it
table = "Receipts"
# rename = "{{ date }}"
max_writes = 5

[sources.columns]
DocType = "doc_type" # the class
Total = { finding = "total", write_at = 0.99, overwrite = "ours" }
# Tax = "tax"  # not sure

# The mail.
[[sources]]
name = "mail"
folder = "/Mail"
columns = { Subject = "subject" }

# table Old is left out.

[web]
listen = "127.0.0.1:1"
"""


def source(**values: object) -> SourceSettings:
    """Return a source of receipts."""
    return SourceSettings.model_validate(
        {"name": "receipts", "table": "Receipts", "max_writes": 5, **values}
    )


def test_one_value_changes_and_everything_else_stays():
    """Comments, order, layout and the other sections are as they were, to the byte."""
    change = changed(TEXT, "receipts", {"columns": {"DocType": "title"}, "where": "a = 'b'"})

    stays = TEXT.replace('DocType = "doc_type" # the class', 'DocType = "title" # the class')
    assert change.after.replace("where = \"a = 'b'\"\n", "") == stays
    assert change.before == TEXT
    assert '-DocType = "doc_type" # the class' in change.lines
    assert '+DocType = "title" # the class' in change.lines
    assert not any("hidden" in line for line in change.lines)


def test_columns_are_added_removed_and_given_limits():
    """The long form is written where a column has limits of its own; the others keep their comments."""
    old = source(
        columns={
            "DocType": "doc_type",
            "Total": {"finding": "total", "write_at": 0.99, "overwrite": "ours"},
        }
    )
    new = source(columns={"DocType": {"finding": "doc_type", "suggest_at": 0.2}, "Date": "date"})
    change = changed(TEXT, "receipts", changes_between(old, new, ["columns"]))

    (entry, _) = tomllib.loads(change.after)["sources"]
    assert entry["columns"] == {
        "DocType": {"finding": "doc_type", "suggest_at": 0.2},
        "Date": "date",
    }
    assert 'DocType = { finding = "doc_type", suggest_at = 0.2 } # the class' in change.after
    assert "# Tax" in change.after


def test_a_setting_that_is_back_at_its_default_goes():
    """What is not given any more is no line of the file."""
    text = changed(TEXT, "receipts", {"rename": "{{ date }}"}).after
    change = changed(text, "receipts", {"rename": None})

    assert change.after == TEXT


def test_a_source_without_columns_gets_a_section():
    """An entry of two lines can be given columns and a review table."""
    text = '[[sources]]\nname = "a"\ntable = "A"\n[web]\nlisten = "127.0.0.1:1"\n'
    change = changed(text, "a", {"columns": {"Total": "total"}, "review": {"table": "R"}})

    assert tomllib.loads(change.after) == {
        "sources": [
            {"name": "a", "table": "A", "columns": {"Total": "total"}, "review": {"table": "R"}}
        ],
        "web": {"listen": "127.0.0.1:1"},
    }


def test_an_inline_section_is_changed_where_it_is():
    """Columns that were written on one line stay there."""
    change = changed(TEXT, "mail", {"columns": {"Total": "total"}})

    assert 'columns = { Subject = "subject", Total = "total"' in change.after


def test_a_source_is_added_at_the_end():
    """The rest of the file is as it was; what is shown is the new entry alone."""
    change = added(TEXT, source(name="new", columns={"A b": "label:Policy Number"}))

    assert change.after.startswith(TEXT.rstrip())
    assert tomllib.loads(change.after)["sources"][-1] == {
        "name": "new",
        "table": "Receipts",
        "max_writes": 5,
        "columns": {"A b": "label:Policy Number"},
    }
    assert all(line.startswith("+") for line in change.lines)


@pytest.mark.parametrize("text", ["", "\n\n", '[caspio]\nurl = "x"'])
def test_a_file_without_sources_gets_its_first(text: str):
    """Also an empty file, and one without a line end."""
    change = added(text, source())

    assert [one["name"] for one in tomllib.loads(change.after)["sources"]] == ["receipts"]
    assert change.after.endswith("\n")


def test_a_source_is_removed_with_its_own_comments():
    """Comments that are attached to it go; those about what follows stay."""
    first, second = removed(TEXT, "receipts").after, removed(TEXT, "mail").after

    assert "The receipts of the shop." not in first
    assert "# The mail.\n[[sources]]" in first
    assert "# table Old is left out." in second
    assert "The mail" not in second
    assert "\n\n\n" not in first + second


def test_line_ends_stay_those_of_the_file():
    """A file that was written on Windows has no mixture of line ends afterwards."""
    text = TEXT.replace("\n", "\r\n")
    afters = [
        added(text, source(name="new")).after,
        changed(text, "receipts", {"where": "a = 1", "columns": {"X": "total"}}).after,
        removed(text, "mail").after,
    ]

    assert [after.count("\n") - after.count("\r\n") for after in afters] == [0, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        'sources = [{ name = "receipts", table = "Receipts" }]\n',
        'note = """\n[[sources]]\n"""\n[[sources]]\nname = "receipts"\ntable = "Receipts"\n',
        'sources = "receipts"\n',
        "[[sources]\n",
    ],
)
def test_a_layout_that_is_not_understood_is_refused(text: str):
    """Nothing is guessed: what would come out is read back before it is written."""
    with pytest.raises(BadSettings):
        changed(text, "receipts", {"where": "a = 1"})


def test_a_source_that_is_gone_is_refused():
    """Somebody may have removed it meanwhile."""
    with pytest.raises(BadSettings, match="no longer has source 'x'"):
        removed(TEXT, "x")


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
CONDITIONS = NAMES.filter(lambda text: not refuse_condition(text))


@given(column=NAMES, where=st.none() | CONDITIONS, other=CONDITIONS)
def test_any_names_survive_every_change(column: str, where: str | None, other: str):
    """Whatever columns and conditions are called, the file says exactly that, and can be changed again."""
    old = source(columns={column: "total"}, where=where)
    new = source(columns={other: {"finding": "date", "write_at": 0.5}}, where=other)
    text = added(TEXT, old.model_copy(update={"name": "new"})).after
    names = ["columns", "where"]
    change = changed(text, "new", changes_between(old, new, names))

    assert tomllib.loads(text)["sources"][-1]["columns"] == {column: "total"}
    assert tomllib.loads(change.after)["sources"][-1] == {**values_of(new), "name": "new"}
    assert removed(change.after, "new").after.rstrip() == TEXT.rstrip()
