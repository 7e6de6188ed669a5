"""Collect what a page says about its names: web addresses, payees, the size of letters."""

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processors.values.issuer.composed import is_large, names_a_body
from processors.values.issuer.name_text import is_craft, is_town_with_code
from processors.values.legal_forms import is_address
from processors.values.lines import TextLine, fold, label_pattern

# Points. They are fitted to receipts and invoices whose issuer is known.
TOP_LINES = 14
"""Lines from the top among which an issuer introduces itself."""
_AT_THE_TOP = 2.0
PER_LINE = 0.22
_WITH_LEGAL_FORM = 3.0
_WITH_TRADE = 0.8
_LIKE_AN_ADDRESS = -2.5
CRAFT_ALONE = -2.5
_WITH_COMMA = -0.7
BEHIND_A_LABEL = -2.5
"""For "Hotel: Grand Kettle Ltd": a label that is not the seller's announces someone else."""
_DEGREES = re.compile(r",? (?:cpa|md|dds|dmd|phd|esq|rn|pe|llm|od|dvm|ca|acca|aca)\.?$")
"""What is behind the name of a professional."""
_REPEATED = 0.35
_MOST_REPEATS = 2
_NAME_OF_RECEIVER = -2.0
_NAME_IN_DOMAIN = 1.0
_NAME_IS_DOMAIN = 2.0
_NAME_OF_PAYEE = 2.5
"""A name with a legal form on the first lines has more; such a name further below has less."""
_LIKE_A_PAYEE = 1.0
_BESIDE_REGISTRATION = 0.6
_IN_LARGE_LETTERS = 0.8
_SHORTEST_FIRST_WORD = 4
"""Letters of a first word that is compared with domains: shorter ones are in any of them."""
_LEAST_HEIGHTS = 5
"""Lines with places from which on there are usual ones."""

_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9][a-z0-9\-]{2,40})\.[a-z]{2,10}")
_NO_LETTERS_OR_DIGITS = re.compile(r"[^a-z0-9]")
_LEAST_PAYEE_CHARS = 3
OF_DOMAIN = ", and its web address is"
_NEAR_BANK = frozenset({"account name", "intestatario", "intestato a", "titular", "titulaire"})
OF_CUSTOMERS = _NEAR_BANK | {"account holder"}
"""Labels of who has an account at a bank, or who is a customer where nothing is said of a bank."""
_BANK = re.compile(r"\b(?:iban|bic|swift|sort code|routing|bsb)\b")
_NEAR_LINES = 3
"""Lines between the name of an account and what says that a bank has it."""


@dataclass(frozen=True, slots=True)
class PageEvidence:
    """Texts of the first page, folded, that speak for or against a name."""

    text: str
    buyer_text: str
    domains: Sequence[str]
    payees: Sequence[str]
    registered: frozenset[int]
    usual_height_pt: float

    def points_for(self, name: str, line: TextLine, *, is_at_top: bool) -> tuple[float, str]:
        """Return the points for a name, and the reasons."""
        folded = fold(name)
        first_word = _NO_LETTERS_OR_DIGITS.sub("", folded.split()[0])
        first_word = first_word if len(first_word) >= _SHORTEST_FIRST_WORD else ""
        points = self.points_of_repeats(folded)
        why = ""
        if self.is_payee(folded):
            points += _NAME_OF_PAYEE
            why += ", and is to be paid"
        elif first_word and any(payee.startswith(first_word) for payee in self.payees):
            points += _LIKE_A_PAYEE
        elif first_word and self._is_of_buyer(folded, first_word):
            return points + _NAME_OF_RECEIVER, ", but the receiver has that name"
        of_domain, domain = self._of_domain(folded, first_word)
        if domain:
            points += of_domain
            why += f"{OF_DOMAIN} {domain}"
        if line.number in self.registered:
            points += _BESIDE_REGISTRATION
            why += ", beside its registration"
        if is_at_top and is_large(line, self.usual_height_pt):
            points += _IN_LARGE_LETTERS
            why += ", in large letters"
        return points, why

    def _is_of_buyer(self, folded: str, first_word: str) -> bool:
        """Return whether the receiver has the first word of a name, or all of a common one."""
        words = re.escape(folded) if names_a_body(first_word) else first_word
        return re.search(rf"\b{words}\b", self.buyer_text) is not None

    def points_of_repeats(self, folded: str) -> float:
        """Return the points for how often a name is on the page."""
        return _REPEATED * min(self.text.count(folded) - 1, _MOST_REPEATS)

    def _of_domain(self, folded: str, first_word: str) -> tuple[float, str]:
        """Return the points for a web address that is like a name, and the address."""
        compact = _NO_LETTERS_OR_DIGITS.sub("", folded)
        for domain in self.domains:
            bare = domain.replace("-", "")
            if bare == compact:
                return _NAME_IS_DOMAIN, domain
            if bare in compact or (first_word and first_word in bare):
                return _NAME_IN_DOMAIN, domain
        return 0.0, ""

    def is_payee(self, folded: str) -> bool:
        """Return whether a name is that of the account that is to be paid."""
        return any(payee.startswith(folded) for payee in self.payees)


