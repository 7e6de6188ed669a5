"""List where the invoice formats of single countries have each value.

Their names are those of the published schemas: Facturae 3.2 (Spain), Finvoice 3 (Finland),
Svefaktura 1 (Sweden), ebInterface 4 to 6 (Austria), FA of KSeF (Poland), ISDOC 5 and 6 (Czechia),
Online Számla 2 and 3 (Hungary), CFDI 4 (Mexico) and NF-e 4 (Brazil).
"""

from collections.abc import Mapping

from processors.values.einvoice.readers import (
    Node,
    Reader,
    XmlValue,
    account_at,
    always,
    attribute_at,
    date_at,
    first_of,
    joined_at,
    sum_at,
    text_at,
    ubl_vat_id_at,
)

_FACTURAE = "Invoices/Invoice"
_PERSON = ("Name", "FirstSurname", "SecondSurname")
FACTURAE: Mapping[str, Reader] = {
    "invoice_number": joined_at(f"{_FACTURAE}/InvoiceHeader", "InvoiceSeriesCode", "InvoiceNumber"),
    "date": date_at(f"{_FACTURAE}/InvoiceIssueData/IssueDate"),
    "due_date": date_at(f"{_FACTURAE}/PaymentDetails/Installment/InstallmentDueDate"),
    "total": text_at(f"{_FACTURAE}/InvoiceTotals/InvoiceTotal"),
    "amount_due": text_at(f"{_FACTURAE}/InvoiceTotals/TotalExecutableAmount"),
    "net": text_at(f"{_FACTURAE}/InvoiceTotals/TotalGrossAmountBeforeTaxes"),
    "tax": text_at(f"{_FACTURAE}/InvoiceTotals/TotalTaxOutputs"),
    "currency": text_at(f"{_FACTURAE}/InvoiceIssueData/InvoiceCurrencyCode"),
    "seller": first_of(
        text_at("Parties/SellerParty/LegalEntity/CorporateName"),
        joined_at("Parties/SellerParty/Individual", *_PERSON, between=" "),
    ),
    "buyer": first_of(
        text_at("Parties/BuyerParty/LegalEntity/CorporateName"),
        joined_at("Parties/BuyerParty/Individual", *_PERSON, between=" "),
    ),
    "vat_id": text_at("Parties/SellerParty/TaxIdentification/TaxIdentificationNumber"),
    "iban": text_at(f"{_FACTURAE}/PaymentDetails/Installment/AccountToBeCredited/IBAN"),
}

_FINVOICE = "InvoiceDetails"
FINVOICE: Mapping[str, Reader] = {
    "invoice_number": text_at(f"{_FINVOICE}/InvoiceNumber"),
    "date": date_at(f"{_FINVOICE}/InvoiceDate"),
    "due_date": date_at(
        f"{_FINVOICE}/PaymentTermsDetails/InvoiceDueDate",
        "EpiDetails/EpiPaymentInstructionDetails/EpiDateOptionDate",
    ),
    "total": text_at(f"{_FINVOICE}/InvoiceTotalVatIncludedAmount"),
    "net": text_at(f"{_FINVOICE}/InvoiceTotalVatExcludedAmount"),
    "tax": text_at(f"{_FINVOICE}/InvoiceTotalVatAmount"),
    "currency": attribute_at(
        f"{_FINVOICE}/InvoiceTotalVatIncludedAmount", "AmountCurrencyIdentifier"
    ),
    "seller": text_at("SellerPartyDetails/SellerOrganisationName"),
    "buyer": text_at("BuyerPartyDetails/BuyerOrganisationName"),
    "vat_id": text_at("SellerPartyDetails/SellerOrganisationTaxCode"),
    "iban": account_at(
        "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID",
        "SellerInformationDetails/SellerAccountDetails/SellerAccountID",
    ),
    "order_number": text_at(f"{_FINVOICE}/OrderIdentifier"),
}

