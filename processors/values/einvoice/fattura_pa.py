"""List where an invoice of the Italian format FatturaPA has each value.

Its names are those of the Agenzia delle Entrate's "Specifiche tecniche", version 1.2.
"""

from collections.abc import Mapping

from processors.values.einvoice.readers import (
    Reader,
    address_at,
    date_at,
    first_of,
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


def _name_at(party: str) -> Reader:
    """Return a reader of the name of a company, or of a person, who has none of that kind."""
    name = f"{party}/DatiAnagrafici/Anagrafica"
    return first_of(
        text_at(f"{name}/Denominazione"), joined_at(name, "Nome", "Cognome", between=" ")
    )


FATTURA_PA: Mapping[str, Reader] = {
    "invoice_number": text_at(f"{_GENERAL}/Numero"),
    "date": date_at(f"{_GENERAL}/Data"),
    "due_date": date_at(f"{_PAYMENT}/DataScadenzaPagamento"),
    "total": text_at(f"{_GENERAL}/ImportoTotaleDocumento"),
    "net": sum_at(f"{_RATES}/ImponibileImporto"),
    "tax": sum_at(f"{_RATES}/Imposta"),
    "currency": text_at(f"{_GENERAL}/Divisa"),
    "seller": _name_at(_SELLER),
    "buyer": _name_at(_BUYER),
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
