"""Every import contract of the repository catches what it forbids."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.style.contracts import (
    ROOT,
    Violation,
    copied_packages,
    settings,
    violations,
)

pytestmark = pytest.mark.slow  # `make check` runs import-linter as well

STRAY = "stray_module"
SPECIFIC = [
    ("pipeline.source_run.worker_pool", "pipeline.adapters.local_archive"),
    ("pipeline.steps.fetch", "httpx"),
    ("pipeline.steps.archive", "boto3"),
    ("pipeline.verify.rebuild", "sqlalchemy"),
    ("pipeline.steps.read", "pipeline.steps.archive"),
    ("pipeline.record", "pipeline.source_run.leases"),
    ("pipeline.model.review", "pipeline.ports"),
    ("pipeline.metering.metrics", "prometheus_client"),
    ("pipeline.context", "prefect"),
    ("processors.contract", "pipeline.record"),
    ("processors.formats.office_rtf", "processors.pdf.document"),
    ("processors.formats.mail", "processors.formats.plain"),
    ("processors.pdf.render", "cv2"),
    ("processors.read", "httpx"),
]
"""Imports that were possible once, or that somebody will try."""


def _lint(folder: Path) -> str:
    """Run import-linter in a folder; return what it prints, on lines that are not wrapped."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "COLUMNS": "1000", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says about a copy in which every contract is violated."""
    folder = tmp_path_factory.mktemp("planted")
    specific = [Violation("", *imports) for imports in SPECIFIC]
    copied_packages(folder, [*violations(), *specific])
    for contract in settings()["contracts"]:
        for container in contract.get("containers", ()) if contract.get("exhaustive") else ():
            stray = folder / container.replace(".", "/") / f"{STRAY}.py"
            stray.write_text('"""A module that no layer names."""\n', encoding="utf-8")
    return _lint(folder)


@pytest.mark.parametrize("contract", [contract["name"] for contract in settings()["contracts"]])
def test_every_contract_is_caught_when_it_is_violated(contract: str, planted: str):
    """Each contract is reported as broken once an import that it forbids is planted."""
    assert f"{contract} BROKEN" in planted


@pytest.mark.parametrize(
    "violation", list(violations()), ids=lambda v: f"{v.importer}->{v.imported}"
)
def test_every_rule_of_a_contract_names_the_import(violation: Violation, planted: str):
    """The import that was planted is named, for neighbors in a layer and for one layer after the other."""
    broken = planted.partition("Broken contracts")[2]
    section = broken.partition(f"\n{violation.contract}\n---")[2]
    section = re.split(r"\n[^\n]+\n-{4,}\n", section)[0]

    assert f"{violation.importer} -> {violation.imported} (l." in section


@pytest.mark.parametrize(("importer", "imported"), SPECIFIC)
def test_an_import_that_somebody_will_try_is_named(importer: str, imported: str, planted: str):
    """Imports that jump over rooms are named by at least one contract."""
    assert f"{importer} -> {imported} (l." in planted


@pytest.mark.parametrize(
    "container",
    [
        container
        for contract in settings()["contracts"]
        for container in (contract.get("containers", ()) if contract.get("exhaustive") else ())
    ],
)
def test_a_module_without_a_layer_is_named(container: str, planted: str):
    """A new module in a room must be given its layer."""
    assert f"{container}.{STRAY}" in planted


def test_nothing_is_violated_here():
    """The repository itself keeps all its contracts."""
    assert "0 broken" in _lint(ROOT)