SVEFAKTURA: Mapping[str, Reader] = {
    "invoice_number": text_at("ID"),
    "date": date_at("IssueDate"),
    "due_date": date_at("PaymentMeans/DuePaymentDate"),
    "total": text_at("LegalTotal/TaxInclusiveTotalAmount"),
    "net": text_at("LegalTotal/TaxExclusiveTotalAmount"),
    "tax": text_at("TaxTotal/TotalTaxAmount"),
    "currency": text_at("InvoiceCurrencyCode"),
    "seller": text_at("SellerParty/Party/PartyName/Name"),
    "buyer": text_at("BuyerParty/Party/PartyName/Name"),
    "iban": account_at("PaymentMeans/PayeeFinancialAccount/ID"),
}

_VAT_ITEM = "Tax/VAT/VATItem|Item"  # of version 4
EBINTERFACE: Mapping[str, Reader] = {
    "invoice_number": text_at("InvoiceNumber"),
    "date": date_at("InvoiceDate"),
    "due_date": date_at("PaymentConditions/DueDate"),
    "total": text_at("TotalGrossAmount"),
    "amount_due": text_at("PayableAmount"),
    "net": first_of(sum_at("Tax/TaxItem/TaxableAmount"), sum_at(f"{_VAT_ITEM}/TaxedAmount")),
    "tax": first_of(sum_at("Tax/TaxItem/TaxAmount"), sum_at(f"{_VAT_ITEM}/Amount")),
    "currency": attribute_at("", "InvoiceCurrency"),
    "seller": text_at("Biller/Address/Name"),
    "buyer": text_at("InvoiceRecipient/Address/Name"),
    "vat_id": text_at("Biller/VATIdentificationNumber"),
    "buyer_vat_id": text_at("InvoiceRecipient/VATIdentificationNumber"),
    "iban": account_at(
        "PaymentMethod/UniversalBankTransaction/BeneficiaryAccount/IBAN",
        "PaymentMethod/BeneficiaryAccount/IBAN",
    ),
    "order_number": text_at("InvoiceRecipient/OrderReference/OrderID"),
}

_ACCOUNT = text_at("Fa/Platnosc/RachunekBankowy/NrRB")
_DOMESTIC_DIGITS = 26


def _polish_iban(root: Node) -> XmlValue | None:
    """Return the account as an IBAN; the number that Poland uses is one without its country."""
    account = _ACCOUNT(root)
    compact = "".join(account.text.split()) if account else ""
    if account and compact.isdecimal() and len(compact) == _DOMESTIC_DIGITS:
        return XmlValue(f"PL{compact}", account.element)
    return account


# The sums of each rate of tax have a number of their own; the fields with "W" repeat the tax in
# złoty. P_13_6_1 to P_13_7 are sums without tax.
_RATES = (1, 2, 3, 4, 5)
_NET = [*(f"P_13_{n}" for n in (*range(1, 6), *range(7, 12))), "P_13_6_1", "P_13_6_2", "P_13_6_3"]
KSEF: Mapping[str, Reader] = {
    "invoice_number": text_at("Fa/P_2"),
    "date": date_at("Fa/P_1"),
    "due_date": date_at("Fa/Platnosc/TerminPlatnosci/Termin"),
    "total": text_at("Fa/P_15"),
    "net": sum_at(f"Fa/{'|'.join(_NET)}"),
    "tax": sum_at(f"Fa/{'|'.join(f'P_14_{n}' for n in _RATES)}"),
    "currency": text_at("Fa/KodWaluty"),
    "seller": text_at("Podmiot1/DaneIdentyfikacyjne/Nazwa"),
    "buyer": text_at("Podmiot2/DaneIdentyfikacyjne/Nazwa"),
    "iban": _polish_iban,
}

