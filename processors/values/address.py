"""Find the address of the company that issued a document: a block of lines below its name.

The block is found by named rules: what continues it (`continues_address`), what ends it
(`is_something_else`), and what makes it sure (`is_certain_address`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.values.address_parts import ADDRESS_LABEL, POSTAL_CODE, address_on
from processors.values.candidates import with_others
from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import Piece, piece_below, pieces_of
from processors.values.issuer.foot import AT_FOOT
from processors.values.issuer.name_text import is_title
from processors.values.legal_forms import is_address, repair_form
from processors.values.lines import TextLine, enclosing_box, fold, label_pattern
from processors.values.money.amounts import money_in

_MOST_LINES = 6
_SEARCHED_LINES = 120
"""Lines among which other addresses are looked for."""
_LINES_ABOVE_CODE = 3
"""Lines that an address has at most above that of its postal code."""
_MOST_CODES = 12
"""Lines with what may be a postal code; the numbers of a long list look alike."""
_ELSEWHERE = 0.2
"""Confidence of an address that is not at the company's name."""
_MOST_NAMED = 4
"""Lines with the company's name at which its address is looked for."""
_SKIPPED_LINES = 4
"""Lines between the name and the address: a registration number, a slogan, a branch."""

# A house number at the beginning of a line ("No. 12-3, …") or at its end ("Main Road 12a"), or a
# part of a building: "Shop 5, G/F, Long Building".
_HOUSE_NUMBER = re.compile(
    r"^(?:no\.? ?)?[a-z]{0,3}[\-. ]?\d{1,5}[a-z]?(?:[\-&/,. ]|$)|\b\d{1,4}(?:[a-z]|-?(?:bis|ter))?$"
    r"|^[a-z.]{2,} [a-z. ]{2,30} \d{1,5}[a-z]?, "
    r"|^(?:shop|flat|room|rm|office|kiosk|apt) [a-z]?\d{1,4}[a-z]?,"
)
_BEGINS_ADDRESS = re.compile(
    r"(?:no\.? ?|lot (?:p\.?t\.? ?)?|unit )\d{1,5}\b[^:]*,|\d{1,4}[a-z]?, [^:]*,$"
    r"|\d{5} [a-z]{2,}\W?$|\d{5}(?:-\d{3})?$|\d{2,5}-\d{3} [a-z]{2,}"
    r"|(?:p\.? ?o\.? ?box|postfach|postbus|bp|apartado|casilla) \d+$"
)
"""A house number with more of them, or a postal code alone: few letters, and an address."""
_CODE_AND_TOWN = re.compile(r"(?:[a-z]{1,2}-)?(?:\d{4,6}|\d{2,5}-\d{3}) [a-z]")
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
_SALUTATION = re.compile(r"(?:dear|sehr geehrte|madame|monsieur|bonjour|estimad[oa]|guten tag)\b")
_COMPLETE = re.compile(r"[^,]*\d[^,]*, ?(?:\d{4,6} )?[^\W\d_][^,\d]{2,}$")
"""A street with its house number, and the town after a comma."""
_LEAST_SHARE_OF_LETTERS = 0.4
"""Share of letters among the characters of a line: telephone numbers have fewer."""
_LATE_NAME = 5
"""Lines above a name among which its address may be."""
_SEPARATOR = re.compile(r" ?[·•⋅|*\u2013\u2014] ?| - ")
"""What separates name, street and town on one line."""
_COMMA_AND_HOUSE = re.compile(r", (?=\d{1,5}[A-Za-z]? )")
# A number begins or ends its part of an address; "Open 9 to 5" and "30 years of craft" are none.
_NUMBER_AT_EDGE = re.compile(r"(?:^|[,;/|·] ?)#?\d(?!.* [a-z]+ [a-z]+)|\d\S*(?:$| ?[,;/|·])")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_FOUR_DIGITS = re.compile(r"\d{4}")
_NO_CODE = re.compile(
    r"(?:box|postfach|postbus|bp|apartado|casilla|caixa postal|case postale)(?: no)?\.? \d+"
    r"|(?:since|est|established|founded|seit|depuis|desde|dal) ?\.? ?\d{4}"
)
"""The number of a post-office box and a year of founding, which look like postal codes."""
_OTHER_COLUMN = re.compile(r"(?:[a-z]+ )?(?:n[or]|nr|number|#|№)[.:]* ?[a-z]{0,4}[-/]?\d[\w/-]*")
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
_OTHER_LINES = (_LABEL, _SALUTATION, _SHOP, _NUMBERED, _QUANTITY)
_LEAST_PARTS = 3
"""Parts of such a line behind the name: nothing, the street and the town."""
_ALIGNED_PT = 6.0
"""Distance of two left edges that are one."""
_TOWN_WORDS = 3
"""Words of a line that may be the town or the region at the end of an address."""


