"""Settings that would fail late, or make sources work against each other, do not load."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.model.sources import UsedColumn
from pipeline.settings import Settings, load_settings
from pipeline.settings.conflicts import read_twice
from pipeline.steps.write_back.review_table import DECISION, EDITED
from tests.unit.pipeline.settings.conftest import MINIMAL, Write

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a settings file with these sections."""

    def load_text(text: str) -> Settings:
        path = tmp_path / "caspio-ingest.toml"
        path.write_text(f'[caspio]\nurl = "https://abc12345.caspio.com"\n{text}')
        return load_settings(path, credentials=False)

    return load_text


ONE_SOURCE = '[[sources]]\nname = "papers"\ntable = "Papers"\n'


@pytest.mark.parametrize("zone", ["Pacific Time", "Mars/Olympus", "", "/etc", "../UTC", "America"])
def test_a_time_zone_that_does_not_exist_is_refused(load: Load, zone: str):
    """`serve` would end in a traceback."""
    with pytest.raises(BadSettings, match="timezone: not a time zone"):
        load(f'[serve]\ntimezone = "{zone}"\n{ONE_SOURCE}')


@pytest.mark.parametrize(
    "cron", ["0 25 * * *", "every day", "", "* * * *", "0 0 30 2 *", "61 * * * *", "0 6 * * * *"]
)
@pytest.mark.parametrize("place", ["serve", "source"])
def test_a_schedule_that_is_no_cron_expression_is_refused(load: Load, cron: str, place: str):
    """Neither the common schedule nor a source's own fails only when it is used."""
    line = f'schedule = "{cron}"\n'
    text = f"[serve]\n{line}{ONE_SOURCE}" if place == "serve" else f"{ONE_SOURCE}{line}"

    with pytest.raises(BadSettings, match=r"schedule: .*(five fields|cron expression|never)"):
        load(text)


@pytest.mark.parametrize("cron", ["0 6 * * *", "*/15 8-18 * * MON-FRI", "@daily", "0 0 29 2 *"])
def test_every_cron_expression_that_prefect_accepts_loads(load: Load, cron: str):
    """Names, steps, ranges, aliases and leap days are fine."""
    assert load(f'[serve]\nschedule = "{cron}"\n{ONE_SOURCE}').serve.schedule == cron


def _source(name: str, line: str, columns: str) -> str:
    return f'[[sources]]\nname = "{name}"\n{line}\n[sources.columns]\n{columns}\n'


CONFLICTS = [
    ('table = "T"', 'table = "T"'),
    ('table = "T"', 'table = "t"'),
    ('table = "T"\nfields = ["Scan"]', 'table = "T"'),
    ('table = "T"\nfields = ["Scan", "Other"]', 'table = "T"\nfields = ["scan"]'),
    ('view = "V"', 'view = "V"'),
    ('folder = "/In"', 'folder = "/In"'),
    ('folder = "/In"', 'folder = "/In/Deep"'),
    ('folder = "/"', 'folder = "/In"'),
    ('table = "T"\nwhere = "A = 1"', 'table = "T"\nwhere = "A = 1"'),
    ('table = "T"\nwhere = "A = 1"', 'table = "T"'),
]


@pytest.mark.parametrize(("one", "other"), CONFLICTS)
def test_two_sources_that_write_one_column_from_the_same_files_are_refused(
    load: Load, one: str, other: str
):
    """They would overwrite each other's value in every run."""
    text = _source("one", one, 'Total = "total"') + _source("two", other, 'total = "net"')

    with pytest.raises(BadSettings, match="'one' and 'two' both write column Total"):
        load(text)


