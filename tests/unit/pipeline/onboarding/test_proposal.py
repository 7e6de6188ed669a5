"""What `init` proposes for a discovered account."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from pipeline.model import (
    Column,
)
from pipeline.model.schema import Container, DiscoveredAccount, FileField, FilesArea
from pipeline.onboarding.column_matching import Match, match_columns
from pipeline.onboarding.proposal import (
    MissingColumn,
    Proposal,
    estimate,
    propose,
    with_columns,
)
from pipeline.onboarding.settings_text import quoted, settings_text

SCAN = FileField("Scan", "ATTACHMENT", 2, 1000)


def table(*columns: Column, name: str = "Docs", is_view: bool = False, **counts: int) -> Container:
    """Return a table with an attachment field."""
    scan = Column("Scan", "ATTACHMENT", editable=False)
    return Container(
        name,
        is_view,
        {c.name: c for c in (*columns, scan)},
        (SCAN,),
        **(counts or {"records": 2, "counted_records": 2}),
    )


def taken(*columns: Column, name: str = "Docs") -> dict[str, str]:
    """Return the columns that are taken, with their findings."""
    return {match.column: match.finding for match in match_columns(table(*columns, name=name))[0]}


def doubts(*columns: Column) -> dict[str, str]:
    """Return the columns that are left to a user, with the reasons."""
    return {match.column: match.objection for match in match_columns(table(*columns))[1]}


@pytest.mark.parametrize(
    ("column", "kind", "finding"),
    [
        ("Total", "CURRENCY", "total"),
        ("invoice_total", "NUMBER", "total"),
        ("InvoiceDate", "DATE/TIME", "date"),
        ("DUE DATE", "DATE/TIME", "due_date"),
        ("VendorName", "STRING", "company"),
        ("DocType", "STRING", "doc_type"),
        ("InvoiceNo", "STRING", "invoice_number"),
        ("SHA256", "STRING", "sha256"),
        ("IBAN", "STRING", "iban"),
        ("TaxAmount", "CURRENCY", "tax"),
        ("OCR_Text", "TEXT", "text"),
        ("Suplier", "STRING", "company"),
        ("FullName", "STRING", "person"),
        ("EmployeeName", "STRING", "person"),
        ("BirthDate", "DATE/TIME", "birth_date"),
        ("DateOfBirth", "DATE/TIME", "birth_date"),
        ("DOB", "DATE/TIME", "birth_date"),
        ("IdExpires", "DATE/TIME", "expiry_date"),
        ("ValidUntil", "DATE/TIME", "expiry_date"),
        ("PassportNumber", "STRING", "document_number"),
        ("Gender", "STRING", "sex"),
        ("Nationality", "STRING", "nationality"),
        ("EffectiveDate", "DATE/TIME", "date"),
        ("ContractDate", "DATE/TIME", "date"),
        ("Provider", "STRING", "company"),
        ("ContractValue", "CURRENCY", "total"),
        ("BalanceDue", "CURRENCY", "amount_due"),
        ("PONumber", "STRING", "order_number"),
        ("BillingPeriod", "STRING", "period"),
        ("Parties", "STRING", "parties"),
    ],
)
def test_a_column_is_taken_by_its_name(column: str, kind: str, finding: str):
    """However the words of a name are joined or slightly misspelt."""
    assert taken(Column(column, kind)) == {column: finding}


@pytest.mark.parametrize(
    ("column", "kind", "finding"),
    [
        ("Lieferant", "STRING", "company"),
        ("RgDatum", "DATE/TIME", "date"),
        ("Rechnungs_Nr", "STRING", "invoice_number"),
        ("Waehrung", "STRING", "currency"),
        ("FAELLIG_AM", "DATE/TIME", "due_date"),
        ("MontantTTC", "CURRENCY", "total"),
        ("DateEcheance", "DATE/TIME", "due_date"),
        ("NumFactura", "STRING", "invoice_number"),
        ("FechaDeFactura", "DATE/TIME", "date"),
        ("fecha_factura", "DATE/TIME", "date"),
        ("ImportoTotale", "CURRENCY", "total"),
        ("Imponibile", "CURRENCY", "net"),
        ("Fornecedor", "STRING", "company"),
        ("BtwBedrag", "CURRENCY", "tax"),
        ("Factuurnr", "STRING", "invoice_number"),
    ],
)
def test_a_column_may_have_its_name_in_another_language(column: str, kind: str, finding: str):
    """However the words are joined, and without the accents that a column cannot have."""
    assert taken(Column(column, kind)) == {column: finding}


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("Data", "DATE/TIME"), ("Firma", "STRING"), ("Client", "STRING"), ("Lieferung", "STRING"),
        ("Vendedor", "STRING"), ("IVA", "NUMBER"), ("Zahlungsziel", "STRING"),
    ],
)  # fmt: skip
def test_a_name_that_may_mean_something_else_is_not_taken(column: str, kind: str):
    """A firm is a signature in Spanish, who sells may be an employee, a tax may be its rate."""
    assert taken(Column(column, kind)) == {}


def test_the_tables_own_name_in_a_column_counts_for_nothing():
    """ReimbursementDate of the table Reimbursements is its date."""
    assert taken(Column("ReimbursementDate", "DATE/TIME"), name="Reimbursements") == {
        "ReimbursementDate": "date"
    }


@pytest.mark.parametrize(
    "column", ["Note", "Network", "Fax", "Updated", "Notes", "Customer", "Summary", "Tota"]
)
def test_a_name_that_is_not_quite_alike_is_not_taken(column: str):
    """Short words must agree letter by letter."""
    assert taken(Column(column, "STRING")) == {}


def test_the_name_of_a_file_field_in_a_column_counts_for_nothing():
    """VisaExpires beside the field VisaScan is when that expires."""
    container = table(Column("VisaExpires", "DATE/TIME"))
    container = replace(container, fields=(FileField("VisaScan", "ATTACHMENT", 2, 1000),))

    assert [match.finding for match in match_columns(container)[0]] == ["expiry_date"]


def test_a_field_of_files_takes_no_value():
    """The field of the documents is neither a finding nor offered as a doubtful one."""
    container = table(Column("Invoice", "FILE"))
    container = replace(container, fields=(FileField("Invoice", "FILE", 2, 1000),))

    assert match_columns(container) == ((), ())


@pytest.mark.parametrize(
    ("column", "values", "is_taken"),
    [
        (Column("Date", "STRING"), ["2026-03-31", None, "31/3/26"], True),
        (Column("Date", "STRING"), ["pending", "next week"], False),
        (Column("Currency", "STRING"), ["EUR", "$"], True),
        (Column("Currency", "STRING"), ["paid in full", "cash only"], False),
        (Column("IBAN", "STRING"), ["DE89 3704 0044 0532 0130 00", "unknown"], True),
        (Column("SalesTax", "NUMBER"), [21, 10, 21], False),
        (Column("VAT", "STRING"), ["19 %", "7.0%", None], False),
        (Column("VAT", "CURRENCY"), [41.5, 0, 7, 1204], True),
    ],
)
def test_the_values_that_are_there_speak_against_a_column(
    column: Column,
    values: list[str | float | None],
    is_taken: bool,  # noqa: FBT001 - a case of the test
):
    """A column whose records hold something else is left to a user, whatever its name."""
    container = replace(table(column), samples=tuple({column.name: one} for one in values))

    sure, unsure = match_columns(container)

    assert bool(sure) is is_taken
    assert is_taken or "its values are something else, such as" in unsure[0].objection


def test_a_finding_goes_to_one_column():
    """The nearest name gets it; the other is mentioned, with where it went."""
    columns = Column("GrossAmount", "CURRENCY"), Column("Total", "CURRENCY")

    assert taken(*columns) == {"Total": "total"}
    assert doubts(*columns) == {"GrossAmount": "total goes to Total already"}


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Column("Total", "DATE/TIME"), "not a date such as"),
        (Column("Total", "LIST-NUMBER"), "cannot be written"),
        (Column("Total", "CURRENCY", is_formula=True), "calculated"),
        (Column("Total", "CURRENCY", editable=False), "read-only"),
        (Column("InvoiceNumber", "STRING", unique=True), "unique"),
        (Column("Status", "STRING"), "something else"),
        (Column("DocumentText", "STRING"), "too short"),
    ],
)
def test_what_speaks_against_a_column_is_said(column: Column, said: str):
    """A type that cannot hold it, a column that cannot be written, a name with another meaning: left to a user."""
    assert taken(column) == {}
    assert said in doubts(column)[column.name]


def test_a_lesser_type_is_taken_and_said():
    """A total in a text column works, and the reason reports the better type."""
    (match,) = match_columns(table(Column("Total", "STRING")))[0]

    assert match.why == "its name says so; STRING takes it, CURRENCY would suit it better"
    assert match.score < 100


def test_what_a_table_lacks_is_offered():
    """A finding without a column gets one; a name that is treated as something else gets another."""
    columns = Column("DocType", "STRING"), Column("Total", "YES/NO"), Column("Company", "STRING")
    (source,) = propose(DiscoveredAccount((table(*columns),))).sources

    assert MissingColumn("TotalRead", "CURRENCY", "total") in source.missing
    assert {"doc_type", "company"}.isdisjoint(column.finding for column in source.missing)


def test_created_columns_are_mapped():
    """What was created is written to, and no longer offered."""
    (source,) = propose(DiscoveredAccount((table(),))).sources
    made = [column for column in source.missing if column.finding == "total"]

    after = with_columns(source, made)

    assert [(match.column, match.finding) for match in after.columns] == [("Total", "total")]
    assert made[0] not in after.missing


def test_a_view_with_the_files_of_a_table_is_left_out():
    """Its files would be read twice; a view whose files no table shows is a source."""
    other = Container("Slips", is_view=True, columns={}, fields=(FileField("Slip", "FILE", 1, 1),))
    proposal = propose(DiscoveredAccount((table(), table(name="OpenDocs", is_view=True), other)))

    assert [source.name for source in proposal.sources] == ["docs", "slips"]
    assert [container.name for container, _ in proposal.left_out] == ["OpenDocs"]


def test_names_of_sources_differ():
    """Tables whose names differ in what a source's name cannot hold get numbers."""
    proposal = propose(
        DiscoveredAccount((table(name="My Docs"), table(name="My-Docs"), table(name="…")))
    )

    assert [source.name for source in proposal.sources] == ["my-docs", "my-docs-2", "source"]


