"""What is promised about the invoice formats of single countries, and about messages of banks."""

import re

import pytest

from pipeline.model import Finding
from processors.values.einvoice import structured_data_in
from processors.values.einvoice.bank_messages import bank_message_in

IBAN = "DE89370400440532013000"


def said(xml: str) -> dict[str, str | None]:
    """Return the values that XML states."""
    stated = structured_data_in(xml.encode())
    assert stated is not None
    return {name: finding.value for name, finding in stated.fields.items()}


def test_a_finnish_invoice_is_read():
    """Finvoice writes a decimal comma and dates without dashes; remarks are no values."""
    values = said(
        """<Finvoice><SellerPartyDetails><SellerOrganisationName>Kuppi Oy</SellerOrganisationName>
</SellerPartyDetails><InvoiceDetails><InvoiceNumber>F-8</InvoiceNumber><InvoiceDate>20260203</InvoiceDate>
<InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">24,80</InvoiceTotalVatIncludedAmount>
<InvoiceFreeText>Total of the last one 99,00</InvoiceFreeText></InvoiceDetails></Finvoice>"""
    )

    assert values == {
        "invoice_number": "F-8",
        "date": "2026-02-03",
        "total": "24.80",
        "currency": "EUR",
        "seller": "Kuppi Oy",
        "company": "Kuppi Oy",
    }


def test_a_polish_invoice_is_read():
    """The sums of each rate of tax are added up; when the file was made is no date of it."""
    values = said(
        """<Faktura xmlns="http://crd.gov.pl/wzor/2025/01/01/1/"><Naglowek>
<DataWytworzeniaFa>2026-02-09T09:00:00Z</DataWytworzeniaFa></Naglowek><Podmiot1><DaneIdentyfikacyjne>
<Nazwa>Kubek Sp. z o.o.</Nazwa></DaneIdentyfikacyjne></Podmiot1><Fa><KodWaluty>PLN</KodWaluty>
<P_1>2026-02-03</P_1><P_2>F/8</P_2><P_13_1>100.00</P_13_1><P_14_1>23.00</P_14_1>
<P_13_2>10.00</P_13_2><P_14_2>0.80</P_14_2><P_15>133.80</P_15></Fa></Faktura>"""
    )

    assert (values["date"], values["invoice_number"]) == ("2026-02-03", "F/8")
    assert (values["net"], values["tax"], values["total"]) == ("110.00", "23.80", "133.80")


def test_a_mexican_invoice_is_read():
    """CFDI has its values in attributes; a number is its series and its folio."""
    values = said(
        """<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Serie="T" Folio="8"
 Fecha="2026-02-03T10:00:00" Moneda="MXN" Total="116"><cfdi:Emisor Nombre="TAZAS"/></cfdi:Comprobante>"""
    )

    assert values["invoice_number"] == "T8"
    assert (values["date"], values["total"]) == ("2026-02-03", "116.00")
    assert values["company"] == "TAZAS"


ISDOC = """<Invoice xmlns="http://isdoc.cz/namespace/2013"><DocumentType>1</DocumentType><ID>F-8</ID>
<IssueDate>2026-02-03</IssueDate><LocalCurrencyCode>CZK</LocalCurrencyCode>{}
<AccountingSupplierParty><Party><PartyName><Name>Hrnky s.r.o.</Name></PartyName></Party></AccountingSupplierParty>
<TaxTotal><TaxAmount>210.0</TaxAmount><TaxAmountCurr>8.4</TaxAmountCurr></TaxTotal><LegalMonetaryTotal>
<TaxExclusiveAmount>1000.0</TaxExclusiveAmount><TaxInclusiveAmount>1210.0</TaxInclusiveAmount>{}
</LegalMonetaryTotal></Invoice>"""


@pytest.mark.parametrize(
    ("currency", "sums", "expected"),
    [
        ("", "", ("1210.00", "CZK")),
        (
            "<ForeignCurrencyCode>EUR</ForeignCurrencyCode>",
            "<TaxInclusiveAmountCurr>48.4</TaxInclusiveAmountCurr>",
            ("48.40", "EUR"),
        ),
        ("<ForeignCurrencyCode>EUR</ForeignCurrencyCode>", "", ("1210.00", "CZK")),
    ],
)
def test_a_czech_invoice_is_read(currency: str, sums: str, expected: tuple[str, str]):
    """ISDOC has its sums in both currencies of an invoice in a foreign one."""
    values = said(ISDOC.format(currency, sums))

    assert (values["total"], values["currency"]) == expected
    assert values["tax"] == ("8.40" if expected[1] == "EUR" else "210.00")
    assert (values["invoice_number"], values["company"]) == ("F-8", "Hrnky s.r.o.")


