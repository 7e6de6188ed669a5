"""Names of columns in German, French, Spanish, Italian, Portuguese and Dutch, by finding.

English names of columns are compared by their similarity; these only as they are, without accents,
spaces and underscores. Across languages similar is not the same: "data" is a date in Italian,
"firma" a signature in Spanish.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

_HEADERS = {
    "doc_type": (
        "dokumenttyp, dokumentart, belegart, dokumentenart, type de document, type document, tipo "
        "de documento, tipo documento, documenttype, documentsoort"
    ),
    "language": "sprache, langue, idioma, lingua, taal",
    "date": (
        "datum, belegdatum, rechnungsdatum, rg datum, re datum, rechn datum, dokumentdatum, "
        "vertragsdatum, ausstellungsdatum, quittungsdatum, date de facture, date facture, date du "
        "document, date document, date d'émission, date du contrat, fecha, fecha de factura, "
        "fecha de emisión, fecha documento, fecha de documento, fecha del contrato, fecha del "
        "recibo, data fattura, data documento, data del documento, data emissione, data di "
        "emissione, data contratto, data da fatura, data fatura, data de emissão, data do "
        "documento, data do contrato, factuurdatum, documentdatum, contractdatum, bondatum"
    ),
    "due_date": (
        "fällig, fällig am, fälligkeit, fälligkeitsdatum, zahlbar bis, date d'échéance, échéance, "
        "fecha de vencimiento, fecha vencimiento, vencimiento, data di scadenza, data scadenza, "
        "scadenza, data de vencimento, data vencimento, vencimento, vervaldatum, betaaldatum"
    ),
    "period": (
        "zeitraum, leistungszeitraum, abrechnungszeitraum, période, période de facturation, "
        "período, periodo, período de facturación, periodo di fatturazione, periode"
    ),
    "total": (
        "betrag, gesamtbetrag, rechnungsbetrag, bruttobetrag, brutto, endbetrag, gesamt, "
        "gesamtsumme, betrag brutto, zahlbetrag, montant, montant total, montant ttc, total ttc, "
        "ttc, importe, importe total, monto, monto total, total factura, importo, importo totale, "
        "totale, totale fattura, valor total, total da fatura, montante, bedrag, totaalbedrag, "
        "totaal, factuurbedrag, bedrag incl btw"
    ),
    "net": (
        "netto, nettobetrag, betrag netto, montant ht, total ht, base imponible, importe neto, "
        "neto, imponibile, importo netto, valor líquido, nettobedrag, bedrag excl btw"
    ),
    "tax": (
        "mwst betrag, ust betrag, steuerbetrag, montant tva, importe iva, cuota iva, importo iva, "
        "valor iva, btw bedrag"
    ),
    "currency": "währung, devise, monnaie, moneda, divisa, valuta, moeda, munt",
    "company": (
        "lieferant, lieferantenname, lieferfirma, händler, kreditor, rechnungssteller, "
        "aussteller, firmenname, fournisseur, nom du fournisseur, nom fournisseur, émetteur, "
        "proveedor, nombre del proveedor, nombre proveedor, comercio, emisor, fornitore, nome "
        "fornitore, ragione sociale, emittente, fornecedor, nome do fornecedor, emitente, "
        "leverancier, naam leverancier, leveranciersnaam, bedrijfsnaam"
    ),
    "buyer": (
        "käufer, rechnungsempfänger, facturé à, facturar a, acquirente, intestatario fattura, "
        "koper, factuur aan"
    ),
    "address": (
        "lieferantenadresse, adresse fournisseur, adresse du fournisseur, dirección del "
        "proveedor, dirección proveedor, indirizzo fornitore, endereço do fornecedor, adres "
        "leverancier"
    ),
    "invoice_number": (
        "rechnungsnummer, rechnungsnr, rechnung nr, rg nr, re nr, rechn nr, belegnummer, belegnr, "
        "numéro de facture, numéro facture, no facture, num facture, n facture, número de "
        "factura, número factura, num factura, no factura, numero fattura, num fattura, nr "
        "fattura, número da fatura, número fatura, num fatura, n fatura, factuurnummer, "
        "factuurnr, bonnummer"
    ),
    "order_number": (
        "bestellnummer, bestellnr, auftragsnummer, auftragsnr, numéro de commande, numéro "
        "commande, num commande, número de pedido, número pedido, num pedido, numero ordine, num "
        "ordine, número do pedido, bestelnummer, ordernummer"
    ),
    "vat_id": "ust idnr, umsatzsteuer id, uid nummer, no tva, numéro tva, partita iva, btw nummer",
    "parties": "vertragsparteien, parties contractantes, partes contratantes, parti contraenti",
    "person": "nom complet, nombre completo, nome completo",
    "document_number": (
        "ausweisnummer, passnummer, numéro de passeport, número de pasaporte, numero passaporto, "
        "número do passaporte, paspoortnummer"
    ),
    "nationality": "staatsangehörigkeit, nationalité, nacionalidad, nazionalità, nacionalidade",
    "birth_date": (
        "geburtsdatum, geboren am, date de naissance, fecha de nacimiento, data di nascita, data "
        "de nascimento, geboortedatum"
    ),
    "expiry_date": (
        "gültig bis, ablaufdatum, date d'expiration, fecha de caducidad, válido hasta, data di "
        "scadenza documento, válido até, geldig tot"
    ),
    "sex": "geschlecht, sexe, sexo, sesso, geslacht",
}

_MAY_BE = {
    "doc_type": "art, typ, type, tipo, soort",
    "date": (
        "data, kaufdatum, date d'achat, fecha de compra, data acquisto, data compra, aankoopdatum"
    ),
    "total": "summe, preis, kosten, valor, precio, prix, prezzo, preço, prijs",
    "company": (
        "firma, bedrijf, empresa, société, azienda, ditta, tienda, magasin, negozio, winkel, "
        "verkäufer, vendeur, vendedor, venditore, verkoper"
    ),
    # The last two are also somebody who buys for a firm.
    "buyer": "kunde, kundenname, client, cliente, klant, acheteur, comprador",
    "address": "adresse, anschrift, straße, dirección, indirizzo, endereço, adres",
    "invoice_number": "nummer, numéro, número, numero",
    "phone": "telefon, téléphone, teléfono, telefono, telefone, telefoon",
    "person": "nom, nombre, nome, naam, mitarbeiter, mitarbeitername",
    "tax": "mehrwertsteuer, umsatzsteuer, ust, steuer, tva, iva, btw",
}

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SMALL_WORDS = re.compile(r"\b(?:d'|(?:de|del|du|di|da|do|la)\b)")


def spelled(text: str) -> str:
    """Return a name without accents, case, spaces and signs."""
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in text if letter.isalnum())


def _spellings(headers: str) -> Iterator[tuple[str, str]]:
    """Yield each way in which users write the headers, with the header: "Rg_Datum", "Waehrung"."""
    for header in headers.split(", "):
        for text in (header, header.translate(_UMLAUTS), _SMALL_WORDS.sub("", header)):
            yield spelled(text), header


def _by_spelling(headers: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({name: dict(_spellings(text)) for name, text in headers.items()})


FOREIGN_HEADERS = _by_spelling(_HEADERS)
"""By finding, the names of columns that mean it: the header by each of its spellings."""

POSSIBLE_FOREIGN_HEADERS = _by_spelling(_MAY_BE)
"""By finding, the names of columns that may mean it, and something else as well."""
