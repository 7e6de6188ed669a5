"""What is promised about electronic invoices: what the XML says comes first, exactly."""

from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from infra.samples.pdf_writer import PdfPage, write_pdf
from pipeline.model import Findings, ReadStatus
from processors.contract import ReadSettings
from processors.read import read_document
from processors.values.einvoice import structured_data_in

CII = "urn:un:unece:uncefact:data:standard:"
IBAN = "DE89370400440532013000"


def cii(
    profile: str, *, settlement: str = "", agreement: str = "", sums: str = "", code: str = "380"
) -> str:
    """Write a CII invoice of a profile, with further elements where they belong."""
    return f"""<!-- a long remark --><rsm:CrossIndustryInvoice xmlns:rsm="{CII}CrossIndustryInvoice:100"
 xmlns:ram="{CII}ReusableAggregateBusinessInformationEntity:100" xmlns:udt="{CII}UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>K-77/2026</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">20260203</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Kessel &amp; Kanne GmbH</ram:Name><ram:PostalTradeAddress>
<ram:PostcodeCode>10115</ram:PostcodeCode><ram:LineOne>Teeweg 4</ram:LineOne><ram:CityName>Berlin</ram:CityName>
<ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">12/345/67890</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Tassen AG</ram:Name></ram:BuyerTradeParty>
{agreement}</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>{settlement}
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>{sums}
<ram:TaxTotalAmount currencyID="USD">21.00</ram:TaxTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount><ram:GrandTotalAmount>119.00</ram:GrandTotalAmount>
<ram:DuePayableAmount>69.00</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


RICH = {
    "agreement": "<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO-9</ram:IssuerAssignedID>"
    "</ram:BuyerOrderReferencedDocument>",
    "settlement": "<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount>"
    f"<ram:IBANID>{IBAN}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
    "<ram:BillingSpecifiedPeriod><ram:StartDateTime><udt:DateTimeString format='102'>20260101</udt:DateTimeString>"
    "</ram:StartDateTime><ram:EndDateTime><udt:DateTimeString format='102'>20260131</udt:DateTimeString>"
    "</ram:EndDateTime></ram:BillingSpecifiedPeriod><ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>"
    "<udt:DateTimeString format='102'>20260305</udt:DateTimeString></ram:DueDateDateTime>"
    "</ram:SpecifiedTradePaymentTerms>",
}


def ubl(kind: str = "Invoice") -> str:
    """Write a UBL invoice or credit note as XRechnung has it."""
    space = "urn:oasis:names:specification:ubl:schema:xsd:"
    return f"""<?xml version="1.0"?><{kind} xmlns="{space}{kind}-2" xmlns:cac="{space}CommonAggregateComponents-2"
 xmlns:cbc="{space}CommonBasicComponents-2"><cbc:ID>U-1</cbc:ID><cbc:IssueDate>2026-02-03</cbc:IssueDate>
