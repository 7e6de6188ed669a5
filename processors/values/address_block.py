"""Find the lines of an address among those below a name.

The block is found by named rules: what continues it (`continues_address`), what ends it
(`is_something_else`), and what makes it sure (`is_certain_address`).
"""

import re
from collections.abc import Sequence

from processors.values.address_parts import ADDRESS_LABEL, POSTAL_CODE, address_on
from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import pieces_of
from processors.values.issuer.composed import names_a_body
from processors.values.issuer.name_text import CODE_ALONE, is_title
from processors.values.issuer.streets import STREET_WORDS
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.list_words import labels_in
from processors.values.money.amounts import money_in

MOST_LINES = 6
SKIPPED_LINES = 4
"""Lines between the name and the address: a registration number, a slogan, a branch."""

# A house number at the beginning of a line ("No. 12-3, …") or at its end ("Main Road 12a"), or a
# part of a building: "Shop 5, G/F, Long Building".
_HOUSE_NUMBER = re.compile(
    r"^(?:no\.? ?)?[a-z]{0,3}[\-. ]?\d{1,5}[a-z]?(?:[\-&/,. ]|$)"
    r"|\b\d{1,4}(?:[a-z]|-?(?:bis|ter)|(?<!\d{4})(?:[/-]\d{1,2}){1,3})?$"
    r"|^[a-z.]{2,} [a-z. ]{2,30} \d{1,5}[a-z]?, "
    r"|^(?:shop|flat|room|rm|office|kiosk|apt) [a-z]?\d{1,4}[a-z]?,"
)
_BEGINS_ADDRESS = re.compile(
    r"(?:no\.? ?|lot (?:p\.?t\.? ?)?|unit )\d{1,5}\b[^:]*,|\d{1,4}[a-z]?, [^:]*,$"
    r"|\d{5} [a-z]{2,}\W?$|\d{5}(?:-\d{3})?$|\d{2,5}-\d{3} [a-z]{2,}"
    r"|(?:p\.? ?o\.? ?box|postfach|postbus|bp|apartado|casilla) \d[\d-]*$"
    r"|[\w .-]+ \d+(?:/\d+){1,3}$"
)
"""A house number with more of them, or a postal code alone: few letters, and an address."""
_CODE_AND_TOWN = re.compile(r"(?:[a-z]{1,2}-)?(?:\d{4,6}|\d{2,5}-\d{3}) [a-z]")
_TOWN_AND_CODE = re.compile(r"[a-z][a-z .,'-]{2,30} [-\u2013] ?\d{3} ?\d{3}|c\.? ?p\.? \d{5}.*")
"""A town of India before its code, and a code of Mexico."""
_ENDS_WITH_CODE = re.compile(r"[a-z], ?\d{5}$")
_NUMBER_AND_COMMA = re.compile(r"\d{1,5}[a-z]?, .*[a-z\d],$")
_SUMS = ("strong", "plain", "subtotal", "net", "tax")
_LABEL = re.compile(
    r"(?!add|no\b|lot\b|unit\b|hq\b|branch)[^:,]{2,30}"
    r"(?:(?<! no):(?!\d)|(?<= no):(?! ?\d{1,4}[a-z]?\b))"
)
"""Words with a colon after them announce another value, unless they announce an address.

"Mill Lane No: 12" has the number of a house, "Policy no: 20551" has not.
"""
_NUMBER_OF_PAPER = re.compile(r"(?!haus)[a-z]{4,}(?:-?nr|-no|-?nummer)\b[.:]* ?[a-z]{0,4}[-/]?\d")
"""A compound with the word for a number announces that of a paper: "Lieferschein-Nr. 88"."""
_ABOUT = re.compile(
    r"open(?:ing)? (?:hours|times|daily|mon|tue|wed|thu|fri|sat|sun|from|\d)"
    r"|(?:call|ring) (?:us|on)\b|(?:please|kindly|bitte|veuillez|merci de|por favor|si prega)\b"
    r"|(?:a company )?(?:registered|incorporated) (?:in|with|under)\b[^,]*,? ?(?:no|nr|number)\b"
)
"""When a shop is open, how to call it, and where it is registered."""
_SALUTATION = re.compile(r"(?:dear|sehr geehrte|madame|monsieur|bonjour|estimad[oa]|guten tag)\b")
_COMPLETE = re.compile(r"[^,]*\d[^,]*, ?(?:\d{4,6} )?[^\W\d_][^,\d]{2,}$")
"""A street with its house number, and the town after a comma."""
_LEAST_SHARE_OF_LETTERS = 0.4
"""Share of letters among the characters of a line: telephone numbers have fewer."""
# A number begins or ends its part of an address; "Open 9 to 5" and "30 years of craft" are none.
_NUMBER_AT_EDGE = re.compile(r"(?:^|[,;/|·] ?)#?\d(?!.* [a-z]+ [a-z]+)|\d\S*(?:$| ?[,;/|·])")
LETTERS = re.compile(r"[^\W\d_]{2}")
_SIGNS = re.compile(r"[\W_]+")
_LEAST_REPEATED = 6
"""Letters and digits of a street that is recognized in another line."""
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_NUMBER_ALONE = re.compile(r"(?:n[or]|n\.?[\u00b0\u00ba]|numero|nummer|#)[:.]? ?\d{1,5}[a-z]?")
_CODE_BELOW_TOWN = re.compile(r"\d{4}|(?!NO|NR|ID|PO)[A-Z]{2} \d{5}(?:-\d{4})?")
_NO_CODE = re.compile(
    r"(?:box|postfach|postbus|bp|apartado|casilla|caixa postal|case postale)(?: no)?\.? \d+"
    rf"|^\d{{4,5}} (?:[a-z.'-]{{1,20}} ){{1,3}}{STREET_WORDS}(?![a-z])"
    r"|(?:since|est|established|founded|seit|depuis|desde|dal) ?\.? ?\d{4}"
)
"""The number of a post-office box or a house and a year of founding, which look like codes."""
_NUMBERED = re.compile(
    r"(?:[a-z]+\.? )*(?<!zip )(?<!post )(?<!postal )(?<!pin )(?<!area )"
    r"(?:code|ref|reference|approval|auth|trace|batch|stan|rrn|seq|transaction|trans|id)\b"
    r"[.:# ]{0,3}(?:no|nr)?[.:# ]{0,3}[a-z]{0,4}-?\d{3,}"
)
"""What a terminal prints about a payment: "Auth. code 123456"."""
_QUANTITY = re.compile(r"\d{1,3} ?(?:[x\u00d7*@] |(?:pcs|pc|stk|st|kg|pkt|btl)\b)")
_MOST_SMALL_WORDS = 3
"""Words of a line of an address that are not capitalized; more are a sentence."""
_SHOP = re.compile(r"(?:store|branch|till|terminal|outlet|station)\W{0,3}\d{3,}\b")
_PAID = re.compile(
    r"(?:[a-z]+ )?(?:paid|payment|bezahlt|gezahlt|betaald|betalt|betald|pagado|pagato|paye)\b"
    r"|(?:visa|mastercard|amex|american express|maestro|girocard|paypal|eftpos|card|karte|carte)\b"
    r".*(?:ending|\*{2}|x{3}|\d{4}$)"
)
"""How something was paid: "Paid via Visa ending 4242"."""
_REGISTERED = re.compile(
    r"(?:[a-z.]+ ){1,2}no\.? [\w/-]*\d{5,}\b|.*(?<!\d)\d{9,}$"
    r"|(?!ste|suite|unit|apt|shop|room|lot|plot|house|flat|floor|box|space|stall|street|st\b|no\b)"
    r"[a-z]{3,} ?# ?\d"
)
"""A number of a license or a register, or of something else than a house: "Cab # 4471"."""
_HEAD_OF_TABLE = re.compile(
    r"(?:.*?\b(?:description|item|qty|quantity|price|amount|rate|hours|menge|anzahl|preis|betrag"
    r"|designation|quantite|prix|montant|cantidad|precio|importe|quantita|prezzo|importo|aantal"
    r"|prijs|bedrag)\b){2}"
)
_OTHER_LINES = (
    _REGISTERED,
    _HEAD_OF_TABLE,
    _LABEL,
    _NUMBER_OF_PAPER,
    _ABOUT,
    _SALUTATION,
    _SHOP,
    _NUMBERED,
    _QUANTITY,
    _PAID,
)
_WORDS_AND_YEAR = re.compile(r"[^\d,]* (?:1[89]|20)\d\d$")
"""A year behind words begins no address: "Founded 1921", "Application 2031"."""
_LINES_ABOVE_TOWN = 2
CODE_AT_END = re.compile(rf"(?:\b[a-z]{{2}},? \d{{5}}(?:-\d{{4}})?|{CODE_ALONE.pattern})$")
"""The codes of countries that write them last."""
_CODE_TOWN_AND_REGION = re.compile(r"\d{4,6} [^\W\d_][^,\d]*, ?[^\W\d_][^,\d]*[^\W\d_]\W*$")
"""Town and region behind their code, after which only a country follows."""
_HOUSE_LIKE_CODE = re.compile(r"\d{4,5} [a-z]")
_TOWN_WORDS = 3
"""Words of a line that may be the town or the region at the end of an address."""


