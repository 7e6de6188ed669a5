"""Decide whether anything in a document says that its numbers are money.

A list of goods in stock, a result or a log of hours has a total, too.
"""

import re
from collections.abc import Sequence

from processors.document_cache import cached_by_identity
from processors.values.lines import TextLine, label_pattern
from processors.values.money.amount_lines import amount_lines
from processors.values.money.amounts import money_in
from processors.values.money.currency import marks_in, short_code_in
from processors.values.money.labeled_amounts import labeled_amounts
from processors.values.money.sums import sums_in

_OF_MONEY = frozenset({"cash", "card", "change", "subtotal"})
"""Kinds of sums that nothing but money has."""
_WORDS = re.compile(
    r"\b(?:price|prices|priced|pay|paid|payable|payments?|cost|costs|fees?|charges?|charged|owed"
    r"|money|cents|dollars?|pounds|euros?|cash|bank|iban|refund|discount|deposit|rent|premium"
    r"|preis|zahl\w*|kosten|betrag|prix|paye\w*|montant|precio|pag\w{1,6}|importe|prezzo|importo"
    r"|prijs|betal\w*|bedrag|amount|amt)\b"
)

_ORDER = re.compile(
    r"\W*(?:purchase order|sales order|order (?:confirmation|acknowledge?ment|summary)|quotation"
    r"|quote|estimate|pro ?-?forma|auftragsbestatigung|bestellung|bestellbestatigung|angebot"
    r"|kostenvoranschlag|devis|bon de commande|confirmation de commande|presupuesto|pedido"
    r"|confirmacion de(?:l)? pedido|preventivo|ordine|conferma d'?ordine|offerte|bestelling"
    r"|orderbevestiging|orcamento|encomenda|zamowienie|oferta|orderbekraftelse|ordrebekr(?:ae|e)ftelse"
    r"|tilausvahvistus|tarjous)(?![a-z])"
)
"""The title of a paper about a sale, whose sums are money."""
_TITLE_LINES = 15
_LEAST_AMOUNTS = 2


@cached_by_identity
def says_money(lines: Sequence[TextLine]) -> bool:
    """Return whether a currency, a tax, a payment or the title of a bill is in a document."""
    if marks_in(lines)[0] or short_code_in(lines):
        return True
    titles = label_pattern("dates", "title")
    bills = label_pattern("numbers", "invoice", "receipt")
    if any(pattern.search(line.folded) for line in lines for pattern in (titles, bills, _WORDS)):
        return True
    amounts = amount_lines(lines)
    if _is_priced_order(amounts):
        return True
    is_paid = any(each.kind in _OF_MONEY for each in sums_in(amounts))
    return is_paid or bool(labeled_amounts(amounts, "tax"))


def _is_priced_order(lines: Sequence[TextLine]) -> bool:
    """Return whether an order or an offer has a line with a price and a sum of it."""
    is_titled = any(_ORDER.match(line.folded) for line in lines[:_TITLE_LINES])
    return is_titled and any(
        sum(each.cents for each in money_in(line.folded)) >= _LEAST_AMOUNTS for line in lines
    )