<cbc:DueDate>2026-03-05</cbc:DueDate><cbc:{kind}TypeCode>{"381" if kind == "CreditNote" else "380"}</cbc:{kind}TypeCode>
<cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode><cac:OrderReference><cbc:ID>PO-9</cbc:ID></cac:OrderReference>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>U-0</cbc:ID></cac:InvoiceDocumentReference>
</cac:BillingReference><cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Kettle shop</cbc:Name>
</cac:PartyName><cac:PostalAddress><cbc:StreetName>Tea Lane 4</cbc:StreetName><cbc:CityName>Lund</cbc:CityName>
<cbc:PostalZone>22100</cbc:PostalZone><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country>
</cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>FISCAL</cbc:CompanyID><cac:TaxScheme><cbc:ID>TAX</cbc:ID>
</cac:TaxScheme></cac:PartyTaxScheme><cac:PartyTaxScheme><cbc:CompanyID>SE123456789701</cbc:CompanyID><cac:TaxScheme>
<cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity>
<cbc:RegistrationName>Kettle AB</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Cups AS</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty><cac:PaymentMeans><cac:PayeeFinancialAccount>
<cbc:ID>{IBAN}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">25.00</cbc:TaxAmount></cac:TaxTotal><cac:LegalMonetaryTotal>
<cbc:TaxExclusiveAmount currencyID="SEK">100.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="SEK">125.00</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="SEK">120</cbc:PayableAmount></cac:LegalMonetaryTotal></{kind}>"""


def said(xml: str) -> dict[str, str | None]:
    """Return the values an invoice states."""
    stated = structured_data_in(xml.encode())
    assert stated is not None
    return {name: finding.value for name, finding in stated.fields.items()}


def read(path: Path, folder: Path) -> Findings:
    """Read a file without any OCR engine."""
    folder.mkdir()
    return read_document(path, name=path.name, work_dir=folder, settings=ReadSettings())


def pdf_with(xml: str, *, name: str = "factur-x.xml") -> bytes:
    """Draw an invoice whose page says something else than the XML in it."""
    page = PdfPage()
    for line in (
        "INVOICE",
        "Wrong Seller Ltd",
        "Invoice no: 999",
        "Date: 1 May 2020",
        "Phone: +44 20 7946 0000",
    ):
        page.paragraph(line)
    page.paragraph("Total 5.00 GBP")
    writer = pypdf.PdfWriter(clone_from=BytesIO(write_pdf([page], title="Invoice")))
    writer.add_attachment(name, xml.encode())
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def test_cii_is_read():
    """Number, date, parties, sums and currency are what the XML says."""
    values = said(cii("urn:factur-x.eu:1p0:basic"))

    assert {
        name: values[name]
        for name in ("invoice_number", "date", "seller", "company", "buyer", "vat_id")
    } == {
        "invoice_number": "K-77/2026",
        "date": "2026-02-03",
        "seller": "Kessel & Kanne GmbH",
        "company": "Kessel & Kanne GmbH",
        "buyer": "Tassen AG",
        "vat_id": "DE136695976",
    }
    assert [values[name] for name in ("net", "tax", "total", "amount_due", "currency")] == [
        "100.00",
        "19.00",
        "119.00",
        "69.00",
        "EUR",
    ]


def test_account_order_period_and_due_date():
    """What richer profiles add is read too."""
    values = said(cii("urn:cen.eu:en16931:2017", **RICH))

    assert (values["iban"], values["order_number"]) == (IBAN, "PO-9")
    assert (values["due_date"], values["period"]) == ("2026-03-05", "2026-01-01/2026-01-31")
    assert values["address"] == "Teeweg 4, 10115 Berlin, DE"


def test_the_older_zugferd_is_read():
    """ZUGFeRD 1.0 names its elements otherwise and says the same."""
    old = cii("urn:ferd:CrossIndustryDocument:invoice:1p0:basic")
    for new, former in (
        (f"{CII}CrossIndustryInvoice:100", "urn:ferd:CrossIndustryDocument:invoice:1p0"),
        ("CrossIndustryInvoice", "CrossIndustryDocument"),
        ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
        ("rsm:SupplyChainTrade", "rsm:SpecifiedSupplyChainTrade"),
        ("ApplicableHeaderTrade", "ApplicableSupplyChainTrade"),
        ("SettlementHeaderMonetary", "SettlementMonetary"),
    ):
        old = old.replace(new, former)

    assert said(old) == said(cii("urn:factur-x.eu:1p0:basic"))


@pytest.mark.parametrize("kind", ["Invoice", "CreditNote"])
def test_ubl_is_read(kind: str):
    """UBL invoices and credit notes give the same values."""
    values = said(ubl(kind))

    assert values == {
        "invoice_number": "U-1", "date": "2026-02-03", "due_date": "2026-03-05", "total": "125.00",
        "amount_due": "120.00", "net": "100.00", "tax": "25.00", "currency": "SEK", "seller": "Kettle AB",
        "company": "Kettle AB", "buyer": "Cups AS", "address": "Tea Lane 4, 22100 Lund, SE", "vat_id": "SE123456789701",
        "iban": IBAN, "order_number": "PO-9",
    }  # fmt: skip


def test_a_correction_says_what_it_corrects():
    """The class's reason names the kind of correction and the invoice before it."""
    stated = structured_data_in(ubl("CreditNote").encode())

    assert stated is not None
    assert "a credit note to invoice U-0" in stated.doc_type.reason


def test_an_account_with_wrong_check_digits_is_doubted():
    """An IBAN that cannot be right is below what is written by default."""
    stated = structured_data_in(ubl().replace(IBAN, "DE88370400440532013000").encode())

    assert stated is not None
    assert stated.fields["iban"].confidence < 0.5


def test_what_is_no_amount_or_date_is_left_open():
    """Nonsense in the XML is reported as such."""
    stated = structured_data_in(
        ubl().replace(">125.00<", ">a lot<").replace(">2026-02-03<", ">2026-02-31<").encode()
    )

    assert stated is not None
    assert (stated.fields["total"].value, stated.fields["date"].value) == (None, None)


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<a/>",
        "<Invoice><ID>1</ID></Invoice>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>" + ubl()[21:],
        ubl()[:-20],
    ],
)
def test_other_xml_states_nothing(xml: str):
    """XML of another kind, broken XML and XML with entities are no invoices."""
    assert structured_data_in(xml.encode()) is None


@pytest.mark.parametrize(
    "name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "anything.XML"]
)
def test_xml_in_a_pdf_comes_before_its_page(tmp_path: Path, name: str):
    """Where page and XML differ, the XML is believed; what it does not say comes from the page."""
    path = tmp_path / "invoice"
    path.write_bytes(pdf_with(cii("urn:factur-x.eu:1p0:minimum"), name=name))

    findings = read(path, tmp_path / "work")

    assert findings.status is ReadStatus.OK
    assert findings.doc_type.value == "invoice"
    values = [
        findings.fields[name].value
        for name in ("invoice_number", "total", "currency", "company", "date")
    ]
    assert values == ["K-77/2026", "119.00", "EUR", "Kessel & Kanne GmbH", "2026-02-03"]
    assert "the electronic invoice says so" in findings.fields["total"].reason
    assert findings.fields["phone"].value == "+44 20 7946 0000"


