"""Looking at an account that is served on this machine, and creating what a mapping needs there."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.app.mapping.look import INDEX_TABLE, Looks, MappablePlace
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger, system_clock
from infra.emulator import Emulator
from pipeline.errors import BudgetExhausted, IngestError
from pipeline.metering.budget import Priority
from pipeline.onboarding.proposal import MissingColumn
from pipeline.settings import Settings

pytestmark = pytest.mark.integration

RECEIPT = "RECEIPT\n\nNorthwind Ltd\nDate: 2026-03-31\n\nTotal EUR 12.50\n"
TOTAL = MissingColumn("Total", "CURRENCY", "total")
FOLDER = MappablePlace("folder", "/In")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account with a table, a view of it, and a folder with a file."""
    seed = tmp_path_factory.mktemp("seed")
    (seed / "a.txt").write_text(RECEIPT, encoding="utf-8")
    types = {"Sum": "CURRENCY", "Scan": "ATTACHMENT", "File": "FILE"}
    fields = [{"Name": name, "Type": kind} for name, kind in types.items()]
    records = [
        {"PK_ID": 1, "Sum": 12.5, "Scan": "a.txt"},
        {"PK_ID": 2, "Sum": 1, "File": "/In/deep/b.txt"},
    ]
    account = {
        "name": "look",
        "tables": {"Docs": {"fields": fields, "records": records}},
        "views": {"Some": {"table": "Docs", "where": "Sum > 0"}},
        "files": {"/In/deep/b.txt": "a.txt"},
    }
    (seed / "account.json").write_text(json.dumps(account), encoding="utf-8")
    with Emulator(seed=seed) as running:
        yield running


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that have no source."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    config = tmp_path / "caspio-ingest.toml"
    text = f'[caspio]\nurl = "{emulator.url}"\nmonthly_calls = 1000\nrate = "100000/300s"\n'
    config.write_text(text, encoding="utf-8")
    return load_settings(config, sources=False)


@pytest.fixture
def looks(settings: Settings) -> Looks:
    """Who looks."""
    return Looks(lambda: settings, system_clock())


def test_an_account_is_looked_at_with_its_folders(looks: Looks):
    """Tables and views come with their columns and counts, folders with their files, and the calls are said."""
    found = looks.look_at_account()

    # Another test may have made the index table of the folder before.
    assert {(one.name, one.is_view, one.files) for one in found.account.containers} >= {
        ("Docs", False, 2),
        ("Some", True, 2),
    }
    assert [(one.path, one.files) for one in found.account.files_area.folders] == [
        ("/", 0),
        ("/In", 0),
        ("/In/deep", 1),
    ]
    assert found.calls > 5
    assert looks.account() == found


def test_a_view_is_looked_at_and_counted(looks: Looks):
    """Its documents are read in the sandbox with the values of their records; conditions count its records."""
    place = MappablePlace("view", "Some")
    looked = looks.look_at(place)
    sample = next(one for one in looked.samples if one.ref.field == "Scan")

    assert sample.values["total"] == "12.50"
    assert sample.work.values["Sum"] == 12.5
    assert (looks.documents_read(place), looks.place(place)) == (2, looked)
    assert (looks.count(place, ""), looks.count(place, "Sum > 5")) == (2, 1)
    with pytest.raises(IngestError, match="Nothing"):
        looks.count(place, "Nothing > 5")


def test_a_folder_gets_its_index_table_once(looks: Looks, emulator: Emulator):
    """The table is created with its columns; a second try, after one that was cut off, finds all of it there."""
    looks.look_at_account()
    looked = looks.look_at(FOLDER)
    before = emulator.control.dump()["tables"]
    first = looks.create(looked, [TOTAL])
    second = looks.create(looked, [TOTAL, replace(TOTAL, name="Net", finding="net")])
    again = looks.look_at(replace(FOLDER, index=INDEX_TABLE))

    assert looked.files == 1
    # The record that refers to the file is not one of the index table.
    assert [one.work.record for one in looked.samples] == [None]
    assert INDEX_TABLE not in before
    assert first == ([TOTAL], "")
    assert [one.name for one in second[0]] == ["Total", "Net"]
    assert second[1] == ""
    assert set(again.container.columns) == {"Path", "Total", "Net"}


def test_looking_needs_calls_of_the_budget(looks: Looks, settings: Settings):
    """When the calls of the month are used up, nothing more is asked of Caspio."""
    with open_ledger(settings) as ledger:
        ledger.usage.spend(settings.caspio.account, Priority.NEW, calls=1000, size_bytes=0)

    with pytest.raises(BudgetExhausted):
        looks.look_at(MappablePlace("table", "Docs"))