def index_table(*paths: str) -> Container:
    """Return a table without file fields that has a column for paths, and one for a total."""
    columns = {one.name: one for one in (Column("FilePath", "STRING"), Column("Total", "CURRENCY"))}
    samples = tuple({"FilePath": path} for path in paths)
    return Container("Index", is_view=False, columns=columns, samples=samples)


def test_without_file_fields_the_files_area_is_the_source():
    """Where nothing else holds files, the folder is read, with an index table that can be created; an empty Files area is no source."""
    (source,) = propose(DiscoveredAccount((), FilesArea(files=3))).sources

    assert (source.folder, source.container.name) == ("/", "FileIndex")
    assert "DocType" in {column.name for column in source.missing}
    assert propose(DiscoveredAccount(())) == Proposal(())


def test_a_folder_is_proposed_with_its_index_table():
    """A table with paths of files is the index of the folder that has all of them, beside tables with files."""
    account = DiscoveredAccount(
        (table(), index_table("/In/2026/a.pdf", "/In/b.pdf")), FilesArea(files=3)
    )

    *_, folder = propose(account).sources

    document = tomllib.loads(settings_text("https://a.caspio.com", Proposal((folder,))))
    assert document["sources"] == [
        {
            "name": "files",
            "folder": "/In",
            "index": {"table": "Index", "path_column": "FilePath"},
            "columns": {"Total": "total"},
        }
    ]


