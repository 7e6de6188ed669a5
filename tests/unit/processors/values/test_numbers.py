"""What `find_values` promises about invoice and order numbers."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def number(text: str, name: str = "invoice_number") -> str | None:
    """Find one number in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    finding = find_values([page]).get(name)
    return finding.value if finding else None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Invoice no: NR-834", "NR-834"),
        ("Invoice number NO834", "NO834"),
        ("Invoice ID: ID-834", "ID-834"),
        ("Rechnung Nr. N-834", "N-834"),
        ("INV-834", "INV-834"),
        ("Ref. INV-834 of today", "INV-834"),
        ("Facture N° 834", "834"),
        ("FACTURE D'ACOMPTE N° RE-834", "RE-834"),
        ("Fattura di acconto n. 834/B", "834/B"),
        ("Facture Nº834", "834"),
        ("Invoice №834", "834"),
        ("Invoice # 834", "834"),
        ("Faktura VAT nr A/834/06/2031", "A/834/06/2031"),
        ("Rechnung Nr: 20310612", "20310612"),
        ("Invoice no/date: 834517/12.06.2031", "834517"),
        ("Invoice no: RE-20310612", "RE-20310612"),
        ("Invoice no. / Date: RE8 / 12.06.2031", "RE8"),
        ("Invoice no: 'RE-8'", "RE-8"),
        ("Invoice no: RE#8", "RE#8"),
    ],
)
def test_a_number_keeps_its_prefix(line: str, expected: str):
    """Letters and dashes that touch the digits belong to the number, the label's own do not."""
    assert number(f"Small Shop\n{line}\nTotal 5.00") == expected


def test_order_numbers_keep_their_prefix():
    """An order number is read as an invoice number is."""
    assert number("Order no: NO-5518", "order_number") == "NO-5518"
    assert number("Order: 55-18", "order_number") == "55-18"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Invoice no: KX 2031 0834", "KX 2031 0834"),
        ("Invoice no: INV 2031 0834", "INV 2031 0834"),
        ("Invoice no: 2031 / 0834", "2031 / 0834"),
        ("Invoice no: 2031 / 0834 / A", None),
        ("Invoice no: 834517 / 12.06.2031", "834517"),
        ("Invoice no: 8", "8"),
        ("Invoice / Receipt No. KX83", "KX83"),
        ("Rechnungs-Nr. / Datum: 8345 / 12.06.2031", "8345"),
        ("Invoice no: Ä-8345", "Ä-8345"),
        ("Fatura FS B/83", "FS B/83"),
        ("Your invoice, number 8345", "8345"),
        ("Invoice no: 83/06/2031\nDate: 12 June 2031", "83/06/2031"),
        ("Invoice no: 12/06/2031\nDate: 15 June 2031", "12/06/2031"),
        ("Invoice no: 12/06/2031", None),
        ("Invoice no: OT\u20114410", "OT-4410"),
        ("Invoice no: 4410\u20107", "4410-7"),
        ("Invoice no: 4410\u20137", None),
        ("Invoice no: 4410\u20133 March 2031", "4410"),
    ],
)
def test_a_number_with_blanks_is_whole_or_open(line: str, expected: str | None):
    """A part of a number is never given."""
    assert number(line) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Invoice no:\nDate: 12 June 2031",
        "Invoice no:\n12 June 2031",
        "Invoice no:\n45 days from today",
        "Invoice no: to be advised\n4517",
        "Invoice no: 8 of 9\n4517",
        "Invoice no: 2031.15\n4517",
        f"Invoice no: {'834' * 14}\n4517",
        "Invoice no: 4,5\n4517",
    ],
)
def test_nothing_is_taken_from_a_line_that_is_not_below_the_label(text: str):
    """If something is after the label, or words are in the next line, its digits are no number."""
    assert number(f"{text}\nTotal 5.00") is None


