from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulator import Emulator
from infra.samples.pdf_writer import PdfPage, write_pdf
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.flows.walk import Walk
from tests.integration.pipeline.accounts import (
    Source,
    invoice_pdf,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.browser import PROGRAM, browser

pytestmark = pytest.mark.integration


def _nameless() -> bytes:
    """Return a receipt on one page that says nothing of who issued it."""
    page = PdfPage()
    for line in ("RECEIPT", "Date: 2026-03-02", "TOTAL GBP 9.50"):
        page.paragraph(line)
    return write_pdf([page], title="")


@pytest.fixture(scope="module")
def walk(prefect_server: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """A browser before a served account with two sources: one is ingested, the other's plan waits."""
    if PROGRAM is None:
        skip_or_fail(MissingProgram("Chromium is not installed: apt-get install chromium."))
    folder = tmp_path_factory.mktemp("walk")
    files = {"one.txt": receipt(1), "two.pdf": invoice_pdf(), "three.pdf": _nameless()}
    table = uploads(files)["tables"]["Uploads"]
    seed = write_account(folder / "seed", {"tables": {"Taken": table, "Planned": table}}, files)
    with Emulator(seed=seed) as emulator:
        sources = [
            Source(name=name, place={"table": name.title()}) for name in ("taken", "planned")
        ]
        config = write_settings(folder, emulator.url, *sources)
        with serving(prefect_server, config, deployments=13) as served, browser() as page:
            yield Walk(page, served, "taken", "planned")


@pytest.mark.full
def test_an_operator_walks_through_the_ui(walk: Walk):
    """Dashboard, runs, report, documents, form, plan and decision show what they should, and no page complains."""
    reprocessed, applied = walk.all()

    assert reprocessed["parameters"]["records"] == ["1"]
    assert reprocessed["state"]["message"] == "1 done"
    assert (applied["name"], applied["message"]) == ("Completed", "1 done, 1 partial")
    assert walk.errors == []


def test_the_pictures_of_the_documentation_are_those_of_the_walk():
    """Each picture that docs/prefect.md shows is taken by the walk, and is there."""
    root = Path(__file__).parents[2]
    text = (root / "docs/prefect.md").read_text(encoding="utf-8")
    taken = (root / "tests/flows/walk.py").read_text(encoding="utf-8")
    shown = [
        line.split("(pictures/")[1].split(")")[0]
        for line in text.splitlines()
        if line.startswith("![")
    ]

    assert len(shown) >= 6
    assert [name for name in shown if f'"{name.removesuffix(".png")}"' not in taken] == []
    assert [name for name in shown if not (root / "docs/pictures" / name).is_file()] == []