def test_a_user_is_asked_about_files_that_no_record_names():
    """Where the Files area has more files than FILE fields name, a user is asked; nobody else gets that source."""
    account = DiscoveredAccount((table(),), FilesArea(files=3))

    asked, unasked = propose(account, asked=True), propose(account)

    assert [source.folder for source in asked.sources] == [None, "/"]
    assert [source.folder for source in unasked.sources] == [None]


@pytest.mark.parametrize("paths", [(), ("C:\\scans\\a.pdf",)])
def test_a_column_without_paths_is_no_index(paths: tuple[str, ...]):
    """Beside tables with files, only values prove that a column has paths of the Files area."""
    account = DiscoveredAccount((table(), index_table(*paths)), FilesArea(files=3))

    assert [source.folder for source in propose(account).sources] == [None]


def test_cost_is_carried_on_from_what_was_counted():
    """Ten records of a hundred with two files between them: twenty files, and calls and pages for those."""
    account = DiscoveredAccount(
        (table(Column("Total", "CURRENCY"), records=100, counted_records=10),)
    )

    cost = estimate(propose(account), account, calls_a_second=1, cores=2)

    assert (cost.planning_calls, cost.writing_calls, cost.pages) == (22, 22, 60)
    assert cost.minutes == pytest.approx((30 + 22) / 60)


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_toml_string(text: str):
    """Quotes, line ends, control characters and other planes come back as they were."""
    assert tomllib.loads(f"a = {quoted(text)}")["a"] == text


