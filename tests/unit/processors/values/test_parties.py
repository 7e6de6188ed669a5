"""What `find_values` promises about company, invoice number, addresses and checked numbers."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


def test_name_with_a_legal_form_at_the_top():
    """A company's legal form marks it among the first lines."""
    text = "TAX INVOICE\nBlue Kettle Trading Sdn Bhd (123456-X)\n12 Jalan Teh\nTel 03-1234567\nTotal 5.00"

    assert values_of(text)["company"] == "Blue Kettle Trading Sdn Bhd"


def test_legal_form_on_the_next_line():
    """A legal form on a line of its own completes the name before it."""
    assert (
        values_of("BLUE KETTLE BOOKS\nSDN BHD\n12 Jalan Teh\nTotal 5.00")["company"]
        == "BLUE KETTLE BOOKS SDN BHD"
    )


@pytest.mark.parametrize(
    "name",
    [
        "Kettle Co. (M) Bhd",
        "Kettle Coffee Company Sdn Bhd",
        "Mr. Kettle (M) Sdn. Bhd.",
        "77 Kettle Mart S/B",
        "Kettle GmbH & Co. KG",
        "Kettle S.A.R.L.",
        "Kettle, Inc.",
        "Kettle Sp. z o.o.",
    ],
)
def test_whole_legal_form_is_kept(name: str):
    """A name keeps its legal form, however many parts that has, and loses what follows."""
    assert values_of(f"{name} (123456-X)\n12 Long Street\nTotal 5.00")["company"] == name


def test_name_without_a_legal_form():
    """A shop without a legal form is named by its first line."""
    assert (
        values_of("Café Morgenrot\nHauptstraße 5\nKaffee 3,00\nSumme 3,00")["company"]
        == "Café Morgenrot"
    )


def test_receiver_is_not_the_issuer():
    """The company under "bill to" is not the one that issued the invoice."""
    text = "INVOICE\nBill to:\nBig Buyer GmbH\nKaufweg 1\nFrom:\nSmall Seller Ltd\nTotal 5.00"

    assert values_of(text)["company"] == "Small Seller Ltd"


def test_text_about_companies_is_not_a_document_of_one():
    """Prose without a sum yields no name from its first line."""
    assert "company" not in values_of("On the habits of bees\nBees fly from May on.")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Invoice No: INV-2020/17", "INV-2020/17"),
        ("INVOICE # 10045", "10045"),
        ("Rechnungsnummer: RE-4711", "RE-4711"),
        ("Schlussrechnung Nr. 4711 vom 05.03.2018", "4711"),
        ("Facture n° F2020-001", "F2020-001"),
        ("Nº de factura: A/33", "A/33"),
        ("Factuurnummer 993548", "993548"),
        ("Invoice number Invoice date\n34278 6/18/2017", "34278"),
        ("Receipt no. 0815", "0815"),
    ],
)
def test_invoice_numbers(text: str, number: str):
    """The number after, or below, its label is found in many languages."""
    assert values_of(text)["invoice_number"] == number


def test_invoice_number_wins_over_order_number():
    """The number of the invoice is preferred to those of other papers."""
    assert values_of("Order no: 555\nReceipt no: 777\nInvoice no: 999")["invoice_number"] == "999"


def test_date_is_no_invoice_number():
    """A date after the word invoice is not treated as its number."""
    assert "invoice_number" not in values_of("Invoice 12/03/2020")


def test_iban_with_right_check_digits():
    """An IBAN is found with blanks and with words after it."""
    assert (
        values_of("IBAN: DE89 3704 0044 0532 0130 00 BIC COBADEFF")["iban"]
        == "DE89370400440532013000"
    )


def test_iban_with_wrong_check_digits():
    """An IBAN with wrong check digits is not reported."""
    assert "iban" not in values_of("IBAN: DE88 3704 0044 0532 0130 00")


def test_vat_number_with_right_check_digits():
    """A European VAT number is reported when its check digits are right."""
    assert values_of("USt-IdNr. DE 136 695 976")["vat_id"] == "DE136695976"


def test_vat_number_with_wrong_check_digits():
    """One with wrong check digits is not."""
    assert "vat_id" not in values_of("USt-IdNr. DE 136 695 977")


@pytest.mark.parametrize(
    ("text", "own", "customers"),
    [
        ("USt-IdNr. DE 136 695 976\nIhre USt-IdNr. ATU12011204", "DE136695976", "ATU12011204"),
        ("Your VAT no: ATU12011204\nVAT DE136695976", "DE136695976", "ATU12011204"),
        ("VAT DE136695976\nBig Buyer, ATU12011204", "DE136695976", "ATU12011204"),
        ("VAT DE136695976\nVAT DE136695976", "DE136695976", None),
    ],
)
def test_the_customers_vat_number(text: str, own: str, customers: str | None):
    """Of two VAT numbers the customer's is after words that say so, or the second one."""
    values = values_of(text)

    assert (values.get("vat_id"), values.get("buyer_vat_id")) == (own, customers)


