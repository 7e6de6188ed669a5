"""Distinguish the name of a company from the rest of its line, and from what is no name."""

import re
from functools import partial
from itertools import chain

from processors.values.blanks import is_separated
from processors.values.date_text import MonthNames, dates_in
from processors.values.legal_forms import end_of_form, form_pattern, repair_form
from processors.values.lines import TextLine, fold, has_digit, label_pattern
from processors.values.money.amounts import money_in
from processors.values.money.sums import kind_of
from processors.values.money.things import is_measure

# What no name exceeds or falls short of.
_MOST_WORDS = 8
_LEAST_LETTERS = 3
_MOST_SHARE_OF_DIGITS = 0.3
_END_OF_SENTENCE = re.compile(r" [a-z]{5,}\.$")
"""A point behind a small word that is longer than an abbreviation."""
_MOST_SMALL_WORDS = 2
"""Words that are not capitalized, such as "and" and "of"; more are a sentence."""

# What is around a name on its line.
_NAME_LABEL = re.compile(
    r"^(?:name|firma|company|company name|nom|nombre|ragione sociale|naam)\s?:\s?"
)
_COMPANY_CELL = re.compile(r"company(?: name)?|firma|nom|ragione sociale|business(?: name)?")
_REGISTRATION_BEFORE = re.compile(
    r"^\W{0,2}(?:(?:co|company)?\W{0,2}(?:reg|registration)\W{0,2}no|roc|co no)"
    r"\W{0,5}[a-z0-9\-]{4,20}\W{1,3}(?=[a-z])"
)
_REGISTRATION_AFTER = re.compile(
    r" ?\(? ?(?:co\.? ?(?:reg\.?)? ?no\.? ?:? ?)?[A-Z]{0,3}\d{4,}[ .\-]?[A-Z0-9]{0,2} ?\)?\.?$",
    re.IGNORECASE,
)
_END_OF_NAME = re.compile(
    r" [|·•●*\u2013\u2014] |(?<!\d), ?(?=\d)| - (?=\d)|[•·●|]"
    r"|(?i: (?=sort code\b|iban\b|bic\b|swift\b))"
    # The telephone number or the web address beside it.
    r"| (?=\(?\+?\d{2,4}[-). ]{1,2}\d{3}[-. ]?\d{2,})| (?=www\.)| (?=[a-z0-9-]{4,}\.[a-z]{2,}$)"
)
_TITLE_AFTER = re.compile(
    r" (?:tax )?(?:invoice|inv|rechnung|facture|factura|fattura|factuur)"
    r"(?: (?:no|nr|#)[.:]{0,2})?$",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"\d[.,]\d{1,3}(?!\d)")
