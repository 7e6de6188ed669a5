"""Records of a view that name files of the Files area."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from pipeline.model import Column, RecordWork, SourceSpec, Status
from pipeline.ports import Referrer
from tests.fakes.caspio import FakeCaspio
from tests.unit.pipeline.world import World

CONTRACTS = SourceSpec(
    "contracts", view="OpenContracts", columns={"Kind": "doc_type"}, webhook_table="Contracts"
)


class Viewed(FakeCaspio):
    """Caspio with a view of all contracts, which has the rows of the table."""

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the schema; that of the view is the table's."""
        assert is_view == (container == "OpenContracts")
        return super().columns("Contracts", is_view=False)

    def _referrers(self, path: str) -> Iterator[Referrer]:
        """Look through the tables alone."""
        return (one for one in super()._referrers(path) if one.table == "Contracts")

    def _works(self, spec: SourceSpec) -> Iterator[RecordWork]:
        """List the rows of the view."""
        for work in super()._works(spec):
            assert work.record is not None
            record = replace(work.record, is_view=True)
            refs = tuple([replace(ref, record=record) for ref in work.files])
            yield replace(work, record=record, files=refs)


@pytest.fixture
def viewed(world: World) -> World:
    """An account with a view of its contracts."""
    old = world.caspio
    world.caspio = Viewed(columns_of=old.columns_of, tables=old.tables, clock=old.clock)
    for names in (world.caspio.tables, world.caspio.columns_of):
        names["OpenContracts"] = names["Contracts"]  # type: ignore[index, assignment]
    return world


def test_no_value_is_written_through_a_view_to_a_record_that_names_another_file(viewed: World):
    """What was read from a file is not written through a view where a user has put another one."""
    viewed.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Inbox/theirs.txt": b"total=1"}
    viewed.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def lead_elsewhere(call: str) -> None:
        if call == "update":
            viewed.caspio.before_call = lambda _: None
            viewed.caspio.tables["Contracts"]["1"]["Document"] = "/Inbox/theirs.txt"

    viewed.caspio.before_call = lead_elsewhere
    (outcome,) = viewed.run(CONTRACTS)

    assert viewed.caspio.tables["Contracts"]["1"]["Kind"] == ""
    assert outcome.status is Status.CONFLICT
    assert outcome.reason == "the record names another file now"
    assert not viewed.ledger.effects.open()


def test_a_file_that_a_view_names_is_planned_to_keep_its_name(viewed: World):
    """A plan promises no new name to a file whose row in a table a view does not show."""
    viewed.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    viewed.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    spec = replace(CONTRACTS, rename="{{ doc_type }}")

    (planned,) = viewed.run(spec, plan_only=True)
    (outcome,) = viewed.run(spec)

    assert planned.new_name is None
    assert outcome.status is Status.DONE
    assert viewed.caspio.tables["Contracts"]["1"]["Kind"] == "contract"
    assert set(viewed.caspio.files) == {"/Inbox/x.txt"}
