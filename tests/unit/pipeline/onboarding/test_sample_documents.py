"""What sample documents add to a proposal: fields that differ, columns by their values, a preview."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.model import (
    Column,
    FileRef,
    Finding,
    Findings,
    Place,
    ReadStatus,
    RecordRef,
    RecordWork,
)
from pipeline.model.schema import Container, DiscoveredAccount, FileField
from pipeline.onboarding.preview import preview
from pipeline.onboarding.proposal import Proposal, propose, with_columns, without_empty
from pipeline.onboarding.sample_documents import SampleDocument
from tests.unit.pipeline.onboarding.test_proposal import table


def with_fields(container: Container, *names: str) -> Container:
    """Return a table with other attachment fields."""
    fields = tuple(FileField(name, "ATTACHMENT", 2, 1000) for name in names)
    return replace(container, fields=fields)


def sample(
    field: str,
    doc_type: str = "invoice",
    *,
    values: Mapping[str, str] | None = None,
    **found: str,
) -> SampleDocument:
    """Return a document of the table Docs that was read."""
    record = RecordRef("Docs", "7")
    ref = FileRef("docs", Place.ATTACHMENT, "Docs", field, record, "a.pdf", 9, "", extension="pdf")
    fields = {name: Finding(value, 0.99, "read") for name, value in found.items()}
    findings = Findings(
        "application/pdf", ReadStatus.OK, Finding(doc_type, 0.99, "read"), fields, extension=".pdf"
    )
    return SampleDocument(ref, RecordWork("docs", record, values or {}, (ref,)), findings)


def test_fields_that_differ_are_sources_of_their_own():
    """Invoice and Contract have their own columns; Page1 and Page2 are one source."""
    columns = Column("InvoiceTotal", "CURRENCY"), Column("ContractDate", "DATE/TIME")
    two = with_fields(table(*columns), "Invoice", "Contract")
    alike = with_fields(table(Column("Total", "CURRENCY")), "Page1", "Page2")

    apart = propose(DiscoveredAccount((two,))).sources
    (together,) = propose(DiscoveredAccount((alike,))).sources

    assert [(one.name, one.fields, [m.column for m in one.columns]) for one in apart] == [
        ("docs", ("Invoice",), ["InvoiceTotal"]),
        ("docs-contract", ("Contract",), ["ContractDate"]),
    ]
    assert together.fields == ()


def test_documents_decide_whether_fields_differ():
    """Two fields whose documents are of one class are one source, whatever they are called; others are two."""
    container = with_fields(table(Column("Total", "CURRENCY")), "Front", "Extra")
    same = [sample("Front", "invoice"), sample("Extra", "invoice")]
    differing = [sample("Front", "invoice"), sample("Extra", "contract", total="12.50")]

    (together,) = propose(DiscoveredAccount((container,)), same).sources
    apart = propose(DiscoveredAccount((container,)), differing).sources

    assert together.fields == ()
    assert {one.fields: [m.column for m in one.columns] for one in apart} == {
        ("Front",): [],
        ("Extra",): ["Total"],
    }
    assert [one.fields for one in without_empty(Proposal(apart)).sources] == [("Extra",)]


def test_a_column_is_proposed_by_its_values():
    """Two documents that agree with their records prove a column, whatever its name; one is a chance."""
    container = table(Column("Ref", "STRING"))
    numbers = ("R-1001", "R-1002")
    samples = [
        sample("Scan", values={"Ref": one}, invoice_number=one, **{"label:of a form": one})
        for one in numbers
    ]
    others = [sample("Scan", values={"Ref": "other"}, invoice_number=one) for one in numbers]

    (source,) = propose(DiscoveredAccount((container,)), samples).sources
    (unproven,) = propose(DiscoveredAccount((container,)), samples[:1]).sources
    (refuted,) = propose(DiscoveredAccount((container,)), others).sources

    assert [(m.column, m.finding) for m in source.columns] == [("Ref", "invoice_number")]
    assert unproven.columns == refuted.columns == ()


def test_what_a_document_would_become_is_shown():
    """The preview has the new name, what would be written over what, and what is left to a user."""
    container = table(Column("Total", "CURRENCY"), Column("Company", "STRING"))
    (source,) = propose(DiscoveredAccount((container,))).sources
    source = replace(source, rename="{{ doc_type }} {{ total }}")
    document = sample("Scan", values={"Company": "Acme"}, total="12.50", company="Northwind Ltd")

    shown = preview(source, document)

    assert (shown.record, shown.name, shown.new_name) == ("Docs 7", "a.pdf", "invoice 12.50.pdf")
    assert shown.changes == {"Total": (None, 12.5)}
    assert [line.partition(":")[0] for line in shown.left] == ["Company"]


def test_a_column_that_is_to_be_created_is_in_the_preview():
    """What a column would receive is shown before it exists."""
    (source,) = propose(DiscoveredAccount((table(),))).sources
    source = with_columns(source, [one for one in source.missing if one.finding == "total"])

    shown = preview(source, sample("Scan", total="12.50"))

    assert shown.changes == {"Total": (None, 12.5)}


def test_a_field_with_columns_of_its_own_is_a_source_of_its_own():
    """SlipTotal is the total of CardSlip, even where both fields have receipts."""
    columns = Column("Total", "CURRENCY"), Column("SlipTotal", "CURRENCY")
    container = with_fields(table(*columns), "Scan", "CardSlip")
    samples = [sample(field, "receipt", total="12.50") for field in ("Scan", "CardSlip")]

    sources = propose(DiscoveredAccount((container,)), samples).sources

    assert {one.fields: [match.column for match in one.columns] for one in sources} == {
        ("Scan",): ["Total"],
        ("CardSlip",): ["SlipTotal"],
    }
