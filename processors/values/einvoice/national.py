"""List where the invoice formats of single countries have each value.

Their names are those of the published schemas: Facturae 3.2 (Spain), Finvoice 3 (Finland),
Svefaktura 1 (Sweden), ebInterface 4 to 6 (Austria), FA of KSeF (Poland), CFDI 4 (Mexico) and
NF-e 4 (Brazil).
"""

from collections.abc import Mapping

from processors.values.einvoice.readers import (
    Reader,
    attribute_at,
    date_at,
    joined_at,
    sum_at,
    text_at,
)

_FACTURAE = "Invoices/Invoice"
FACTURAE: Mapping[str, Reader] = {
    "invoice_number": joined_at(f"{_FACTURAE}/InvoiceHeader", "InvoiceSeriesCode", "InvoiceNumber"),
    "date": date_at(f"{_FACTURAE}/InvoiceIssueData/IssueDate"),
    "due_date": date_at(f"{_FACTURAE}/PaymentDetails/Installment/InstallmentDueDate"),
    "total": text_at(f"{_FACTURAE}/InvoiceTotals/InvoiceTotal"),
    "amount_due": text_at(f"{_FACTURAE}/InvoiceTotals/TotalExecutableAmount"),
    "net": text_at(f"{_FACTURAE}/InvoiceTotals/TotalGrossAmountBeforeTaxes"),
    "tax": text_at(f"{_FACTURAE}/InvoiceTotals/TotalTaxOutputs"),
    "currency": text_at(f"{_FACTURAE}/InvoiceIssueData/InvoiceCurrencyCode"),
    "seller": text_at("Parties/SellerParty/LegalEntity/CorporateName"),
    "buyer": text_at("Parties/BuyerParty/LegalEntity/CorporateName"),
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
}

EBINTERFACE: Mapping[str, Reader] = {
    "invoice_number": text_at("InvoiceNumber"),
    "date": date_at("InvoiceDate"),
    "due_date": date_at("PaymentConditions/DueDate"),
    "total": text_at("TotalGrossAmount"),
    "amount_due": text_at("PayableAmount"),
    "net": sum_at("Tax/TaxItem/TaxableAmount"),
    "tax": sum_at("Tax/TaxItem/TaxAmount"),
    "currency": attribute_at("", "InvoiceCurrency"),
    "seller": text_at("Biller/Address/Name"),
    "buyer": text_at("InvoiceRecipient/Address/Name"),
    "vat_id": text_at("Biller/VATIdentificationNumber"),
    "buyer_vat_id": text_at("InvoiceRecipient/VATIdentificationNumber"),
    "order_number": text_at("InvoiceRecipient/OrderReference/OrderID"),
}

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
    "seller": text_at(f"{_NFE}/emit/xNome"),
    "buyer": text_at(f"{_NFE}/dest/xNome"),
}