@pytest.mark.parametrize("xml", [ubl(), cii("urn:cen.eu:en16931:2017")])
def test_xml_alone_is_an_invoice(tmp_path: Path, xml: str):
    """An electronic invoice without a PDF round it is read, with or without an XML declaration."""
    path = tmp_path / "invoice"
    path.write_text(xml, encoding="utf-8")

    findings = read(path, tmp_path / "work")

    assert (findings.media_type, findings.doc_type.value) == ("application/xml", "invoice")
    assert {name: finding.value for name, finding in findings.fields.items()} == said(xml)
    assert "2026" in findings.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
@pytest.mark.parametrize("kind", ["cii", "ubl"])
def test_no_encoding_or_prefix_changes_what_is_said(kind: str, encoding: str):
    """The values are the same in every encoding XML knows, and under other prefixes."""
    xml = (cii("urn:x") if kind == "cii" else ubl()).removeprefix('<?xml version="1.0"?>')
    for prefix in ("ram", "cac", "cbc", "rsm"):
        xml = xml.replace(f"<{prefix}:", f"<p{prefix}:").replace(f"</{prefix}:", f"</p{prefix}:")
        xml = xml.replace(f"xmlns:{prefix}=", f"xmlns:p{prefix}=")
    name = encoding.removesuffix("-sig").removesuffix("-le")
    expected = structured_data_in((cii("urn:x") if kind == "cii" else ubl()).encode())

    found = structured_data_in(f'<?xml version="1.0" encoding="{name}"?>{xml}'.encode(encoding))

    assert expected is not None
    assert found is not None
    assert found.fields == expected.fields


def test_amounts_have_no_more_decimals_than_they_say():
    """Noughts behind the cents are left off, and finer amounts kept."""
    stated = structured_data_in(
        cii("urn:x").replace(">119.00<", ">119.0000<").replace(">69.00<", ">69.1250<").encode()
    )

    assert stated is not None
    assert stated.fields["total"].value == "119.00"
    assert stated.fields["amount_due"].value == "69.125"


def without_declaration(xml: str) -> str:
    """Return XML as it is inside another element."""
    return xml.removeprefix('<?xml version="1.0"?>')


def test_an_invoice_in_an_envelope_is_read():
    """What a network wraps round an invoice takes nothing from it."""
    inner = without_declaration(ubl())
    envelope = f"<Envelope xmlns='urn:net'><Header/><Payload>{inner}</Payload></Envelope>"

    assert said(envelope) == said(ubl())


def test_of_several_invoices_in_one_file_none_is_chosen():
    """A batch of invoices has no number and no total of its own."""
    batch = "".join(without_declaration(ubl(kind)) for kind in ("Invoice", "CreditNote"))

    stated = structured_data_in(f"<Batch>{batch}</Batch>".encode())

    assert stated is not None
    assert not stated.fields
    assert "2 electronic invoices" in stated.doc_type.reason


def fattura(*bodies: str) -> str:
    """Write a file of FatturaPA with one invoice for each number."""
    invoices = "".join(
        f"""<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD04</TipoDocumento>
<Divisa>EUR</Divisa><Data>2026-02-03</Data><Numero>{number}</Numero>
<ImportoTotaleDocumento>176.00</ImportoTotaleDocumento></DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi>
<DatiRiepilogo><ImponibileImporto>100.00</ImponibileImporto><Imposta>22.00</Imposta></DatiRiepilogo>
<DatiRiepilogo><ImponibileImporto>50.00</ImponibileImporto><Imposta>4.00</Imposta></DatiRiepilogo>
</DatiBeniServizi></FatturaElettronicaBody>"""
        for number in bodies
    )
    return f"""<?xml version="1.0"?><p:FatturaElettronica
 xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"><FatturaElettronicaHeader>
<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>00743110157</IdCodice></IdFiscaleIVA>
<Anagrafica><Denominazione>Tazze Srl</Denominazione></Anagrafica></DatiAnagrafici></CedentePrestatore>
</FatturaElettronicaHeader>{invoices}</p:FatturaElettronica>"""


def test_an_italian_invoice_is_read(tmp_path: Path):
    """FatturaPA states its values; those of several rates of tax are added up."""
    file = tmp_path / "invoice.xml"
    file.write_text(fattura("17/B"))

    findings = read(file, tmp_path / "out")

    values = {name: finding.value for name, finding in findings.fields.items()}
    assert findings.media_type == "application/xml"
    assert values == {
        "invoice_number": "17/B",
        "date": "2026-02-03",
        "total": "176.00",
        "net": "150.00",
        "tax": "26.00",
        "currency": "EUR",
        "seller": "Tazze Srl",
        "company": "Tazze Srl",
        "vat_id": "IT00743110157",
    }
    assert "credit note" in findings.doc_type.reason


def test_a_lot_of_italian_invoices_has_no_values():
    """FatturaPA may hold several invoices in one file."""
    stated = structured_data_in(fattura("1", "2").encode())

    assert stated is not None
    assert not stated.fields
