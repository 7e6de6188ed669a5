"""The seed folder as a whole, drawn once."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.samples import draw_samples, settings_toml
from pipeline.settings import load_settings

pytestmark = pytest.mark.slow

Json = Mapping[str, Any]


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw the folder."""
    return draw_samples(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="module")
def account(seed: Path) -> Json:
    """Read the account."""
    return json.loads((seed / "account.json").read_text())


@pytest.fixture(scope="module")
def truth(seed: Path) -> Json:
    """Read what is expected."""
    return json.loads((seed / "truth.json").read_text())


def _attachments(account: Json) -> list[str]:
    records = account["tables"]["Receipts"]["records"]
    return [
        record[column] for record in records for column in ("Scan", "CardSlip") if record[column]
    ]


def test_every_drawn_file_is_in_the_account(seed: Path, account: Json):
    """Every file belongs to a record or to a folder of the account."""
    drawn = {str(path.relative_to(seed)) for path in seed.rglob("*") if path.is_file()}

    reachable = {*_attachments(account), *account["files"].values()}

    assert drawn - reachable == {"account.json", "truth.json"}


def test_every_file_of_the_account_is_drawn(seed: Path, account: Json):
    """Every file that the account names exists."""
    named = [*_attachments(account), *account["files"].values()]

    assert [name for name in named if not (seed / name).is_file()] == []


def test_every_file_field_names_a_file_in_the_files_area(account: Json):
    """The path in a FILE field exists in the Files area."""
    paths = [record["Document"] for record in account["tables"]["Documents"]["records"]]

    assert set(paths) <= set(account["files"])


def test_records_use_declared_columns_only(account: Json):
    """A record's columns are its table's fields and PK_ID."""
    for table in account["tables"].values():
        declared = {"PK_ID", *(field["Name"] for field in table["fields"])}

        assert all(set(record) <= declared for record in table["records"])


def test_no_record_has_a_file_of_the_mailroom(account: Json):
    """The folder source has its own files, some without an index row."""
    referred = {record["Document"] for record in account["tables"]["Documents"]["records"]}
    mailroom = {path for path in account["files"] if path.startswith("/Mailroom/")}

    assert len(mailroom) >= 4
    assert not mailroom & referred


def test_a_user_typed_a_total_that_the_document_contradicts(account: Json, truth: Json):
    """One value differs from its receipt, to show that values of users are not overwritten."""
    typed = {
        Path(record["Scan"]).name: record["Total"]
        for record in account["tables"]["Receipts"]["records"]
        if record["Total"] is not None
    }

    assert {
        name: total
        for name, total in typed.items()
        if float(truth[name]["fields"]["total"]) != total
    } == {"taxi.jpg": 32.5}


def test_the_duplicate_is_exact(seed: Path):
    """Two records hold the same bytes under different names."""
    digests = [
        sha256((seed / "attachments" / name).read_bytes()).hexdigest()
        for name in ("IMG_4471.jpg", "IMG_4471 (1).jpg")
    ]

    assert digests[0] == digests[1]


def test_truth_covers_every_file(seed: Path, truth: Json):
    """Every drawn file has its expected values."""
    drawn = {path.name for path in seed.rglob("*") if path.is_file() and path.suffix != ".json"}

    assert drawn == set(truth)


@pytest.mark.parametrize("status", ["encrypted", "damaged", "empty"])
def test_there_is_one_unreadable_document_of_each_kind(truth: Json, status: str):
    """The demo shows what happens to documents that cannot be read."""
    assert [entry["status"] for entry in truth.values()].count(status) == 1


def test_settings_name_tables_and_columns_that_exist(account: Json):
    """Every source of the demo's settings matches the demo's account."""
    settings = tomllib.loads(settings_toml("http://127.0.0.1:8090"))
    columns = {
        name: {field["Name"] for field in table["fields"]}
        for name, table in account["tables"].items()
    }
    columns |= {name: columns[view["table"]] for name, view in account["views"].items()}

    for source in settings["sources"]:
        container = source.get("table") or source.get("view") or source["index"]["table"]

        assert set(source["columns"]) | set(source.get("fields", [])) <= columns[container]


def test_the_pipeline_accepts_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The pipeline knows every name in the demo's settings."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(settings_toml("http://127.0.0.1:8250"))

    specs = load_settings(path).specs()

    assert set(specs) == {"receipts", "card-slips", "documents", "mailroom"}


def test_files_have_the_same_dates_every_time(seed: Path):
    """The emulator lists a file's own date, which must not be the day of drawing."""
    dates = {
        datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date() for path in seed.glob("*/*")
    }

    assert (min(dates), max(dates)) == (date(2026, 6, 15), date(2026, 6, 18))


def test_settings_have_the_given_confirmation():
    """Every source gets `confirm`."""
    settings = tomllib.loads(settings_toml("http://127.0.0.1:8090", confirm="never"))

    assert {source["confirm"] for source in settings["sources"]} == {"never"}


def test_settings_quote_their_values():
    """A path with quotes and backslashes is unchanged."""
    odd = 'file:C:\\archive "old"'

    settings = tomllib.loads(settings_toml("http://127.0.0.1:1", archive=odd))

    assert settings["archive"]["url"] == odd