def find_address(lines: Sequence[TextLine], *, company: Finding | None) -> Finding | None:
    """Find the address below the company's name, from its street to its town."""
    if company is None or company.value is None:
        return None
    # The name may be in the head and again in small print, with the address at one of them.
    near = (_block_near(company.value, line, lines) for line in _lines_of(company, lines))
    block, where = next((each for each in near if each[0]), ([], ""))
    # Above a name at the foot is where the receiver is.
    if not block or (where == "above" and AT_FOOT in company.reason):
        return None
    block = [_without_name(block[0], company.value), *block[1:]]
    is_sure = where != "above" and any(map(_has_postal_code, block))
    reason = f"what is {where} '{company.value}' looks like an address"
    best = _finding(block, 0.75 if is_sure else 0.55, reason)
    return with_others(best, _elsewhere(best, lines))


def _without_name(line: TextLine, name: str) -> TextLine:
    """Return a line without the company's name before its address: "Otter Ltd, 5 Mill Lane"."""
    rest = line.text.removeprefix(name).lstrip(" ,·|-")
    is_same = rest == line.text or not line.text.startswith(f"{name},")
    return line if is_same else replace(line, text=rest, folded=fold(rest), gaps=())


def _finding(block: Sequence[TextLine], confidence: float, reason: str) -> Finding:
    boxes = [line.box for line in block if line.box]
    return Finding(
        " ".join(line.text.strip() for line in block),
        confidence,
        reason,
        block[0].page,
        enclosing_box(boxes) if boxes else None,
    )


def _elsewhere(best: Finding, lines: Sequence[TextLine]) -> Iterator[Finding]:
    """Yield the other addresses of the page that end with a postal code, from the top."""
    page = [line for line in lines[:_SEARCHED_LINES] if line.page == best.page]
    with_code = [place for place, line in enumerate(page) if _has_postal_code(line)]
    for place in with_code[:_MOST_CODES]:
        above = page[max(0, place - _LINES_ABOVE_CODE) : place]
        for block in _blocks_ending_at(page[place], above):
            if block[-1].text.strip() not in (best.value or ""):
                yield _finding(block, _ELSEWHERE, "is another address of the page")