def test_email_and_phone():
    """The first e-mail address and the number after a telephone label are found."""
    values = values_of("Tel: +49 30 123456-7\nMail: Info@Example-Shop.co.uk")

    assert values["email"] == "info@example-shop.co.uk"
    assert values["phone"] == "+49 30 123456-7"


def test_a_resume_has_no_issuer():
    """The companies in a resume are those that its owner worked for."""
    page = Page(
        PageText(1, "text", None, None, "Ann Vole\n2016 Clerk, Otter Quill Ltd\n2012 School")
    )

    assert "company" not in find_values([page], doc_class="resume")


@pytest.mark.parametrize(
    ("account", "buyer"),
    [
        ("Account name: Vole Milling\nSort code: 20-11-33\nAccount number: 12345678", None),
        ("Account name: Vole Milling\nBank: Fell Bank\nIBAN: GB33BUKB20201555555555", None),
        ("Account name: Vole Milling\nAccount number: 99812", "Vole Milling"),
    ],
    ids=["sort code", "iban", "customer"],
)
def test_the_name_of_an_account_at_a_bank_is_no_buyer(account: str, buyer: str | None):
    """Beside the numbers of a bank it is who is to be paid, elsewhere the customer."""
    assert values_of(f"Fell Mills Ltd\nInvoice 12\nTotal 5.00\n{account}").get("buyer") == buyer


@pytest.mark.parametrize(
    ("line", "buyer"),
    [
        ("Insurance company: Hill Insurance plc", "Ann Fox"),
        ("Previous supplier: Heron Inks Ltd", "Ann Fox"),
        ("Current employer: Heron Inks Ltd", "Ann Fox"),
        ("Remit to: Kettle Ltd, PO Box 12, Hull HU1 1AA", "Ann Fox"),
        ("Please return the goods to: Heron Inks Ltd", "Ann Fox"),
    ],
)
def test_somebody_else_on_a_bill_is_neither_its_issuer_nor_its_buyer(line: str, buyer: str):
    """Whoever insures, employs or is paid is named by labels as well."""
    head = "Kettle Ltd\n12 Mill Lane\nHull HU1 1AA\nINVOICE 83\n"
    values = values_of(f"{head}{line}\nCustomer: {buyer}\nTea 9.00\nTotal 9.00")
    without_buyer = values_of(f"{head}{line}\nTea 9.00\nTotal 9.00")

    assert (values["company"], values["buyer"]) == ("Kettle Ltd", buyer)
    assert without_buyer.get("buyer") is None


@pytest.mark.parametrize("street", ["9 Elm Row", "9a, Elm", "12 The Elms"])
def test_a_house_below_a_label_is_no_buyer(street: str):
    """The place of a delivery has no name then."""
    values = values_of(f"Fell Mills Ltd\nInvoice 12\nDeliver to\n{street}\nEly EL4 9QT\nTotal 5.00")

    assert "buyer" not in values


def test_the_name_in_the_window_is_without_the_column_beside_it():
    """The numbers of the bill are there."""
    rows = ["Fuchs GmbH", "Fuchs GmbH, Weg 3, 10115 Berlin", "Anna Otter   Rechnung Nr. 4711"]
    text = "\n".join([*rows, "Feldweg 2   Datum: 3.5.2026", "80331 Ely", "Summe 12,00"])

    assert values_of(text)["buyer"] == "Anna Otter"


@pytest.mark.parametrize("office", ["Attn: Legal Department", "Attention: General Counsel"])
def test_who_is_to_read_a_bill_is_not_who_gets_it(office: str):
    """The company is above the office that reads it; an office alone is nobody."""
    head = "Fell Tiles Ltd\nInvoice 8\nDate 9 June 2031\n"

    assert (
        values_of(f"{head}Alder Press Ltd\n{office}\nTotal 5.00 EUR")["buyer"] == "Alder Press Ltd"
    )
    assert "buyer" not in values_of(f"{head}Net 30\n{office}\nTotal 5.00 EUR")
    for above in ("", "Case\n"):
        assert values_of(f"{head}{above}Attn: Ann Fox\nTotal 5.00 EUR")["buyer"] == "Ann Fox"
    named = f"{head}Attn: Ann Fox\nTo: Alder Press Ltd\nTotal 5.00 EUR"
    assert values_of(named)["buyer"] == "Alder Press Ltd"
