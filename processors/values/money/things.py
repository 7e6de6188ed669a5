"""Recognize sums of hours, distances and the like, which are no money, and bounds of amounts."""

import re
from collections.abc import Sequence
from functools import cache

from processors.values.lines import TextLine, has_digit
from processors.values.money.marks import any_mark

_THINGS = (
    r"hours?|hrs|std|stunden|heures|horas|ore lavorate|uren|timer|timmar|minutes?|minuten|days|tage"
    r"|jours|dias|giorni|dagen|miles|mileage|km|kms|kilomet(?:er|re)s?|distance|distanz|k?wh|mwh|kw"
    r"|units|usage|consumption|verbrauch|consommation|consumo|verbruik|therms|m3|m2|sqm|sqft|gallons"
    r"|lit(?:er|re)s?|points|pts|punkte|puntos|punti|punten|pieces|pcs|stuck|stk|weight|gewicht|poids"
    r"|kgs?|lbs|volume|steps|calories|kcal|score|marks|nights|votes|acres|shifts|visits"
    r"|sessions|lessons|tonnes|tons|pallets|cartons|attendance|percentage"
    r"|employees|staff|passengers|people|members|participants|students|pupils|attendees"
    r"|visitors|users|customers|respondents|players|goals|questions|answers|responses|views"
    r"|downloads|errors|passes|households|beds|seats|mitarbeiter|besucher|teilnehmer"
    r"|employes|visiteurs|participants|empleados|visitantes|dipendenti|medewerkers|bezoekers"
)
# What was done with them, but not what they cost: "total hours worked".
_THING_BEHIND = re.compile(
    rf"[ :(./-]{{1,3}}(?:of |in |no\.? of |number of )?(?:{_THINGS})\)?\.?(?: ?\([a-z ]{{1,12}}\))?"
    r"(?: (?:worked|used|driven|travel+ed|consumed|claimed|earned|redeemed|available|billed|logged"
    r"|gefahren|gearbeitet|trabajadas|travaillees|lavorate|gewerkt"
    r"|this (?:week|month|period|year)))?(?=[ :.=]{0,9}(?:\d|$))"
)
_THING_BEFORE = re.compile(rf"(?<!\d )(?<![a-z])(?:{_THINGS})[ :.)-]{{1,2}}$")
_HEAD_OF_THINGS = re.compile(
    rf"(?:total |no\.? of |number of )?(?:{_THINGS}|qty|quantity|menge|anzahl|quantite|cantidad"
    r"|quantita|aantal|antal|antall)\.?(?: (?:worked|used|driven|billed|gearbeitet))?"
)
_ROWS = 40
# Single letters are marks of taxes behind a price.
_MEASURE = re.compile(
    r" ?(?:kgs?|lbs?|oz|k?wh|mwh|hrs?|hours?|std(?:\.|$)|stunden|heures|horas|uren|miles|km|kms|pcs"
    r"|stk|pts|points|punkte|lit(?:er|re)s?|ltrs?|gallons|gal|m[23\u00b2\u00b3]|sqm|sqft|ccf|therms"
    r"|kcal|mins?|minutes|minuten|days|tage|jours|tonnes|acres|pallets|mmol|mg|µg|g/d?l|ml|mmhg|bpm"
    r"|kj)(?![a-z])"
)