@pytest.mark.parametrize(
    "text",
    [
        "Invoice no:\n83-4517",
        "Invoice no:\n83-4517 12.06.2031",
        "Invoice no Date Customer\n83-4517 12.06.2031 Somebody",
        "Customer: Invoice no:\nSomebody 83-4517",
        "Invoice no: Date:\n83-4517 12.06.2031",
    ],
)
def test_the_number_may_be_below_its_label(text: str):
    """A number alone below its label, or in the first or last column below it, is found."""
    assert number(text) == "83-4517"


def test_an_empty_cell_keeps_the_others_below_their_headings():
    """A number is not that of the heading before its own."""
    assert number("Invoice number\tOrder number\n\t4471") is None
    assert number("Order number\tInvoice number\n\t4471") == "4471"


def test_a_cell_of_a_table_is_not_joined_with_the_next():
    """A line of values with commas between them is no number."""
    assert number("Invoice no,Day,Sum\nK-8,2031-06-12,16.00\nK-9,2031-06-13,18.00") is None


def test_a_list_of_invoices_has_no_number_of_its_own():
    """A statement names several, and none as its own; they are offered as candidates."""
    text = "Small Shop\nStatement\nInvoice 834 5.00\nInvoice 835 6.00\nBalance due 11.00"
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    found = find_values([page])["invoice_number"]

    assert found.value is None
    assert [each.value for each in found.others] == ["834", "835"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREDIT NOTE\nInvoice no: R-881\nTotal -9.00", None),
        ("Gutschrift\nRechnungsnummer: R-881\nGesamtbetrag -9,00 EUR", None),
        ("AVOIR\nFacture n° R-881\nTotal TTC -9,00 EUR", None),
        ("CREDIT NOTE\nCredit note no: C-17\nInvoice no: R-881\nTotal -9.00", "C-17"),
        ("CREDIT NOTE C-17\nInvoice no: R-881\nTotal -9.00", "C-17"),
        ("INVOICE\nInvoice no: R-881\nCredit note of May -9.00", "R-881"),
        ("CREDIT NOTE\nInvoice no: CN-17\nTotal -9.00", "CN-17"),
        ("CREDIT NOTE\nInvoice no: 517\nAgainst invoice R-881\nTotal -9.00", "517"),
        ("CREDIT NOTE\nInvoice no: R-881\nAgainst invoice R-881\nTotal -9.00", None),
        ("Gutschrift\nRechnungsnummer: GS2031/17\nGesamtbetrag -9,00 EUR", None),
        ("CREDIT NOTE\nHereby invoice no. CRN-17 is taken back\nTotal -9.00", None),
        ("Gutschrift\nRechnung Nr. CN-17 entfällt\nGesamtbetrag -9,00 EUR", None),
        ("CREDIT NOTE\nInvoice no: RE-0517\nOriginal invoice: RE 517\nTotal -9.00", None),
        ("CREDIT NOTE\nInvoice no: 0517\nAgainst invoice 517/1\nTotal -9.00", None),
        ("CREDIT NOTE\nInvoice no: CNX-17\nTotal -9.00", None),
    ],
)
def test_a_credit_note_has_not_the_number_of_the_bill(text: str, expected: str | None):
    """A number that is called that of an invoice is the one which the credit note corrects."""
    assert number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Billed to  Invoice  Issued\nVole Ltd  #834-B  4 March 2031",
        "Terms\tInvoice number\tDate\nnet\t834-B\t4 March 2031",
        "FACTURE\nN° 834-B\n4 mars 2031",
        "Small Shop  INVOICE\n3 Fell Road  No. 834-B",
        "TAX INVOICE\nTo: Vole Ltd\nNumber 834-B",
    ],
)
def test_number_in_a_cell_or_below_the_title(text: str):
    """Its place below the label or the title distinguishes the number from what is beside it."""
    assert number(f"Small Shop\n{text}\nTotal 5.00") == "834-B"