_SHEET = re.compile(
    r"(?:work)?(?:sheet|tabelle|feuil|feuille|hoja|foglio|blad|ark|arkusz|sep) ?\d{0,3}"
)
"""The name that a program gives to a sheet, and the word that names a separator ("sep=;")."""
_TOWN = re.compile(r"[a-z][a-z .'-]{2,30}, ?[a-z]{2}(?:,? [a-z]{0,2}\d[\w -]{2,10})?")
"""A town with its state or province: "Dayton, OH 45401"."""
_DAY = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b")
_AMOUNT_AFTER = re.compile(r"(?:\d[.,]\d+|\s[-\u2013]\d+)\W?$")
_TITLE_IN_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+[書书票單单據据証证]")
"""The title of a Chinese or Japanese document ends with a word for paper."""
_POSTCODE_AFTER = re.compile(
    r"[a-z][a-z '-]{2,30},? (?:[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}|[a-z]{2} [a-z]\d[a-z] ?\d[a-z]\d)"
)
_CODE_BEFORE_TOWN = re.compile(
    r"(?:[a-z]{1,2}-)?(?:\d{4,5}|\d{2,3}[ -]\d{2,3})(?: [a-z]{2})? [a-z][a-z .'/()-]{2,30}"
)
"""A town with its postal code: "Leeds LS1 1AA", "10115 Berlin"."""
CODE_ALONE = re.compile(
    r"[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}|[a-z]\d[a-z] \d[a-z]\d"
    r"|[ac-fhknprtv-y]\d[\dw] [ac-fhknprtv-y][ac-fhknprtv-y\d]{3}"
)
"""A postal code of Britain, Canada or Ireland, which is below its town."""
_BRANCH = re.compile(
    r"(?:store|station|branch|shop|outlet|till|pump|bay|medallion|cab|licen[sc]e|machine|kiosk)"
    r"[ #:.no]{0,5}\d[\w-]{0,9}"
)
"""The number of a shop or a till."""
_AGREEMENT = re.compile(r"(?:[a-z/&'-]+ ){0,7}(?:agreement|contract|deed|lease)")
_REQUEST = re.compile(
    r"(?:[a-z]+ ){0,2}(?:notice|notification|certificate|statement|request|application|schedule"
    r"|inventory|record|proof|declaration|acknowledg[e]?ment|minutes)s? (?:of|to|for|and) "
    r"|(?:demande|avis|attestation|declaration|solicitud|certificado|declaracion|aviso|richiesta"
    r"|domanda|certificato|dichiarazione|avviso|aanvraag|verzoek|verklaring|antrag|bescheinigung"
    r"|erklarung|mitteilung) (?:de|du|di|do|da|del|della|auf|uber|zum|zur|van|tot|om|d['\u2019])"
)
"""What a paper says or asks: "Notice to quit", "Inventory and schedule of condition"."""
_SHOP_OF_MANY = re.compile(r"(?:store|station|branch|outlet|till|terminal)(?: ?#? ?\d{3,}\b|$)")
"""The number of a shop, whatever is behind it: its manager, its town. The number may be cut off."""
_NUMBERED = re.compile(
    r"(?:^| )(?:n[or]?|num|nbr|#)[.:]*$"
    r"|(?<![a-z])(?:n[or]?|id|ref|reg|tel)[.:#]{0,2} ?[a-z]{0,3}-?\d[\w/.-]*$"
)
"""A number, or the word for one whose number was cut off: "Cab No."."""
_FROM_HEADER = re.compile(r" ?<([^<>@ ]+)@([\w-]+)[\w.-]*>$")
"""The mail address behind the name of a sender, with its mailbox and its domain."""
_NOT_IN_DOMAIN = re.compile(r"[^a-z0-9]")
_LEAST_CHARS_OF_DOMAIN = 4
_COUPLE = re.compile(r"mr\.? (?:and|&) mrs\b|mrs\.? (?:and|&) mr\b")
"""A married couple receives a letter."""
_OTHER_VALUES = (_TOWN, _POSTCODE_AFTER, _CODE_BEFORE_TOWN, _BRANCH, _AGREEMENT)
_NUMBER_AFTER_TITLE = re.compile(r" ?(?:n[o°º]|nr|num|#|№)[. :°º]{0,3}[a-z]{0,4}[-/ ]?\d[\w/.-]*")
_NUMBER_AND_DASH = re.compile(
    r" ?(?:n[or][. ]{1,2}|#)?[a-z]{0,4}-?\d[\w/]{0,12} (?:[-\u2013|:]) (?=[a-z])"
)
"""What is between a title and the name behind it: "Invoice 12 - Smith & Co"."""
_NUMBER_IN_LIST = re.compile(r"^(?:\(\d{1,2}\)|\d{1,2}[.)]) (?=[^\W\d_])")
_PARTNERS = re.compile(r"[a-z]{3,20} (?:&|and) (?:[a-z]{2,20}|sons?)\b")
_SAYS_WHO = re.compile(
    r"(?:the|our|your|der|die|das|le|la|el) (?:[^\W\d]+ ){1,3}"
    r"(?:is|are|was|were|ist|sind|est|es) (?!between|by|made)"
    r"|(?:i|we|ich|wir|je|nous|yo|io),? .*\b(?:hereby|herewith|agrees?|grants?|authori[sz]e|confirm"
    r"|certify|declare|acknowledge|promise|release|appoint|erteile|bestatigen?|erklaren?|autorise"
    r"|declare|autorizo|dichiaro)\b|.*\bhereby\b"
    r"|(?:(?:the|this|our|your|a|an|any|der|die|das|dem|den|le|la|el|il|het|de) )?(?:[a-z]+ )?"
    r"(?:contract|agreement|lease|deal|dispute|arrangement|relationship|partnership|merger|meeting"
    r"|case|talks|\w*vertrag|vereinbarung|contrat|accord|contrato|contratto|overeenkomst)s?"
    r" (?:between|with|zwischen|mit|entre|avec|con|tra|tussen|met) "
)
"""The beginning of a sentence that names somebody: "the trustee is", "the contract with"."""
_THROUGH = re.compile(
    r"(?:[^\W\d_]+ ){0,2}(?:pa(?:y|id|ie|ye|g[ao])|process|handle|card|order|book|sen[dt]|ship"
    r"|deliver|zahl|bezahl|gezahl|karte|versand|versend|liefer|gelief|reglement|envi|spedi|plat|zaplac"
    r"|betal|kort|sald)[^\W\d_]* "
    r"(?:via|uber|\u00fcber|durch|through|mediante|tramite|przez|genom|gjennom) "
)
"""Through whom something is paid or sent: "Card payment via Otter Pay Ltd"."""
_JOINING = re.compile(r"\b(?:and|und|et|y|e|en|och|og)\b")
_TEAM = re.compile(
    r"(?:the |your |our |all |ihr )?(?:[a-z]+ )?(?:team|staff|everyone|everybody)"
    r" (?:at|of|from|von|vom|der|des)(?: the)? "
)
_NO_NAME = re.compile(r"\[|(?:di|of|by|c/o|d/?b/?a) |[\w ]*\b(?:company|enterprise) ?:")
_SPELLED_FORM = re.compile(r"\b(?:company|corporation|society)$", re.IGNORECASE)
_OF_PLACE = re.compile(r" (?i:of(?: the)?)(?: [A-Z][^\W\d_]+(?:['\u2019-][^\W\d_]+)*){1,3}")
"""A company's place or trade behind that word; names of three words are long."""
_LABEL_WORDS = 3
"""Words of a label before a name."""
_OPENING = {"»": "«", "\u201d": "\u201c\u201e", "\u201c": "\u201e"}
"""The quotation marks before a text by those behind it."""
_EDGES = " \t,;:|*_~=#\"'`\u00b4\u2018\u2019\u201c\u201d«»<>{}[]\\/"