@pytest.mark.parametrize(
    "xml",
    [
        ISDOC.format(
            "<OriginalDocumentReferences><OriginalDocumentReference><ID>F-7</ID>"
            "</OriginalDocumentReference></OriginalDocumentReferences>",
            "",
        ).replace("Type>1<", "Type>2<"),
        """<InvoiceData xmlns="http://schemas.nav.gov.hu/OSA/3.0/data"><invoiceNumber>B-8</invoiceNumber>
<invoiceMain><invoice><invoiceReference><originalInvoiceNumber>F-7</originalInvoiceNumber></invoiceReference>
</invoice></invoiceMain></InvoiceData>""",
    ],
)
def test_a_correction_of_an_invoice_is_named_as_one(xml: str):
    """The reason of the class says which invoice is corrected."""
    stated = structured_data_in(xml.encode())

    assert stated is not None
    assert re.search("a (credit note|correction) to invoice F-7", stated.doc_type.reason)


def test_a_hungarian_invoice_is_read():
    """What is reported to the tax office has the values of the invoice."""
    values = said(
        """<InvoiceData xmlns="http://schemas.nav.gov.hu/OSA/3.0/data"><invoiceNumber>B-8</invoiceNumber>
<invoiceIssueDate>2026-02-03</invoiceIssueDate><invoiceMain><invoice><invoiceHead><supplierInfo>
<supplierName>Csésze Kft.</supplierName></supplierInfo><invoiceDetail><currencyCode>HUF</currencyCode>
<paymentDate>2026-02-17</paymentDate></invoiceDetail></invoiceHead><invoiceSummary><summaryNormal>
<invoiceNetAmount>10000</invoiceNetAmount><invoiceVatAmount>2700</invoiceVatAmount></summaryNormal>
<summaryGrossData><invoiceGrossAmount>12700</invoiceGrossAmount></summaryGrossData></invoiceSummary></invoice>
</invoiceMain></InvoiceData>"""
    )

    assert (values["net"], values["tax"], values["total"]) == ("10000.00", "2700.00", "12700.00")
    assert (values["date"], values["due_date"]) == ("2026-02-03", "2026-02-17")
    assert values["company"] == "Csésze Kft."


_UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


@pytest.mark.parametrize(
    "xml",
    [
        """<FatturaElettronica xmlns="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2">
<FatturaElettronicaHeader><CedentePrestatore><DatiAnagrafici><Anagrafica><Nome>Mia</Nome>
<Cognome>Tazza</Cognome></Anagrafica></DatiAnagrafici></CedentePrestatore></FatturaElettronicaHeader>
<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><Numero>8</Numero></DatiGeneraliDocumento>
</DatiGenerali></FatturaElettronicaBody></FatturaElettronica>""",
        f"""<Invoice xmlns="{_UBL}"><ID>8</ID><AccountingSupplierParty><Party><Person><FirstName>Mia</FirstName>
<FamilyName>Tazza</FamilyName></Person></Party></AccountingSupplierParty></Invoice>""",
    ],
    ids=["FatturaPA", "UBL"],
)
def test_a_seller_may_have_a_first_and_a_last_name(xml: str):
    """Who sells alone has no name of a company."""
    assert said(xml)["company"] == "Mia Tazza"


def test_a_statement_of_a_bank_has_no_number_and_no_total():
    """What it says of invoices that were paid are values of others; its account is its own."""
    stated = bank_message_in(
        f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">80.00</Amt><NtryDtls><TxDtls><RmtInf>
<Ustrd>Invoice number K-77, total EUR 80.00</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt>
</BkToCstmrStmt></Document>""".encode()
    )

    assert stated is not None
    assert stated.complete
    assert {name: finding.value for name, finding in stated.fields.items()} == {"iban": IBAN}
    assert stated.doc_type.value == "bank_statement"


def test_a_statement_says_its_date_and_doubts_a_wrong_account():
    """Its own date comes before that of the message; an account is checked, and may be missing."""

    def statement(iban: str) -> dict[str, Finding]:
        stated = bank_message_in(
            f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>
<CreDtTm>2026-03-01T01:00:00</CreDtTm></GrpHdr><Stmt><CreDtTm>2026-02-28T20:00:00+01:00</CreDtTm><FrToDt>
<FrDtTm>2026-02-01T00:00:00</FrDtTm><ToDtTm>2026-02-28T00:00:00</ToDtTm></FrToDt>
<Acct><Id><IBAN>{iban}</IBAN></Id></Acct></Stmt></BkToCstmrStmt></Document>""".encode()
        )
        assert stated is not None
        return dict(stated.fields)

    assert {name: finding.value for name, finding in statement("").items()} == {
        "date": "2026-02-28",
        "period": "2026-02-01/2026-02-28",
    }
    assert statement(IBAN)["iban"].confidence == 1.0
    assert statement("no account")["iban"].confidence < 0.5


