"""The README is complete: nothing that can be set, run or found is missing from it."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from flows.cli import app
from flows.prefect.deployments.priorities import KINDS
from infra.emulator.quirks import Quirks
from pipeline.adapters.caspio.client.catalogue import catalogue
from pipeline.adapters.caspio.client.operations import OPERATIONS
from pipeline.adapters.caspio.probes import NOT_PROBED
from pipeline.decide.naming import FACT_NAMES, FINDING_NAMES
from pipeline.model import ReadStatus, ScanStatus, Status
from pipeline.settings.sections import (
    ArchiveSettings,
    CaspioSettings,
    IndexSettings,
    LedgerSettings,
    MetricsSettings,
    ProcessingSettings,
    ReviewSettings,
    ServeSettings,
    SourceSettings,
    WebhookSettings,
)
from processors import registry

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", README))
SECTIONS: list[tuple[str, type[BaseModel]]] = [
    ("caspio", CaspioSettings),
    ("archive", ArchiveSettings),
    ("ledger", LedgerSettings),
    ("processing", ProcessingSettings),
    ("serve", ServeSettings),
    ("webhooks", WebhookSettings),
    ("metrics", MetricsSettings),
    ("sources", SourceSettings),
    ("sources.index", IndexSettings),
    ("sources.review", ReviewSettings),
]


@pytest.mark.parametrize(("section", "model"), SECTIONS, ids=[section for section, _ in SECTIONS])
def test_every_setting_is_in_the_readme(section: str, model: type[BaseModel]):
    """Each setting stands in a table, under its full name."""
    missing = [
        f"{section}.{name}" for name in model.model_fields if f"{section}.{name}" not in CODE
    ]

    assert [name for name in missing if name not in {"sources.index", "sources.review"}] == []


def test_every_command_is_in_the_readme():
    """Each command stands in the table with all its options."""
    rows = [row for row in README.splitlines() if row.startswith("| `caspio-ingest")]
    commands = {
        command.callback.__name__ for command in app.registered_commands if command.callback
    }

    groups = {group.name for group in app.registered_groups}
    assert {row.split()[2].strip("`") for row in rows} == commands | groups


def test_every_finding_and_class_is_in_the_readme():
    """What a column can ask for, and every class a document may get, is named."""
    rules = tomllib.loads((ROOT / "processors/classify/rules.toml").read_text(encoding="utf-8"))
    classes = {rule["class"] for rule in rules["rules"]}

    assert FINDING_NAMES | FACT_NAMES <= CODE
    assert classes
    assert {name for name in classes if name not in CODE} == set()


def test_every_processor_is_in_the_readme():
    """Each registered processor has its row."""
    names = {name for name, _ in registry.versions()}

    assert names <= CODE


def test_every_status_is_in_the_readme():
    """What can become of a document is explained."""
    explained = {row.split("|")[1].strip() for row in README.splitlines() if row.startswith("| ")}

    assert {status.value for status in Status} <= explained
    assert {status.value for status in ReadStatus} | {status.value for status in ScanStatus} <= CODE


def test_every_operation_is_in_the_readme():
    """The client's table has each operation with the methods that make it, and the count is right."""
    entries = catalogue()
    rows = {
        cells[1].strip(): cells for row in README.splitlines() if len(cells := row.split("|")) == 6
    }
    groups = {
        one.operation.group: [e for e in entries if e.operation.group is one.operation.group]
        for one in entries
    }

    for group, found in groups.items():
        methods = ", ".join(
            "/".join(f"`{way.partition('.')[2]}`" for way in entry.methods)
            + f" {entry.operation.id}"
            for entry in found
        )
        attribute = found[0].methods[0].partition(".")[0]
        assert [cell.strip() for cell in rows[group][1:5]] == [
            group,
            str(len(found)),
            f"`{attribute}`",
            methods,
        ]
    assert rows["all"][2].strip() == f"{len(entries)}/{len(OPERATIONS)}"


def test_every_quirk_is_in_the_page_on_caspio():
    """What nobody could confirm stands in docs/caspio.md with how it is tolerated, and is probed or said not to be."""
    page = (ROOT / "docs/caspio.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row.split("|")[1])}
    quirks = {quirk.name for quirk in fields(Quirks)}

    assert explained == quirks
    assert set(NOT_PROBED) < quirks


def test_flows_are_in_the_readme():
    """Every flow is named."""
    assert {kind.flow for kind in KINDS.values()} <= CODE


def test_pictures_of_the_readme_exist():
    """Every picture that is shown is there."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)

    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_the_settings_example_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The example a newcomer copies loads as it stands."""
    from pipeline.settings import load_settings

    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    lines = [line.removeprefix("   ") for line in example[1].splitlines()]
    path = tmp_path / "caspio-ingest.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")

    assert load_settings(path).specs()["receipts"].columns["Total"] == "total"