@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), why=st.text())
def test_any_names_make_a_settings_file(name: str, why: str):
    """Whatever a table or column is called, the file says exactly that, and a comment stays a comment."""
    columns = {"Scan": Column("Scan", "FILE"), name: Column(name, "STRING")}
    container = Container(
        name, is_view=False, columns=columns, fields=(FileField(name, "FILE", 1, 1),)
    )
    (source,) = propose(DiscoveredAccount((container,))).sources
    match = Match(name, "total", 90, why.encode("utf-8", "replace").decode())
    mapped = type(source)(source.name, container, (match,), (match,))

    document = tomllib.loads(
        settings_text("https://a.caspio.com", Proposal((mapped,), ((container, why),)))
    )

    assert document["sources"][0]["table"] == name
    assert document["sources"][0]["columns"] == {name: "total"}


@pytest.mark.parametrize(
    ("column", "taken"),
    [
        (Column("Reprocess", "YES/NO"), True),
        (Column("REPROCESS", "YES/NO"), True),
        (Column("Reprocess", "STRING"), False),
        (Column("Reprocess", "YES/NO", is_formula=True), False),
        (Column("ReprocessedBy", "YES/NO"), False),
    ],
)
def test_a_column_to_reprocess_flag_is_proposed_by_its_name(column: Column, taken: bool):  # noqa: FBT001
    """A YES/NO column called Reprocess becomes the source's reprocess_column, and nothing else does."""
    source = propose(DiscoveredAccount((table(column),))).sources[0]

    document = tomllib.loads(settings_text("https://a.caspio.com", Proposal((source,))))

    assert document["sources"][0].get("reprocess_column") == (column.name if taken else None)


@pytest.mark.parametrize(
    "column", [Column("Summe", "CURRENCY", is_formula=True), Column("Geschlecht", "TIMESTAMP")]
)
def test_a_column_that_nobody_can_write_is_no_line_of_the_file(column: Column):
    """A line to take later is there for what may be written only."""
    source = propose(DiscoveredAccount((table(column, Column("Total", "CURRENCY")),))).sources[0]

    assert column.name in {one.column for one in source.unsure}
    assert column.name not in settings_text("https://a.caspio.com", Proposal((source,)))