@pytest.mark.parametrize(
    "xml",
    [
        f"""<Finvoice><InvoiceDetails><InvoiceNumber>8</InvoiceNumber></InvoiceDetails>
<SellerInformationDetails><SellerAccountDetails><SellerAccountID>{IBAN}</SellerAccountID></SellerAccountDetails>
</SellerInformationDetails><EpiDetails><EpiPartyDetails><EpiBeneficiaryPartyDetails>
<EpiAccountID IdentificationSchemeName="BBAN">15913000000000</EpiAccountID></EpiBeneficiaryPartyDetails>
</EpiPartyDetails></EpiDetails></Finvoice>""",
        f"""<Invoice xmlns="http://www.ebinterface.at/schema/6p1/"><InvoiceNumber>8</InvoiceNumber><PaymentMethod>
<UniversalBankTransaction><BeneficiaryAccount><IBAN>{IBAN}</IBAN></BeneficiaryAccount></UniversalBankTransaction>
</PaymentMethod></Invoice>""",
        f"""<Invoice xmlns="urn:sfti:documents:BasicInvoice:1:0"><ID>8</ID><PaymentMeans><PayeeFinancialAccount>
<ID>{IBAN}</ID></PayeeFinancialAccount></PaymentMeans></Invoice>""",
    ],
    ids=["Finvoice", "ebInterface", "Svefaktura"],
)
def test_the_account_to_pay_to_is_read(xml: str):
    """Nothing is looked for in the text of such a file, so its account has to be found here."""
    assert said(xml)["iban"] == IBAN


def test_a_polish_account_is_an_iban_without_its_country():
    """KSeF has the 26 digits that Poland uses, with blanks or without."""
    account = "<Platnosc><RachunekBankowy><NrRB>61 1090 1014 0000 0712 1981 2874</NrRB></RachunekBankowy></Platnosc>"
    values = said(
        f'<Faktura xmlns="http://crd.gov.pl/wzor/2025/"><Fa><P_2>F/8</P_2>{account}</Fa></Faktura>'
    )

    assert values["iban"] == "PL61109010140000071219812874"


def test_the_fourth_version_of_ebinterface_has_its_tax_elsewhere():
    """Its sums for each rate of tax are added up, too."""
    item = "<VATItem><TaxedAmount>100.00</TaxedAmount><Amount>20.00</Amount></VATItem>"
    values = said(
        '<Invoice xmlns="http://www.ebinterface.at/schema/4p3/"><InvoiceNumber>8</InvoiceNumber>'
        f"<Tax><VAT>{item}{item}</VAT></Tax></Invoice>"
    )

    assert (values["net"], values["tax"]) == ("200.00", "40.00")


def test_a_spanish_seller_may_have_surnames():
    """Who trades alone has a name and surnames in the place of the name of a company."""
    values = said(
        """<f:Facturae xmlns:f="http://www.facturae.es/Facturae/2014/v3.2.1/Facturae"><Parties><SellerParty>
<Individual><Name>Ana</Name><FirstSurname>Taza</FirstSurname><SecondSurname>Mar</SecondSurname></Individual>
</SellerParty></Parties><Invoices><Invoice><InvoiceHeader><InvoiceNumber>8</InvoiceNumber></InvoiceHeader>
</Invoice></Invoices></f:Facturae>"""
    )

    assert values["company"] == "Ana Taza Mar"


def test_a_brazilian_invoice_is_in_reais():
    """The format has no element for a currency, because it knows one."""
    values = said(
        """<NFe xmlns="http://www.portalfiscal.inf.br/nfe"><infNFe><ide><nNF>8</nNF></ide><total><ICMSTot>
<vNF>116.00</vNF></ICMSTot></total></infNFe></NFe>"""
    )

    assert (values["total"], values["currency"]) == ("116.00", "BRL")


@pytest.mark.parametrize(
    ("kind", "doc_class", "reason"),
    [
        ("I", "invoice", "an invoice"),
        ("E", "invoice", "a credit note"),
        ("P", None, "a receipt of a payment"),
        ("N", None, "a payslip"),
    ],
)
def test_not_every_cfdi_is_an_invoice(kind: str, doc_class: str | None, reason: str):
    """Receipts of payments and payslips have a total and a number, and are no invoices."""
    stated = structured_data_in(
        f"""<Comprobante xmlns="http://www.sat.gob.mx/cfd/4" Folio="8" Fecha="2026-02-03T10:00:00" Total="116"
 TipoDeComprobante="{kind}"/>""".encode()
    )

    assert stated is not None
    assert stated.doc_type.value == doc_class
    assert reason in stated.doc_type.reason
    assert ("total" in stated.fields) is (doc_class is not None)
    assert stated.fields["date"].value == "2026-02-03"


def test_other_xml_is_no_message_of_a_bank():
    """Only the namespace of ISO 20022 says so."""
    assert bank_message_in(b"<Document><Stmt/></Document>") is None
    assert bank_message_in(b"<Document>") is None