def test_a_title_before_the_label_hides_no_number():
    """The title and the label may share a line."""
    assert number("INVOICE Invoice number: KX-55\nTotal 5.00") == "KX-55"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rechnung KW 31/2031", None),
        ("INVOICE JUN 14/31", None),
        ("INVOICE PO 83-451", None),
        ("Fatura FT B/83", "FT B/83"),
        ("Rechnung Nr./Datum: 12/06/2031\nDate 12 June 2031", None),
        ("Invoice # 12/06/2031\nOrder date 9 June 2031", None),
        ("Faktura nr 12/06/2031\nInvoice date 9 June 2031", "12/06/2031"),
    ],
)
def test_a_period_and_a_date_are_no_number(text: str, expected: str | None):
    """Behind a title alone are periods and orders; a date is a number only beside the issue date."""
    assert number(f"Small Shop\n{text}\nTotal 5.00") == expected


@pytest.mark.parametrize(
    "line",
    [
        "Credit note number: KX-83",
        "Credit memo # KX-83",
        "Gutschrifts-Nr.: KX-83",
        "Avoir n° KX-83",
        "Nota di credito n. KX-83",
        "Creditnotanummer KX-83",
        "CREDIT NOTE\nNo. KX-83",
    ],
)
@pytest.mark.parametrize(
    "other", ["", "Against invoice: 4471\n", "Original invoice no: 4471\n", "Invoice no: 4471\n"]
)
def test_a_credit_note_has_its_own_number(line: str, other: str):
    """The number of the bill that it corrects is not its own, in whatever order they are."""
    assert number(f"Small Shop\n{line}\n{other}Total 5.00") == "KX-83"


@pytest.mark.parametrize(
    "text",
    [
        "CREDIT NOTE\nFor invoice no: 4471",
        "Gutschrift\nzur Rechnung Nr. 4471",
        "AVOIR\nsur la facture n° 4471",
        "CREDIT NOTE\nReference invoice number 4471",
    ],
)
def test_a_credit_note_without_a_number_has_none(text: str):
    """The bill's number is left out: a user would look for the credit note under it."""
    assert number(f"Small Shop\n{text}\nTotal 5.00") is None


@pytest.mark.parametrize("other", ["Replaces invoice no: 4471", "Previous invoice: 4471"])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_earlier_number_is_not_the_documents(other: str, *, is_first: bool):
    """What a document replaces or follows is named beside its own number."""
    pair = [other, "Invoice no: KX-83"] if is_first else ["Invoice no: KX-83", other]
    assert number("\n".join(["Small Shop", *pair, "Total 5.00"])) == "KX-83"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoice\tDate\tSum\nKX-83\t12.06.2031\t5.00\nKX-84\t13.06.2031\t6.00", None),
        ("Invoice no  Sum\n4471  5.00\n4480  6.00", None),
        ("Date  Invoice no\n12.06.2031  4471\n13.06.2031  4480", None),
        ("Invoice no  Customer\n4471  30388\nItem  Sum\n2  6.00", "4471"),
        ("12.06.2031 INV 4471 5.00 5.00\n13.06.2031 Payment 2.00 3.00", None),
        ("12 June 2031  Invoice #4471  5.00", None),
        ("Invoice 4471  12.06.2031  5.00", None),
        ("12.06.2031  Invoice 4471", "4471"),
        ("Invoice no: 4471 12.06.2031", "4471"),
    ],
)
def test_rows_of_a_statement_have_no_number_of_its_own(text: str, expected: str | None):
    """A list of documents, or a booking with its day and its sum, names those of others."""
    assert number(f"Small Shop\n{text}\nTotal 11.00") == expected


@pytest.mark.parametrize("text", ["Invoice 30 days net", "Invoice no:\n(555) 010-0100"])
def test_a_term_or_a_telephone_number_is_no_number(text: str):
    """What is counted, and what only ends with a token of digits, is something else."""
    assert number(f"Small Shop\n{text}\nTotal 5.00") is None