_SUMS = "LegalMonetaryTotal"
_DETAILS = "PaymentMeans/Payment/Details"
_IN_FOREIGN = text_at(f"{_SUMS}/TaxInclusiveAmountCurr")
_FOREIGN, _LOCAL = text_at("ForeignCurrencyCode"), text_at("LocalCurrencyCode")


def _in_one_currency(foreign: Reader, local: Reader) -> Reader:
    """Return a reader of a sum, or of the currency, in the currency of all sums.

    Of an invoice in a foreign currency the sums are there twice: "Curr" ends the names of its own.
    """

    def read(root: Node) -> XmlValue | None:
        return foreign(root) if _FOREIGN(root) and _IN_FOREIGN(root) else local(root)

    return read


def _sum_of_isdoc(path: str) -> Reader:
    return _in_one_currency(text_at(f"{path}Curr"), text_at(path))


ISDOC: Mapping[str, Reader] = {
    "invoice_number": text_at("ID"),
    "date": date_at("IssueDate"),
    "due_date": date_at(f"{_DETAILS}/PaymentDueDate"),
    "total": _sum_of_isdoc(f"{_SUMS}/TaxInclusiveAmount"),
    "amount_due": _sum_of_isdoc(f"{_SUMS}/PayableAmount"),
    "net": _sum_of_isdoc(f"{_SUMS}/TaxExclusiveAmount"),
    "tax": _sum_of_isdoc("TaxTotal/TaxAmount"),
    "currency": _in_one_currency(_FOREIGN, _LOCAL),
    "seller": text_at("AccountingSupplierParty/Party/PartyName/Name"),
    "buyer": text_at("AccountingCustomerParty/Party/PartyName/Name"),
    "vat_id": ubl_vat_id_at("AccountingSupplierParty/Party/PartyTaxScheme"),
    "iban": account_at(f"{_DETAILS}/IBAN"),
}

_NAV = "invoiceMain/invoice"
_NAV_HEAD = f"{_NAV}/invoiceHead"
NAV: Mapping[str, Reader] = {
    "invoice_number": text_at("invoiceNumber"),
    "date": date_at("invoiceIssueDate"),
    "due_date": date_at(f"{_NAV_HEAD}/invoiceDetail/paymentDate"),
    "total": text_at(f"{_NAV}/invoiceSummary/summaryGrossData/invoiceGrossAmount"),
    "net": text_at(f"{_NAV}/invoiceSummary/summaryNormal/invoiceNetAmount"),
    "tax": text_at(f"{_NAV}/invoiceSummary/summaryNormal/invoiceVatAmount"),
    "currency": text_at(f"{_NAV_HEAD}/invoiceDetail/currencyCode"),
    "seller": text_at(f"{_NAV_HEAD}/supplierInfo/supplierName"),
    "buyer": text_at(f"{_NAV_HEAD}/customerInfo/customerName"),
    "iban": account_at(f"{_NAV_HEAD}/supplierInfo/supplierBankAccountNumber"),
}

CFDI: Mapping[str, Reader] = {
    "invoice_number": attribute_at("", "Serie", "Folio"),
    "date": attribute_at("", "Fecha"),
    "total": attribute_at("", "Total"),
    "tax": attribute_at("Impuestos", "TotalImpuestosTrasladados"),
    "currency": attribute_at("", "Moneda"),
    "seller": attribute_at("Emisor", "Nombre"),
    "buyer": attribute_at("Receptor", "Nombre"),
}

_NFE = "infNFe"
NFE: Mapping[str, Reader] = {
    "invoice_number": text_at(f"{_NFE}/ide/nNF"),
    "date": date_at(f"{_NFE}/ide/dhEmi"),
    "total": text_at(f"{_NFE}/total/ICMSTot/vNF"),
    "currency": always("BRL", where=f"{_NFE}/total/ICMSTot/vNF"),  # the format knows no other
    "seller": text_at(f"{_NFE}/emit/xNome"),
    "buyer": text_at(f"{_NFE}/dest/xNome"),
}