_PERSON_OF_FIRM = re.compile(r"(?:[^\W\d_][\w.'-]* ){1,2}[^\W\d_][\w'-]*, (?=[^\W\d_])")
"""Who writes for a company: "Ann Fox, Smith Ltd"."""


def text_of_name(line: TextLine) -> tuple[str, str]:
    """Return what is behind the label of a name, and the label, "" for none."""
    start, label = start_of_name(line)
    text = line.text[start:].lstrip(" :.-|,;\uff1a")
    text = without_team(text)
    if not label.endswith("from"):
        return text, label
    # "Invoice from Smith & Co to Anna Jones" names both, and "From: Ann Fox, Smith Ltd" one more.
    text = text.partition(" to ")[0]
    person = _PERSON_OF_FIRM.match(text)
    firm = text[person.end() :] if person else ""
    return (firm if end_of_form(firm, fold(firm)) and " " in firm else text), label


def name_in(text: str) -> tuple[str, bool]:
    """Return the name in a text, "" if there is none, and whether it has a legal form."""
    # Templates have "[Company name]" where nobody filled it in.
    # "Insurance company: …" asks for a name, and "of Smith Ltd" says whose the shop above is.
    if _NO_NAME.match(text):
        return "", False
    text = repair_form(without_mail_address(text))
    form_end = _with_place(text, end_of_form(text, fold(text)))
    name = clean_name(text[:form_end] if form_end else text)
    if not name or is_prose(name) or is_no_name(fold(name), has_form=form_end > 0):
        return "", False
    if not form_end and is_dated_or_sum(fold(text)):
        return "", False
    return _without_label(name, has_form=form_end > 0), form_end > 0


def _without_label(name: str, *, has_form: bool) -> str:
    """Return a name without the label before it, or without the slogan behind it."""
    label, colon, named = name.rpartition(": ")
    if not colon:
        return name
    # "Operator: Smith Ltd": whatever the label, the name is behind it.
    if has_form:
        is_label = len(label.split()) <= _LABEL_WORDS and named[:1].isalnum()
        return named if is_label else name
    # A slogan is behind the name of a shop: "The Corner Bakery: baked with love".
    is_shop = label_pattern("company", "trades").search(fold(label)) is not None
    is_name = is_shop and len(label.split()) > 1 and not is_trade(fold(label))
    return label if is_name else name


def _with_place(text: str, form_end: int) -> int:
    """Return where a name ends whose word "company" is within it: "Gas Company of Ely, Inc."."""
    place = _OF_PLACE.match(text, form_end) if _SPELLED_FORM.search(text[:form_end]) else None
    if place is None:
        return form_end
    rest = text[place.end() :]
    form = form_pattern().match(fold(rest).lstrip(" ,"))
    return place.end() + (len(rest) - len(rest.lstrip(" ,")) + form.end() if form else 0)