# What is right before an amount that is no sum, but a bound or an example: "limited to", "e.g.".
_BOUND = re.compile(
    r"(?:(?<!pay )\bup to|limited to|capped at|\bexceed(?:s|ing)?|\b(?:no|not|never) more than"
    r"|\bmaximum (?:sum |amount )?of|\b(?:at most|at least)|\bbis zu|\bhochstens|\bmaximal"
    r"|\bmindestens|\bubersteigt|jusqu'a|\bau (?:plus|moins|maximum)|\blimitee? a|\bdepass\w{1,5}"
    r"|\bhasta|\bcomo maximo|\bsuper[ae]\w{0,3}|\blimitad[ao] a|\bfino a|\bal massimo"
    r"|\blimitat[ao] a|\btot maximaal|\bhoogstens|\bbeperkt tot|\bno maximo|\bdo kwoty"
    r"|\bfor example|\be\.g\.|\bsuch as|\bz\. ?b\.|\bzum beispiel|\bpar exemple|\bp\. ?ex\."
    r"|\bpor ejemplo|\bad esempio|\bbijvoorbeeld|\bbijv\.|\bpor exemplo),?"
    r"(?: (?:a |the |an? )?(?:total|sum|amount|value|limit)(?: of)?)?[^\w\d]{0,3}$"
)
_LIMIT_OF = re.compile(
    r"\blimits? of (?:indemnity|liability|cover)|\b(?:indemnity|liability|cover(?:age)?) limit"
    r"|deckungssumme|plafond de garantie|limite de (?:indemnizacion|cobertura)|massimale"
)
"""What an insurer pays at most: "limit of indemnity"."""
_LONGEST_BOUND = 60
_PAPER = (
    r"(?:invoice|inv|bill|order|po|receipt|account|acct|a/c|policy|contract|customer|member(?:ship)?"
    r"|ref(?:erence)?|id|room|table|unit|flat|apartment|case|file|claim|ticket|booking|rechnung"
    r"|auftrag|bestellung|kunde|konto|vertrag|zimmer|tisch|facture|commande|compte|contrat|client"
    r"|dossier|factura|pedido|cuenta|contrato|cliente|fattura|ordine|conto|contratto|factuur"
    r"|bestelling|rekening|klant|faktura|fatura|conta)"
)
_NUMBERED_PAPER = re.compile(
    rf"(?<![a-z]){_PAPER} #?$|(?<![a-z])(?:no|nr|number|num|nummer|numero|n[°º]|#)[ .:#°º]{{0,3}}$"
    r"|(?<![a-z])[a-z]{1,6}[-/#]$"
)
"""What has a number, and the letters that begin one: "for order 71", "account no. 71", "RE-71"."""
_LONGEST_MARK = 8


@cache
def _with_mark() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{any_mark()})[ .:]{{0,2}}\d|\d ?(?:{any_mark()})(?![a-z])")


@cache
def _mark_before() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_mark()})[ .:]{{0,2}}$")


def is_measure(folded: str, start: int, end: int) -> bool:
    """Return whether a unit that is no currency is behind the number there, and no mark before."""
    if not _MEASURE.match(folded, end):
        return False
    return _mark_before().search(folded[max(0, start - _LONGEST_MARK) : start]) is None


def counts_things(folded: str, label: str) -> bool:
    """Return whether what a label sums up is named beside it, and nothing says that it is money."""
    start = folded.find(label)
    if start < 0:
        return False
    is_named = _THING_BEHIND.match(folded, start + len(label)) or _THING_BEFORE.search(
        folded, 0, start
    )
    return is_named is not None and _with_mark().search(folded) is None


def is_below_things(lines: Sequence[TextLine], line: TextLine, start: int) -> bool:
    """Return whether the heading of the column of a number is that of things: "Hours", "Qty"."""
    if not line.cells or _with_mark().search(line.folded):
        return False
    cell = line.cell_at(start)
    for above in reversed(lines[max(0, line.number - _ROWS) : line.number]):
        head = above.folded[slice(*above.cell(cell))] if cell <= len(above.cells) else ""
        if len(above.cells) == len(line.cells) and head.strip() and not has_digit(head):
            return _HEAD_OF_THINGS.fullmatch(head.strip(" :.()")) is not None
        # Two headings without a number are those of another table.
        if len(above.cells) > 1 and not has_digit(above.folded):
            return False
    return False


def is_of_paper(line: TextLine, label: str, start: int) -> bool:
    """Return whether the whole number at a character is that of a paper, or of a room.

    `label` announces a sum before it: "please pay invoice 71". In a column of its own it is one.
    """
    if start in line.cells:
        return False
    before = line.folded[max(0, line.folded.find(label)) + len(label) : start]
    mark = _mark_before().search(before)
    return mark is None and _NUMBERED_PAPER.search(before) is not None


def is_bound(line: TextLine, start: int) -> bool:
    """Return whether words right before the amount at a character make it a bound, and no sum."""
    before = line.folded[max(0, start - _LONGEST_BOUND) : start]
    if _LIMIT_OF.search(line.folded, 0, start):
        return True
    return _BOUND.search(_mark_before().sub("", before)) is not None