@pytest.mark.parametrize("text", ["DE136695976", "27AAPFU0939F1ZV", "GB82WEST12345698765432"])
def test_a_number_of_another_kind_below_a_label_is_not_the_number(text: str):
    """Where the number was left out, the next line may be the VAT number of the letterhead."""
    assert number(f"Small Shop\nInvoice no:\n{text}\nTotal 5.00") is None


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("INVOICE\nInvoice no. 4410", "Credit note 77  -10.00"),
        ("INVOICE 4410", "Credit note no. 77 applied  -10.00"),
        ("Invoice no. 4410", "Refund no. 12 issued earlier"),
        ("Rechnung\nRechnungs-Nr. 4410", "Gutschrift 77 -10,00"),
        ("Facture n\u00b0 4410", "Avoir n\u00b0 77 -10,00"),
    ],
)
def test_a_credit_note_that_an_invoice_mentions_is_another_document(head: str, row: str):
    """What was set off against an invoice has a number of its own."""
    assert number(f"Small Shop\n{head}\nWork 110.00\n{row}\nTotal 100.00") == "4410"


@pytest.mark.parametrize("title", ["INVOICE", "CREDIT NOTE"])
@pytest.mark.parametrize(
    "line",
    [
        "Related invoice: INV-771",
        "Linked invoice no. 771",
        "Previous credit against original invoice 771",
        "Credit against our original invoice no: 771",
        "Parent invoice # 771",
        "Applied to invoice 771",
        "Zugehörige Rechnung: 771",
        "Annule et remplace la facture n° 771",
        "Invoice no: 88\nRelated invoice no: 771",
        "Previous invoice no: 771\nInvoice no: 88",
        "Document no: 88\nAssociated invoice no: 771",
    ],
)
def test_the_number_of_another_bill_is_not_the_number(title: str, line: str):
    """Words right before the label say whose number it is, also if there is no other one."""
    expected = "88" if "88" in line else None

    assert number(f"{title}\n{line}\nTotal 9.00") == expected


@pytest.mark.parametrize("label", ["Previous credit note no", "Related credit note"])
def test_the_number_of_another_credit_note_is_not_the_number(label: str):
    """A second credit note for a bill names the first one."""
    assert number(f"CREDIT NOTE\n{label}: 771\nTotal 9.00") is None


@pytest.mark.parametrize("before", ["Original", "Reference", "Payment for", "Copy of"])
def test_words_before_the_own_number_do_not_take_it(before: str):
    """The word "original" may say that a paper is no copy."""
    assert number(f"INVOICE\n{before} invoice no: 771\nTotal 9.00") == "771"


@pytest.mark.parametrize(
    "text",
    [
        "Rechnung Nr. 10'288",
        "Invoice No: 10\u2019288-A",
        "Invoice no 10*288",
        "Invoice number: A7+12",
        "Facture n\u00b0 12&34",
        "Invoice no 12:345",
    ],
)
def test_a_number_that_goes_on_behind_a_sign_is_open(text: str):
    """Only the part before the sign would be written, and that is another number."""
    assert number(f"Otter Ltd\n{text}\nTotal 5.00") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoice no 4711(duplicate)", "4711"),
        ("Invoice no 4711;2 pages", "4711"),
        ("Invoice no 4711: thank you", "4711"),
        ('Invoice no "4711"', "4711"),
        ("\u0e40\u0e25\u0e02\u0e17\u0e35\u0e48 INV6806-021", "INV6806-021"),
        ("INV77412", "INV77412"),
        ("Inv 77412", "77412"),
    ],
)
def test_letters_that_touch_a_number_are_a_part_of_it(text: str, expected: str):
    """What is in brackets or behind a blank is none; "INV" is a label before a blank only."""
    assert number(f"Otter Ltd\n{text}\nTotal 5.00") == expected