def start_of_name(line: TextLine) -> tuple[int, str]:
    """Return the character at which a name begins, and the label before it, "" for none."""
    payee = label_pattern("company", "payee").search(line.folded)
    if payee and line.text[payee.end() :].lstrip(" :")[:1].isupper():
        return payee.end(), payee.group().strip(" :")
    return _start_after_label(line)


def _start_after_label(line: TextLine) -> tuple[int, str]:
    """Return where the name behind a label, a title or a registration begins."""
    if line.cells and _COMPANY_CELL.fullmatch(line.folded[: line.cells[0]].strip(" :")):
        return line.cells[0], "company"
    # "Owned by …" is within a line; "company name: …" and "seller: …" begin one.
    owner = label_pattern("company", "owned").search(line.folded)
    label = (
        owner
        or _NAME_LABEL.match(line.folded)
        or label_pattern("company", "seller", "seller_marked").match(line.folded)
    )
    if label:
        rest = line.folded[label.end() :]
        has_colon = label.group().rstrip().endswith(":") or _is_marked(line, label.end())
        if rest.strip(" :.") and (owner or has_colon):
            # Behind "name" may be anybody's, and behind "company" is the issuer's.
            found = label.group().strip(" :")
            return label.end(), "" if found == "name" else found

    return _start_after_title(line), ""


def _is_marked(line: TextLine, end: int) -> bool:
    """Return whether a colon, a cell or a comma without a blank is behind a label."""
    has_colon = line.folded[end:].lstrip()[:1] == ":"
    return has_colon or end + 1 in line.cells or is_separated(line.text, end)


def _start_after_title(line: TextLine) -> int:
    """Return where the name behind a title, its number or a registration begins."""
    # "Invoice: Smith Ltd": the title of the document is before the name.
    title = label_pattern("dates", "title").match(line.folded)
    if title and line.folded[title.end() : title.end() + 2].strip() in {".", ":", "-", "|"}:
        return title.end()
    numbered = _NUMBER_AND_DASH.match(line.folded, title.end()) if title else None
    found = numbered or _REGISTRATION_BEFORE.match(line.folded)
    return found.end() if found else 0


def clean_name(text: str) -> str:
    """Return a name without marks around it, and without the number or address after it."""
    name = _END_OF_NAME.split(text.strip(_EDGES), maxsplit=1)[0]
    if has_digit(name):
        name = _REGISTRATION_AFTER.sub("", _NUMBER_IN_LIST.sub("", name))
    name = name.strip(_EDGES + "-")
    without_title = _TITLE_AFTER.sub("", name)
    name = without_title if " " in without_title else name
    if name.endswith("("):
        return name[:-1].rstrip()
    behind = text[text.find(name) + len(name) :][:1]
    return name + behind if _closes(behind, name) else name


def _closes(mark: str, name: str) -> bool:
    """Return whether a quotation mark closes one that a name opens: "OOO «Otter»"."""
    if mark == '"':
        return name.count(mark) % 2 == 1
    return sum(map(name.count, _OPENING.get(mark, ""))) > name.count(mark)


def without_mail_address(text: str) -> str:
    """Return the name of a sender before its mail address, "" if the domain is another one.

    Who sends a mail may pass on what somebody else issued.
    """
    address = _FROM_HEADER.search(fold(text))
    if address is None:
        return text
    name = text[: address.start()].strip(_EDGES)
    compact = _NOT_IN_DOMAIN.sub("", fold(name))
    domain = address.group(2).replace("-", "")
    first = _NOT_IN_DOMAIN.sub("", fold(name).split()[0]) if name else ""
    # "Ann Fox <ann.fox@post.example>" is nobody's company: her first name is that of her mailbox.
    if first and address.group(1).startswith(first) and not domain.startswith(first):
        return ""
    is_own = len(first) >= _LEAST_CHARS_OF_DOMAIN and first in domain
    return name if is_own or (domain and domain in compact) else ""


def without_team(text: str) -> str:
    """Return for whom a team signs: "The team at Smith & Co"."""
    team = _TEAM.match(fold(text))
    return text[team.end() :] if team else text


def is_prose(text: str) -> bool:
    """Return whether a text is a piece of a sentence: names are capitalized."""
    words = [word for word in text.split() if word[:2].isalpha()]
    small = [word for word in words if word[0].islower()]
    is_all_small = len(small) > 1 and len(small) == len(words)
    # A short last word with a point is an abbreviation: "and sons co."
    has_end = bool(_END_OF_SENTENCE.search(text))
    return is_all_small or has_end or len(small) > _MOST_SMALL_WORDS