def _blocks_ending_at(line: TextLine, above: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """Yield the addresses that end in a line, of each column one."""
    rows = [pieces_of(each, 0) for each in above]
    for piece in pieces_of(line, 0):
        block = address_in([*(piece_below(piece, row) for row in rows), piece.line])
        if block and block[-1].number == line.number and _has_postal_code(block[-1]):
            yield block


def _block_beside(name: str, name_line: TextLine) -> list[TextLine]:
    """Return the address behind the name on its own line, as above the window of an envelope."""
    start = name_line.text.find(name)
    rest = name_line.text[start + len(name) :] if start >= 0 else ""
    parts = [part.strip(" ,") for part in _SEPARATOR.split(rest)]
    if _COMMA_AND_HOUSE.match(rest):
        parts = ["", *parts]
    elif len(parts) < _LEAST_PARTS or parts[0]:
        return []
    # A telephone number or a web address may be the last part.
    text = ", ".join(part for part in parts if _LETTERS.search(part) and "@" not in part)
    block = address_in([replace(name_line, text=text, folded=fold(text), gaps=())])
    return block if any(map(_has_postal_code, block)) else []


def _block_near(
    name: str, name_line: TextLine, lines: Sequence[TextLine]
) -> tuple[list[TextLine], str]:
    """Return the lines of the address, and whether they are beside, below or above the name.

    Some print the address at the head, and the name of the company below everything else.
    """
    if beside := _block_beside(name, name_line):
        return beside, "beside"
    first = name_line.number + 1
    below = lines[first : first + _SKIPPED_LINES + _MOST_LINES]
    block = address_in([in_column(line, name_line, name) for line in below])
    if block or name_line.number < _LATE_NAME:
        return block, "below"
    return address_in(lines[: name_line.number][:_MOST_LINES]), "above"


def in_column(line: TextLine, name_line: TextLine, name: str) -> TextLine:
    """Return the piece of a line that is below a name, if something else is beside it."""
    line, name_line = _with_columns(line, name_line), _with_columns(name_line, line)
    if not line.gaps:
        return line
    pieces = pieces_of(line, 0)
    has_other = any(_OTHER_COLUMN.fullmatch(each.line.folded) for each in pieces[1:])
    amounts = money_in(pieces[-1].line.folded)
    # Goods with a price are a row; what is a column has a place of its own, or words.
    if len(amounts) == 1 and not _LETTERS.search(pieces[-1].line.folded):
        return line
    is_beside = bool(name_line.gaps) or has_other or _is_beside(name_line, pieces)
    if not is_beside and not is_something_else(line):
        return line
    named = [each for each in pieces_of(name_line, 0) if name in each.line.text]
    return piece_below(named[0] if named else Piece(name_line, 0), pieces)


def _is_beside(name_line: TextLine, pieces: Sequence[Piece]) -> bool:
    """Return whether a name is above another piece of a line than the first."""
    name = name_line.box
    boxes = [each.line.box for each in pieces[1:]]
    return name is not None and any(box and abs(box[0] - name[0]) < _ALIGNED_PT for box in boxes)


def _with_columns(line: TextLine, other: TextLine) -> TextLine:
    """Return a row with its cells as columns if another row of the table has as many.

    "Otter Inc. | Bill to" heads two columns.
    """
    is_row = line.cells and not line.gaps and len(line.cells) == len(other.cells)
    return replace(line, gaps=tuple(sorted({*line.cells} - {0}))) if is_row else line


def _lines_of(company: Finding, lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines with the company's name, or else the first with its last word."""
    name = company.value or ""
    page = [line for line in lines if line.page == company.page]
    named = [line for line in page if name in repair_form(line.text)]
    # Its address is where the name is by itself, and not within a heading.
    named.sort(key=lambda line: all(each.line.text != name for each in pieces_of(line, 0)))
    last = name.split()[-1]
    return (named or [line for line in page if last in repair_form(line.text)][:1])[:_MOST_NAMED]


def address_in(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the first lines that are an address, none if there is no certain one."""
    block: list[TextLine] = []
    for place, whole in enumerate(lines):
        line = address_on(whole)
        if _is_outside(block, whole, line):
            if is_certain_address(block) or place > _SKIPPED_LINES:
                break
            block = []
        elif continues_address(block, line) or _is_near_town(block, line, lines[place:]):
            block.append(line)
        elif block or place >= _SKIPPED_LINES:
            block += [line] if block and is_last_of_address(line) else []
            break
    return block[:_MOST_LINES] if is_certain_address(block) else []


def _begins_another(block: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a labeled address is below one: "Service address: …"."""
    return (
        bool(block) and _has_postal_code(block[-1]) and ADDRESS_LABEL.match(line.folded) is not None
    )


def _is_outside(block: Sequence[TextLine], whole: TextLine, line: TextLine) -> bool:
    """Return whether a line is something else than a line of an address, and so is the `whole` one.

    In South Africa the postal code is alone below its town. A title is none before an address and
    behind its town; within one it is of another column.
    """
    if _begins_another(block, whole):
        return True
    # "No 12" has a word of titles, too, but none that is longer.
    is_heading = is_title(line.folded) and _LONG_WORD.search(line.folded)
    if is_heading and (not block or _has_postal_code(block[-1])):
        return True
    is_below_town = bool(block) and not any(map(str.isdigit, block[-1].text))
    is_code = is_below_town and _FOUR_DIGITS.fullmatch(line.text)
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
    town_is_missing = last and not _has_postal_code(last) and not _is_complete(last)
    return bool(
        town_is_missing
        or line.text.endswith(",")
        or _has_postal_code(line)
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
    if dates_in(line.folded, MonthNames(())):
        return True
    # "Level 3, 55 Mill Street" has no amount: a decimal comma has no blank behind it.
    apart = line.folded.replace(", ", " ; ")
    return _is_sum(line) or any(amount.cents for amount in money_in(apart))


def _is_sentence(line: TextLine) -> bool:
    """Return whether many words without a capital, and no postal code, are in a line."""
    small = [word for word in line.text.split() if word.isalpha() and word.islower()]
    is_long = sum(len(word) > 1 for word in small) > _MOST_SMALL_WORDS
    return is_long and not _has_postal_code(line)


def _is_sum(line: TextLine) -> bool:
    """Sheets print sums without decimals."""
    labels = (label_pattern("totals", kind) for kind in _SUMS)
    return line.text[-1:].isdigit() and any(label.match(line.folded) for label in labels)


def _is_before_town(block: Sequence[TextLine], following: Sequence[TextLine]) -> bool:
    """A line without digits belongs to the address above a line with a postal code or a country."""
    is_plain = bool(block) and not any(map(str.isdigit, following[0].text))
    if not is_plain or not following[1:]:
        return False
    below = following[1].folded
    is_country = label_pattern("company", "countries").fullmatch(below.strip(" ."))
    return bool(_CODE_AND_TOWN.match(below) or is_country)


def _is_near_town(block: Sequence[TextLine], line: TextLine, following: Sequence[TextLine]) -> bool:
    """Return whether a line belongs to the town below it: "Shed 14, Mill Estate" begins with it."""
    if block:
        return _is_before_town(block, following)
    has_number = _NUMBER_AT_EDGE.search(line.text) and _LETTERS.search(line.text)
    below = following[1].folded if following[1:] else ""
    return bool(has_number) and not _has_postal_code(line) and ends_with_town(below)


def is_last_of_address(line: TextLine) -> bool:
    """The last line may be the town alone, in capitals, or the region, with a full stop.

    A title in capitals is none.
    """
    bare = line.folded.strip(" .:")
    labels = label_pattern("company", "buyer", "buyer_marked", "seller", "seller_marked")
    is_label = labels.fullmatch(bare) is not None or is_title(bare)
    is_never = label_pattern("company", "never").search(line.folded) is not None
    is_town = line.text.isupper() and not is_never and not is_label
    is_region = line.text.endswith(".") and not any(map(str.isdigit, line.text))
    is_country = (
        label_pattern("company", "countries").fullmatch(line.folded.strip(" .")) is not None
    )
    is_short = len(line.text.split()) <= _TOWN_WORDS
    return is_country or ((is_town or is_region) and is_short)


def is_certain_address(block: Sequence[TextLine]) -> bool:
    """An address has a postal code or a word such as "street".

    A house number is enough only with a comma after it and another at the end of its line.
    """
    if len(block) > 1 and _NUMBER_AND_COMMA.match(block[0].folded):
        return True
    return any(_has_postal_code(line) or _has_address_word(line) for line in block)


def _has_postal_code(line: TextLine) -> bool:
    return POSTAL_CODE.search(_NO_CODE.sub("", line.folded)) is not None


def _has_address_word(line: TextLine) -> bool:
    words = label_pattern("company", "address")
    return bool(words.search(line.folded) or is_address(line.folded))
