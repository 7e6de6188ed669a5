"""The class that a user says a document has, in later runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.labels import SAID
from pipeline.model import Finding, Findings, Overwrite
from tests.unit.pipeline.world import RECEIPTS, World

SPEC = replace(RECEIPTS, overwrite=Overwrite.OURS)


@pytest.fixture
def read(world: World) -> World:
    """A receipt that was read, and then read again as what a user says it is."""
    world.receipt("1", "doc_type=receipt\ntotal=12.50")
    world.run(SPEC)
    again(world, as_class="contract")
    return world


def again(world: World, **how: Any) -> list[str]:
    """Read every record again; return the classes in the records."""
    run = world.source_run(SPEC, reread=True, **how)
    for page in run.ports.source.pages(SPEC):
        world.process(page, run)
    return [str(row["DocType"]) for row in world.caspio.tables["Receipts"].values()]


def test_a_class_that_a_user_said_outlives_the_reader(read: World):
    """Another version of the reader reads the document as that class, and so does the next."""
    read.reader.version = "2"
    assert again(read, reuse_readings=True) == ["contract"]
    read.reader.version = "3"
    assert again(read) == ["contract"]


def test_a_document_cannot_say_that_a_user_said_its_class(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """What the process that read it claims holds for that reading only."""
    world.receipt("1", "total=12.50")
    find = world.reader.findings

    def claims(path: Path, *, name: str, work_dir: Path) -> Findings:
        doc_type = Finding("contract" if world.reader.version == "1" else "letter", 1.0, SAID)
        return replace(find(path, name=name, work_dir=work_dir), doc_type=doc_type)

    monkeypatch.setattr(world.reader, "findings", claims)
    world.run(SPEC)
    world.reader.version = "2"

    assert again(world, reuse_readings=True) == ["letter"]