def address_in(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the first lines that are an address, none if there is no certain one."""
    block: list[TextLine] = []
    for place, whole in enumerate(lines):
        line = address_on(whole)
        if _is_outside(block, whole, line):
            if is_certain_address(block) or place > SKIPPED_LINES:
                break
            block = []
        elif continues_address(block, line) or _is_near_town(block, line, lines[place:]):
            block += [*_above_code(block, line, lines[:place]), line]
        elif block or place >= SKIPPED_LINES:
            block += [line] if block and _is_last(block[-1], line) else []
            break
    return block[:MOST_LINES] if is_certain_address(block) else []


def _above_code(
    block: Sequence[TextLine], line: TextLine, above: Sequence[TextLine]
) -> list[TextLine]:
    """Return the town and what else is above a code that begins a block alone on its line."""
    plain: list[TextLine] = []
    is_first = not block and CODE_ALONE.fullmatch(line.folded)
    for each in reversed(above if is_first else ()):
        is_other = is_something_else(each) or is_title(each.folded) or has_digit(each.text)
        if is_other or each.text.islower() or len(plain) == _LINES_ABOVE_TOWN:
            break
        plain.insert(0, each)
    return plain


def _begins_another(block: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a labeled address is below one: "Service address: …"."""
    return (
        bool(block) and has_postal_code(block[-1]) and ADDRESS_LABEL.match(line.folded) is not None
    )


def _has_again(block: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a line repeats the street, as the small line of a window does."""
    street = next((each for each in block if any(map(str.isdigit, each.text))), None)
    own = _SIGNS.sub("", street.folded) if street else ""
    return len(own) >= _LEAST_REPEATED and own in _SIGNS.sub("", line.folded)


def _is_year(block: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether words with a year are above or below an address: "Founded 1921"."""
    is_around = not block or ends_with_town(block[-1].folded)
    is_year = _WORDS_AND_YEAR.fullmatch(line.folded) is not None
    return is_around and is_year and not is_address(line.folded)


def _is_of_paper(block: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a number alone is below an address that has one: "No 55" is the paper's."""
    return (
        is_certain_address(block)
        and any(has_digit(each.text) for each in block)
        and not block[-1].text.endswith(",")
        and _NUMBER_ALONE.fullmatch(line.folded) is not None
    )


def _is_outside(block: Sequence[TextLine], whole: TextLine, line: TextLine) -> bool:
    """Return whether a line is something else than a line of an address, and so is the `whole` one.

    The code of South Africa, or a state with its code, may be alone below its town. A title is none
    before an address and behind its town; within one it is of another column.
    """
    if _begins_another(block, whole) or _is_year(block, line) or _has_again(block, line):
        return True
    if _is_of_paper(block, line):
        return True
    # "No 12" has a word of titles, too, but none that is longer.
    is_heading = is_title(line.folded) and _LONG_WORD.search(line.folded)
    if is_heading and (not block or has_postal_code(block[-1])):
        return True
    is_below_town = bool(block) and not any(map(str.isdigit, block[-1].text))
    is_code = is_below_town and _CODE_BELOW_TOWN.fullmatch(line.text)
    return not is_code and is_something_else(line)


def continues_address(block: Sequence[TextLine], line: TextLine) -> bool:
    """A street, a house number or a postal code begins an address and continues it.

    So does any line after one without a postal code, because the town is still missing, and a line
    that ends with a comma.
    """
    if line.folded.startswith("("):
        return False
    last = block[-1] if block else None
    if last and (last.text.endswith(",") or _ENDS_WITH_CODE.search(last.folded)):
        return True
    town_is_missing = last and not has_postal_code(last) and not _is_complete(last)
    return bool(
        town_is_missing
        or line.text.endswith(",")
        or has_postal_code(line)
        or _has_address_word(line)
        or _has_house(line, is_below_town=bool(last))
    )


def _has_house(line: TextLine, *, is_below_town: bool) -> bool:
    """Return whether a line has the number of a house; below a town, one of goods begins it."""
    is_of_goods = is_below_town and line.folded[:1].isdigit()
    return not is_of_goods and _HOUSE_NUMBER.search(line.folded) is not None


def _is_complete(line: TextLine) -> bool:
    """Return whether the town is behind the house: "12 Mill Lane, Ely", not "1, Mill Lane"."""
    complete = _COMPLETE.match(line.folded)
    town = line.folded.rpartition(",")[2]
    return bool(complete and not label_pattern("company", "address").search(town))


def is_something_else(line: TextLine) -> bool:
    """A line of numbers, a price, an e-mail address or a word such as "telephone" is no address."""
    if any(pattern.match(line.folded) for pattern in _OTHER_LINES):
        return True
    if _BEGINS_ADDRESS.match(line.folded):
        return False
    letters = sum(map(str.isalpha, line.text))
    characters = len(line.text.replace(" ", ""))
    if letters < _LEAST_SHARE_OF_LETTERS * characters or "@" in line.text:
        return True
    if label_pattern("address", "end").search(line.folded) or _is_sentence(line):
        return True
    if _has_number_of_bill(line) or dates_in(line.folded, MonthNames(())):
        return True
    # "Level 3, 55 Mill Street" has no amount: a decimal comma has no blank behind it.
    apart = line.folded.replace(", ", " ; ")
    return _is_sum(line) or any(amount.cents for amount in money_in(apart))


def _has_number_of_bill(line: TextLine) -> bool:
    """Return whether digits are behind a label of them, which look like a house or a code."""
    labels = labels_in(line.folded, "numbers", "invoice")
    return any(has_digit(line.folded[label.end() :]) for label in labels)


def _is_sentence(line: TextLine) -> bool:
    """Return whether many words without a capital, and no postal code, are in a line."""
    small = [word for word in line.text.split() if word.isalpha() and word.islower()]
    is_long = sum(len(word) > 1 for word in small) > _MOST_SMALL_WORDS
    return is_long and not has_postal_code(line)


def _is_sum(line: TextLine) -> bool:
    """Return whether a line is a sum, or the head of a table with a column of sums.

    Sheets print sums without decimals.
    """
    label = label_pattern("totals", *_SUMS)
    bounds = [line.cell(number) for number in range(len(line.cells) + 1)] if line.cells else []
    is_head = any(label.fullmatch(line.folded[start:end].strip()) for start, end in bounds)
    return is_head or (line.text[-1:].isdigit() and label.match(line.folded) is not None)


def _is_before_town(block: Sequence[TextLine], following: Sequence[TextLine]) -> bool:
    """A line without digits belongs to the address above a line with a postal code or a country."""
    is_plain = bool(block) and not any(map(str.isdigit, following[0].text))
    if not is_plain or not following[1:]:
        return False
    below = following[1].folded
    is_country = label_pattern("company", "countries").fullmatch(below.strip(" ."))
    # Below the town of an address is who gets the document: "1884 Orchard Drive".
    has_town = _CODE_AND_TOWN.match(below) or _TOWN_AND_CODE.fullmatch(below)
    is_town = has_town and not ends_with_town(block[-1].folded)
    return bool(is_town or is_country)


def _is_near_town(block: Sequence[TextLine], line: TextLine, following: Sequence[TextLine]) -> bool:
    """Return whether a line belongs to the town below it: "Shed 14, Mill Estate" begins with it."""
    if block:
        return _is_before_town(block, following)
    has_number = _NUMBER_AT_EDGE.search(line.text) and LETTERS.search(line.text)
    below = following[1].folded if following[1:] else ""
    return bool(has_number) and not has_postal_code(line) and ends_with_town(below)


def _is_last(last: TextLine, line: TextLine) -> bool:
    """Return whether a line ends an address; behind a code or region only a country does."""
    is_country = label_pattern("company", "countries").fullmatch(line.folded.strip(" ."))
    is_whole = CODE_AT_END.search(last.folded) or _CODE_TOWN_AND_REGION.search(last.folded)
    return is_country is not None or (is_last_of_address(line) and not is_whole)


def is_last_of_address(line: TextLine) -> bool:
    """The last line may be the town alone, in capitals, or the region, with a full stop.

    A title in capitals is none, and neither is a company: "Heron Inks B.V.".
    """
    bare = line.folded.strip(" .:")
    labels = label_pattern(
        "company", "buyer", "buyer_marked", "other_marked", "seller", "seller_marked"
    )
    is_label = labels.fullmatch(bare) is not None or is_title(bare)
    is_never = label_pattern("company", "never").search(line.folded) is not None
    is_town = line.text.isupper() and not is_never and not is_label
    is_region = line.text.endswith(".") and not any(map(str.isdigit, line.text))
    is_country = label_pattern("company", "countries").fullmatch(line.folded.strip(" ."))
    is_short = len(line.text.split()) <= _TOWN_WORDS
    is_firm = bool(end_of_form(line.text, line.folded)) or names_a_body(line.folded)
    return bool(is_country) or ((is_town or is_region) and is_short and not is_firm)


def is_certain_address(block: Sequence[TextLine]) -> bool:
    """An address has a postal code or a word such as "street".

    A code alone is none. A house number is enough only with a comma after it and one at the end.
    """
    if not any(LETTERS.search(line.text) for line in block):
        return False
    if all(CODE_ALONE.fullmatch(line.folded) for line in block):
        return False
    if len(block) > 1 and _NUMBER_AND_COMMA.match(block[0].folded):
        return True
    return any(has_postal_code(line) or _has_address_word(line) for line in block)


def is_mixed(block: Sequence[TextLine]) -> bool:
    """Return whether two towns are in a block: a piece of another column is in it."""
    pieces = [piece.line for line in block for piece in pieces_of(line, 0)]
    return len(list(filter(_ends_address, _without_house(pieces)))) > 1


def _ends_address(line: TextLine) -> bool:
    """Return whether a line ends with a town and its code; that of a post-office box is none."""
    return has_postal_code(line) and ends_with_town(line.folded)


def first_of_two(block: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines of a block up to the first town."""
    towns = list(filter(_ends_address, _without_house(block)))
    return list(block[: block.index(towns[0]) + 1]) if towns else []


def _without_house(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return lines without a first one whose digits are those of a house.

    "1450 Broadway" is like the code and the town of another country, but that of the town below it
    is behind it.
    """
    has_house = _HOUSE_LIKE_CODE.match(lines[0].folded) is not None
    return lines[has_house and any(CODE_AT_END.search(each.folded) for each in lines[1:]) :]


def has_postal_code(line: TextLine) -> bool:
    """Return whether a line has a postal code."""
    return POSTAL_CODE.search(_NO_CODE.sub("", line.folded)) is not None


def _has_address_word(line: TextLine) -> bool:
    words = label_pattern("company", "address")
    return bool(words.search(line.folded) or is_address(line.folded))
