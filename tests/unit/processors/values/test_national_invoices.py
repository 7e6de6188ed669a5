"""What is promised about the invoice formats of single countries, and about messages of banks."""

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


def test_other_xml_is_no_message_of_a_bank():
    """Only the namespace of ISO 20022 says so."""
    assert bank_message_in(b"<Document><Stmt/></Document>") is None
    assert bank_message_in(b"<Document>") is None