APART = [
    ('table = "T"', 'table = "U"'),
    ('table = "T"', 'view = "T"'),
    ('table = "T"\nfields = ["Scan"]', 'table = "T"\nfields = ["Contract"]'),
    ('folder = "/In"', 'folder = "/Inbox"'),
    ('table = "T"\nwhere = "A = 1"', 'table = "T"\nwhere = "A = 2"'),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_sources_with_other_files_may_write_the_same_column(load: Load, one: str, other: str):
    """Two fields of a table may fill one column, and two tables may have columns of one name."""
    text = _source("one", one, 'Total = "total"') + _source("two", other, 'Total = "total"')

    assert len(load(text).sources) == 2


@pytest.mark.parametrize(("one", "other"), CONFLICTS)
def test_files_that_two_sources_read_are_said(load: Load, one: str, other: str):
    """Also where no column is written twice: each file is fetched, read and archived for both."""
    text = _source("one", one, 'Total = "total"') + _source("two", other, 'Paid = "date"')

    (said,) = read_twice(load(text).sources)

    assert said.startswith("sources 'one' and 'two' both read the files of ")
    assert said.endswith("twice the calls and the reading")


@pytest.mark.parametrize(("one", "other"), APART)
def test_sources_with_other_files_read_nothing_twice(load: Load, one: str, other: str):
    """Nothing is said of two fields, two tables, or two conditions on one."""
    text = _source("one", one, 'Total = "total"') + _source("two", other, 'Paid = "date"')

    assert list(read_twice(load(text).sources)) == []


def test_files_that_two_sources_name_are_said(load: Load):
    """Each would find the other's name in every run."""
    place = 'folder = "/In"\nrename = "{{ date }}"'
    text = _source("one", place, 'Total = "total"') + _source("two", place, 'Paid = "date"')

    assert "of the other new names" in next(read_twice(load(text).sources))


INDEXED = 'folder = "/In"\nindex = { table = "Mail", path_column = "Place" }'
FLAGGED = 'table = "T"\nreprocess_column = "Again"'
REVIEWED = 'table = "T"\nreview = { table = "Decide" }'


@pytest.mark.parametrize(
    ("one", "other", "column", "said"),
    [
        (INDEXED, "", "Place", "it is the path_column of source 'one'"),
        (INDEXED, "", "PLACE", "it is the path_column of source 'one'"),
        (FLAGGED, "", "again", "it is the reprocess_column of source 'one'"),
        (INDEXED, 'table = "mail"', "Place", "it is the path_column of source 'one'"),
        (FLAGGED, INDEXED.replace("Mail", "T"), "Again", "the reprocess_column of source 'one'"),
        (REVIEWED, 'table = "Decide"', "Note", "cannot fill table 'Decide': users decide in it"),
        (INDEXED, 'view = "V"', "place", "it is the path_column of source 'one'"),
        (INDEXED, 'view = "V"\nwebhook_table = "mail"', "Place", "the path_column of source 'one'"),
        (FLAGGED, 'view = "V"', "Again", "name it with webhook_table"),
        (FLAGGED.replace("table", "view"), 'table = "T"', "Again", "the reprocess_column of"),
        (FLAGGED.replace("table", "view"), 'view = "V"', "Again", "the reprocess_column of"),
        (REVIEWED, 'view = "V"\nwebhook_table = "Decide"', "Note", "cannot fill table 'Decide'"),
    ],
)
def test_no_value_overwrites_what_a_source_works_by(
    load: Load, one: str, other: str, column: str, said: str
):
    """A row whose path became a company belongs to no file, and nothing brings the path back."""
    mapped = f'{column} = "company"'
    text = _source("one", one, 'Total = "total"' if other else mapped)
    text += _source("two", other, mapped) if other else ""

    with pytest.raises(BadSettings, match=said):
        load(text)


@pytest.mark.parametrize("place", ['table = "U"', 'view = "V"\nwebhook_table = "U"'])
def test_a_column_of_that_name_in_another_table_takes_a_value(load: Load, place: str):
    """A view takes it too, if the settings say that its table is another one."""
    text = _source("one", INDEXED, 'Total = "total"') + _source("two", place, 'Place = "company"')

    assert len(load(text).sources) == 2


def test_a_view_knows_what_sources_work_by_in_its_table(load: Load):
    """It may show these columns under other names, which only the account knows."""
    one = _source("one", INDEXED, 'Total = "total"')
    flagged = 'view = "V"\nwebhook_table = "T"\nreprocess_column = "Again"'
    text = one + _source("two", flagged, 'Firm = "company"')

    assert load(text).specs()["one"].columns_in_use == (
        UsedColumn("one", "path_column", "Place", "Mail", is_view=False, table="Mail"),
        UsedColumn("two", "reprocess_column", "Again", "V", is_view=True, table="T"),
    )


def test_a_view_knows_where_users_decide(load: Load):
    """Without webhook_table it may be one of the review table, which only the account knows."""
    text = _source("one", REVIEWED, 'Total = "total"') + _source("two", 'view = "V"', 'F = "text"')

    used = load(text).specs()["two"].columns_in_use

    assert [(one.column, one.table) for one in used] == [
        (DECISION, "Decide"),
        (EDITED, "Decide"),
    ]


def test_where_no_source_is_needed_those_that_conflict_are_refused(written: Write):
    """The page applies plans, too: one source must not write over another there either."""
    path = written(MINIMAL + '[[sources]]\nname = "receipts"\ntable = "T"\n')

    with pytest.raises(BadSettings, match="source names must differ"):
        load_settings(path, sources=False)