def is_no_name(folded: str, *, has_form: bool) -> bool:
    """Return whether a text cannot be the name of the issuer."""
    # In a copyright line, or a line about the maker of the program, a legal form proves nothing.
    bare = folded.strip(" :.")
    labels = map(
        partial(label_pattern, "company"),
        ("seller", "seller_marked", "buyer", "buyer_marked", "other_marked", "countries"),
    )
    sums = label_pattern("totals", "strong", "plain", "subtotal", "net", "tax")
    others = (label_pattern("company", "others"), _THROUGH, _SAYS_WHO)
    if any(pattern.match(folded) for pattern in others) or (not has_form and is_title(bare)):
        return True
    numbers = (label_pattern("company", "registered"), label_pattern("address", "end"))
    whole = (sums, _SHEET, _TITLE_IN_HAN, *numbers)
    if any(pattern.fullmatch(bare) for pattern in chain(labels, whole)):
        return True
    if not has_form and (_is_something_else(folded) or _is_label(folded)):
        return True

    letters = sum(map(str.isalpha, folded))
    digits = sum(map(str.isdigit, folded))
    is_number = digits > _MOST_SHARE_OF_DIGITS * (letters + digits)
    return is_number or letters < _LEAST_LETTERS or len(folded.split()) > _MOST_WORDS


def is_title(folded: str) -> bool:
    """Return whether a text has nothing but words of titles: "copy of the receipt"."""
    titles = label_pattern("company", "titles")
    rest = titles.sub("", folded)
    # Letters may be apart: "I N V O I C E".
    if rest != folded and not any(map(str.isalpha, rest)):
        return True
    if " " in folded and titles.fullmatch(folded.replace(" ", "")):
        return True
    first = titles.match(folded) or label_pattern("totals", "credit").match(folded)
    return bool(first and _NUMBER_AFTER_TITLE.fullmatch(folded, first.end()))


def is_dated_or_sum(folded: str) -> bool:
    """Return whether a text has a date, or announces an amount and has one."""
    amounts = money_in(folded)
    if any(is_measure(folded, *each.span()) for each in _DECIMAL.finditer(folded)):
        return True
    is_sum = bool(amounts and (kind_of(folded)[0] or any(each.marked for each in amounts)))
    return is_sum or bool(dates_in(folded, MonthNames(())))


def is_town_with_code(folded: str) -> bool:
    """Return whether a text is nothing but a town with its postal code."""
    bare = folded.strip(" .,-")
    patterns = (_TOWN, _POSTCODE_AFTER, _CODE_BEFORE_TOWN, CODE_ALONE)
    return any(pattern.fullmatch(bare) for pattern in patterns)


def is_craft(folded: str) -> bool:
    """Return whether a text has nothing but what somebody does: "plumbing and heating"."""
    rest, crafts = label_pattern("company", "crafts").subn("", folded)
    rest = _JOINING.sub("", label_pattern("company", "trades").sub("", rest))
    return crafts > 0 and not any(map(str.isalpha, rest))


def is_trade(folded: str) -> bool:
    """Return whether a text has nothing but words for a kind of shop: "bakery and cafe"."""
    rest = label_pattern("company", "trades", "crafts").sub("", folded)
    return rest != folded and not any(map(str.isalpha, _JOINING.sub("", rest)))


def _is_something_else(folded: str) -> bool:
    """Return whether a text is a remark, town, day or amount, or has a word that is in no name."""
    is_remark = folded.startswith("(") or "@" in folded or folded.endswith(":")
    is_other_value = (
        _DAY.match(folded)
        or _AMOUNT_AFTER.search(folded)
        or _COUPLE.match(folded)
        or _SHOP_OF_MANY.match(folded)
        or _REQUEST.match(folded)
        or _NUMBERED.search(folded)
        or any(pattern.fullmatch(folded.strip(" .,-")) for pattern in _OTHER_VALUES)
    )
    return bool(
        is_remark or is_other_value or label_pattern("company", "never", "closings").search(folded)
    )


def _is_label(folded: str) -> bool:
    """Return whether a text begins or ends with a word that is a label there.

    "Table 4" and "store copy" are none of a name; "The Corner Table Cafe" may be one.
    """
    pattern = label_pattern("company", "never_at_edge")
    # Price and Page are names of people, too.
    if _PARTNERS.match(folded):
        return False
    last = folded.rsplit(maxsplit=1)[-1:]
    return bool(pattern.match(folded) or (last and pattern.fullmatch(last[0].strip(" :.#"))))