def evidence_of(lines: Sequence[TextLine], *, of_buyer: Sequence[TextLine]) -> PageEvidence:
    """Collect what a page says about names; `of_buyer` are the pieces about the receiver."""
    text = "\n".join(line.folded for line in lines)
    return PageEvidence(
        text=text,
        # Who is in the receiver's town may be called like it.
        buyer_text="\n".join(
            line.folded for line in of_buyer if not is_town_with_code(line.folded)
        ),
        domains=tuple(dict.fromkeys(_DOMAIN.findall(text))),
        payees=tuple(_payees_in(lines)),
        registered=frozenset(_registered_in(lines)),
        usual_height_pt=usual_height_of(lines),
    )


def usual_height_of(lines: Sequence[TextLine]) -> float:
    """Return the height of most lines in points, 0 if there are too few with places."""
    heights = [line.box[3] - line.box[1] for line in lines if line.box]
    return statistics.median(heights) if len(heights) >= _LEAST_HEIGHTS else 0.0


def _payees_in(lines: Sequence[TextLine]) -> Iterator[str]:
    """Yield what follows the words for who is to be paid, on their line or below."""
    labels = label_pattern("company", "payee")
    text = "\n".join(line.folded for line in lines)
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        label = labels.search(line.folded)
        if label is None:
            continue
        is_named = label.group() in _NEAR_BANK
        if label.group() in OF_CUSTOMERS and not (
            is_beside_bank(line, lines) if is_named else _BANK.search(text)
        ):
            continue
        rest = line.folded[label.end() :].strip(" :.-")
        if len(rest) >= _LEAST_PAYEE_CHARS:
            yield rest
        elif below:
            yield below.folded


def is_beside_bank(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether one of the lines around a line has the numbers of an account at a bank."""
    near = lines[max(0, line.number - _NEAR_LINES) : line.number + _NEAR_LINES + 1]
    return any(_BANK.search(each.folded) for each in near)


def _registered_in(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines that have a company's registration, or the line before one."""
    labels = label_pattern("company", "registered")
    for line in lines:
        if labels.search(line.folded):
            yield from (line.number - 1, line.number)


def points_of_line(
    folded: str, *, has_form: bool, place: int, is_below_name: bool = False
) -> tuple[float, str]:
    """Return the points for the place and the words of a name, and the reasons.

    A trade below a name says what the shop of that name is.
    """
    points = _AT_THE_TOP - PER_LINE * min(place, TOP_LINES)
    reason = f"line {place + 1} from the top"
    if ": " in folded:
        points += BEHIND_A_LABEL
    if has_form:
        return points + _WITH_LEGAL_FORM, f"{reason}, with a legal form"
    if not is_below_name and label_pattern("company", "trades").search(folded):
        points += _WITH_TRADE
        reason += ", with the name of a trade"
    if is_craft(folded):
        points += CRAFT_ALONE
    if is_address(folded):
        points += _LIKE_AN_ADDRESS
    if "," in _DEGREES.sub("", folded):
        points += _WITH_COMMA
    return points, reason
