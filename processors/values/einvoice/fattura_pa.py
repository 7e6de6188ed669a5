"""List where an invoice of the Italian format FatturaPA has each value.

Its names are those of the Agenzia delle Entrate's "Specifiche tecniche", version 1.2.
"""

from collections.abc import Mapping

from processors.values.einvoice.readers import (
    Reader,
    address_at,
    date_at,
    joined_at,
    sum_at,
    text_at,
)

BODY = "FatturaElettronicaBody"
"""The element of one invoice: a file may hold a lot of them."""

_SELLER = "FatturaElettronicaHeader/CedentePrestatore"
_BUYER = "FatturaElettronicaHeader/CessionarioCommittente"
_GENERAL = f"{BODY}/DatiGenerali/DatiGeneraliDocumento"
_RATES = f"{BODY}/DatiBeniServizi/DatiRiepilogo"  # one element for each rate of tax
_PAYMENT = f"{BODY}/DatiPagamento/DettaglioPagamento"

FATTURA_PA: Mapping[str, Reader] = {
    "invoice_number": text_at(f"{_GENERAL}/Numero"),
    "date": date_at(f"{_GENERAL}/Data"),
    "due_date": date_at(f"{_PAYMENT}/DataScadenzaPagamento"),
    "total": text_at(f"{_GENERAL}/ImportoTotaleDocumento"),
    "net": sum_at(f"{_RATES}/ImponibileImporto"),
    "tax": sum_at(f"{_RATES}/Imposta"),
    "currency": text_at(f"{_GENERAL}/Divisa"),
    "seller": text_at(f"{_SELLER}/DatiAnagrafici/Anagrafica/Denominazione"),
    "buyer": text_at(f"{_BUYER}/DatiAnagrafici/Anagrafica/Denominazione"),
    "address": address_at(
        f"{_SELLER}/Sede",
        lines=("Indirizzo",),
        code="CAP",
        city="Comune",
        country="Nazione",
    ),
    "vat_id": joined_at(f"{_SELLER}/DatiAnagrafici/IdFiscaleIVA", "IdPaese", "IdCodice"),
    "buyer_vat_id": joined_at(f"{_BUYER}/DatiAnagrafici/IdFiscaleIVA", "IdPaese", "IdCodice"),
    "iban": text_at(f"{_PAYMENT}/IBAN"),
    "order_number": text_at(f"{BODY}/DatiGenerali/DatiOrdineAcquisto/IdDocumento"),
    "email": text_at(f"{_SELLER}/Contatti/Email"),
    "phone": text_at(f"{_SELLER}/Contatti/Telefono"),
}
