from dataclasses import replace

import pytest

from pipeline.model import Column, Overwrite, ValueCounts
from pipeline.ports.metrics import Silent
from pipeline.record import new_records
from tests.fakes.caspio import Attachment
from tests.unit.pipeline.world import RECEIPTS, World

GOOD = "doc_type=receipt\ntotal=12.50"


def test_very_unsure_finding_is_neither_written_nor_suggested(world: World):
    """A finding below `suggest_at` is not suggested, not even beside a user's value."""
    world.receipt("1", GOOD, Total=99.0)
    world.reader.confidence = 0.4

    (outcome,) = world.run()

    assert world.record("1")["DocType"] == ""
    assert outcome.suggestions == ()


@pytest.mark.parametrize("overwrite", Overwrite)
def test_another_case_is_left_as_it_is(world: World, overwrite: Overwrite):
    """A value that is there in another case is neither written over nor suggested."""
    world.receipt("1", GOOD, DocType="Receipt", Total=12.5)

    (outcome,) = world.run(replace(RECEIPTS, overwrite=overwrite))

    assert world.record("1")["DocType"] == "Receipt"
    assert (outcome.written, outcome.suggestions) == ({}, ())


def test_a_users_other_case_is_a_users_value(world: World):
    """Where a user has changed the case of what we wrote, another finding does not replace it."""
    spec = replace(RECEIPTS, columns={"Note": "company"}, overwrite=Overwrite.OURS)
    world.receipt("1", "company=NORTHWIND")
    world.run(spec)
    world.caspio.tables["Receipts"]["1"]["Note"] = "Northwind"
    world.caspio.attachments["Receipts", "Scan", "1"].data = b"company=Southwind Ltd"

    (outcome,) = world.run(spec)

    assert world.record("1")["Note"] == "Northwind"
    assert [s.suggested for s in outcome.suggestions] == ["Southwind Ltd"]


def test_the_value_of_a_label_reaches_its_column(world: World):
    """A column takes what a form has beside a printed label, in the column's type."""
    spec = replace(
        RECEIPTS, columns={"Note": "label:policy number", "Total": "label:amount insured"}
    )
    world.receipt("1", "label:policy number=PA-117\nlabel:amount insured=$1,250.00")

    world.run(spec)

    assert world.record("1")["Note"] == "PA-117"
    assert world.record("1")["Total"] == 1250.0


def test_a_label_that_does_not_fit_its_column_is_a_problem(world: World):
    """What is printed beside a label and is no amount is reported, and the column left open."""
    spec = replace(RECEIPTS, columns={"Total": "label:amount insured"})
    world.receipt("1", "label:amount insured=see below")

    (outcome,) = world.run(spec)

    assert "'see below' is not a number" in outcome.reason
    assert "Total" in outcome.left_open


def test_no_class_is_no_value(world: World):
    """Where no class was found, the column stays empty, and no name says "other"."""
    world.receipt("1", "doc_type=other\ntotal=12.50")

    (outcome,) = world.run(replace(RECEIPTS, rename="{{ doc_type }} {{ total }}"))

    assert world.record("1")["DocType"] == ""
    assert world.record("1")["Total"] == 12.5
    assert outcome.new_name is None
    assert "it needs the document type, which was not found" in outcome.reason


def test_values_are_counted_once_for_a_record(world: World):
    """Written, suggested and left open count columns: two files of one record are no two values."""
    spec = replace(
        RECEIPTS, columns={"DocType": "doc_type", "Total": "total", "Note": "company"}, fields=()
    )
    world.receipt("1", GOOD, Total=99.0)
    world.caspio.columns_of["Receipts"]["Copy"] = Column("Copy", "ATTACHMENT")
    world.caspio.attachments["Receipts", "Copy", "1"] = Attachment("copy.txt", GOOD.encode())

    outcomes = world.run(spec)

    assert len(outcomes) == 2
    total = sum((outcome.values for outcome in outcomes), ValueCounts())
    assert total == ValueCounts(written=1, suggested=1, left_open=1)
    assert outcomes[0].left_open == {"Note": ""}


def test_planned_values_are_not_counted_as_written(world: World):
    """A run that only plans counts what would be written apart."""
    world.receipt("1", GOOD)

    (outcome,) = world.run(plan_only=True)

    assert outcome.values == ValueCounts(planned=2)


def test_what_became_of_values_is_measured(world: World):
    """The metrics count values by source and state."""
    world.receipt("1", GOOD, Total=99.0)
    run = world.source_run(RECEIPTS)
    counted: dict[str, int] = {}

    class Counting(Silent):
        def count(self, name: str, label: str, number: int = 1) -> None:
            counted[f"{name} {label}"] = number

    ports = replace(run.ports, telemetry=Counting())
    world.process(new_records(run, on_unchanged=lambda _: None), replace(run, ports=ports))

    values = {name: number for name, number in counted.items() if name.startswith("values")}
    assert values == {"values receipts written": 1, "values receipts suggested": 1}
