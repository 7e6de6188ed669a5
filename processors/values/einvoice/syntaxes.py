"""List where the two syntaxes of EN 16931 have each value.

CII is UN/CEFACT Cross Industry Invoice (Factur-X, ZUGFeRD, XRechnung); version 1.0 of ZUGFeRD has
other names, which are listed second. UBL is OASIS Universal Business Language. The comments name
the business terms (BT) and groups (BG) of EN 16931-1.
"""

from collections.abc import Mapping

from processors.values.einvoice.readers import (
    Reader,
    address_at,
    attribute_at,
    cii_vat_id_at,
    date_at,
    first_of,
    joined_at,
    period_at,
    tax_at,
    text_at,
    ubl_vat_id_at,
)

_HEADER = "ExchangedDocument|HeaderExchangedDocument"
_TRADE = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT = f"{_TRADE}/ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_TOTALS = (
    f"{_SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation"
    "|SpecifiedTradeSettlementMonetarySummation"
)
_PAYMENT = f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans"
_SELLER = f"{_AGREEMENT}/SellerTradeParty"
_BUYER = f"{_AGREEMENT}/BuyerTradeParty"
_CONTACT = f"{_SELLER}/DefinedTradeContact"
_CII_CURRENCY = text_at(f"{_SETTLEMENT}/InvoiceCurrencyCode")

CII: Mapping[str, Reader] = {
    "invoice_number": text_at(f"{_HEADER}/ID"),  # BT-1
    "date": date_at(f"{_HEADER}/IssueDateTime/DateTimeString"),  # BT-2
    "due_date": date_at(  # BT-9
        f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"
    ),
    "period": period_at(  # BG-14
        f"{_SETTLEMENT}/BillingSpecifiedPeriod",
        "StartDateTime/DateTimeString",
        "EndDateTime/DateTimeString",
    ),
    "total": text_at(f"{_TOTALS}/GrandTotalAmount"),  # BT-112
    "amount_due": text_at(f"{_TOTALS}/DuePayableAmount"),  # BT-115
    "net": text_at(f"{_TOTALS}/TaxBasisTotalAmount"),  # BT-109
    "tax": tax_at(f"{_TOTALS}/TaxTotalAmount", _CII_CURRENCY),  # BT-110
    "currency": _CII_CURRENCY,  # BT-5
    "seller": text_at(f"{_SELLER}/Name"),  # BT-27
    "buyer": text_at(f"{_BUYER}/Name"),  # BT-44
    "address": address_at(  # BG-5
        f"{_SELLER}/PostalTradeAddress",
        lines=("LineOne", "LineTwo", "LineThree"),
        code="PostcodeCode",
        city="CityName",
        country="CountryID",
    ),
    "vat_id": cii_vat_id_at(f"{_SELLER}/SpecifiedTaxRegistration"),  # BT-31
    "buyer_vat_id": cii_vat_id_at(f"{_BUYER}/SpecifiedTaxRegistration"),  # BT-48
    "iban": text_at(f"{_PAYMENT}/PayeePartyCreditorFinancialAccount/IBANID"),  # BT-84
    "order_number": text_at(  # BT-13
        f"{_AGREEMENT}/BuyerOrderReferencedDocument/IssuerAssignedID|ID"
    ),
    "email": text_at(  # BT-43
        f"{_CONTACT}/EmailURIUniversalCommunication/URIID|CompleteNumber"
    ),
    "phone": text_at(f"{_CONTACT}/TelephoneUniversalCommunication/CompleteNumber"),  # BT-42
}

_SUPPLIER = "AccountingSupplierParty/Party"
_CUSTOMER = "AccountingCustomerParty/Party"
_UBL_CURRENCY = text_at("DocumentCurrencyCode")

UBL: Mapping[str, Reader] = {
    "invoice_number": text_at("ID"),  # BT-1
    "date": date_at("IssueDate"),  # BT-2
    "due_date": date_at(  # BT-9
        "DueDate",
        "PaymentMeans/PaymentDueDate",
        "PaymentTerms/PaymentDueDate",
    ),
    "period": period_at("InvoicePeriod", "StartDate", "EndDate"),  # BG-14
    "total": text_at(  # BT-112
        "LegalMonetaryTotal/TaxInclusiveAmount",
        "LegalMonetaryTotal/PayableAmount",
    ),
    "amount_due": text_at("LegalMonetaryTotal/PayableAmount"),  # BT-115
    "net": text_at("LegalMonetaryTotal/TaxExclusiveAmount"),  # BT-109
    "tax": tax_at("TaxTotal/TaxAmount", _UBL_CURRENCY),  # BT-110
    "currency": _UBL_CURRENCY,  # BT-5
    "seller": first_of(  # BT-27
        text_at(f"{_SUPPLIER}/PartyLegalEntity/RegistrationName", f"{_SUPPLIER}/PartyName/Name"),
        joined_at(f"{_SUPPLIER}/Person", "FirstName", "MiddleName", "FamilyName", between=" "),
    ),
    "buyer": first_of(  # BT-44
        text_at(f"{_CUSTOMER}/PartyLegalEntity/RegistrationName", f"{_CUSTOMER}/PartyName/Name"),
        joined_at(f"{_CUSTOMER}/Person", "FirstName", "MiddleName", "FamilyName", between=" "),
    ),
    "address": address_at(  # BG-5
        f"{_SUPPLIER}/PostalAddress",
        lines=("StreetName", "AdditionalStreetName", "AddressLine/Line"),
        code="PostalZone",
        city="CityName",
        country="Country/IdentificationCode",
    ),
    "vat_id": ubl_vat_id_at(f"{_SUPPLIER}/PartyTaxScheme"),  # BT-31
    "buyer_vat_id": ubl_vat_id_at(f"{_CUSTOMER}/PartyTaxScheme"),  # BT-48
    "iban": text_at("PaymentMeans/PayeeFinancialAccount/ID"),  # BT-84
    "order_number": text_at("OrderReference/ID"),  # BT-13
    "email": text_at(f"{_SUPPLIER}/Contact/ElectronicMail"),  # BT-43
    "phone": text_at(f"{_SUPPLIER}/Contact/Telephone"),  # BT-42
}

TYPE_CODE = first_of(
    text_at(
        f"{_HEADER}/TypeCode",
        "InvoiceTypeCode",
        "CreditNoteTypeCode",
        "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento/TipoDocumento",
        "DocumentType",
    ),
    attribute_at("", "TipoDeComprobante"),
)
"""BT-3, a code of UNTDID 1001; FatturaPA, CFDI and ISDOC have codes of their own."""
PRECEDING_INVOICE = text_at(
    f"{_SETTLEMENT}/InvoiceReferencedDocument/IssuerAssignedID|ID",
    "BillingReference/InvoiceDocumentReference/ID",
    "FatturaElettronicaBody/DatiGenerali/DatiFattureCollegate/IdDocumento",
    "OriginalDocumentReferences/OriginalDocumentReference/ID",
    "invoiceMain/invoice/invoiceReference/originalInvoiceNumber",
)
"""BT-25: the invoice that this one corrects."""
