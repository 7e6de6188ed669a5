"""Compute the features of names."""

import re
from difflib import SequenceMatcher
from itertools import chain

from pipeline.model import Finding
from processors.confidence.evidence import Evidence, FoundValue, compact
from processors.confidence.headings import is_person, is_supplier, may_be_heading
from processors.confidence.shared import Features, counted
from processors.confidence.windows import window_features
from processors.values.issuer.name_text import is_title, is_trade
from processors.values.issuer.streets import begins_with_street
from processors.values.legal_forms import end_of_form, form_pattern, is_address
from processors.values.lines import TextLine, fold, has_digit, label_pattern
from processors.values.receiver.buyer import GOODS_SENT, READER
from processors.values.receiver.unlabeled import AT_ADDRESS, NO_LABEL

_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9][a-z0-9\-]{2,40})\.[a-z]{2,10}")
_OF_ANYBODY = frozenset({
    "gmail", "googlemail", "outlook", "hotmail", "live", "yahoo", "ymail", "icloud", "me", "aol",
    "gmx", "web", "tonline", "freenet", "posteo", "laposte", "wanadoo", "libero", "tiscali",
    "btinternet", "btconnect", "ntlworld", "protonmail", "proton", "zoho", "seznam", "onet",
    "yandex", "qq", "naver", "uol", "paypal", "stripe", "klarna", "worldpay", "sumup", "zettle",
    "mollie", "adyen", "gocardless",
})  # fmt: skip
"""Domains of mailboxes that anybody has, and of services through which anybody is paid."""
_NUMBER_OF_REGISTER = re.compile(r"\(?\d{4,}[ -]?[a-z]?\)?|reg|roc|gst|vat|ust|tax")
_MIXED_WORD = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{3,}")
"""A word with letters and digits: where no number is expected, OCR took one for the other."""
ODD_SIGN = re.compile(r"[^\w\s.,&()'/@#:+\-\u2019]")
_CAPITAL_WITHIN = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]+\b")
_SMALL_WORD = re.compile(r"(?<!\S)[^\W\d_A-Z]{4,}")
_GOES_ON = re.compile(r" (?:(?:&|and|und|et|y|e|of|de|du) )?[A-Z][\w'\u2019.&-]*[A-Za-z]")
"""A capitalized word behind a name."""
_MARKS = " :.-|"
_OWNER = re.compile(r"(?:own|owned|operated) by$|trading as$|division of$")
"""Words before the owner of a shop, which people call by its own name."""
_LABEL = re.compile(r"\W*(?P<words>[^\W\d_]+(?:[ /&'.-]{1,2}[^\W\d_]+){0,4}) ?: ?")
_OF_COMPANY = re.compile(
    r"(?:company|business|firm|trading|legal|organi[sz]ation)(?: name)?|firma|ragione sociale"
    r"|raison sociale|razon social|denominazione|firmenname"
)
_CARRIES_ALSO = "carrier"
"""Who sends the bill of a transport, or only carries the goods of another one."""
_SAME_HEIGHT = 0.2
_LONG_ENOUGH, _ALIKE = 8, 0.85
"""Letters of a name that is compared with lines, and how alike one is that was misread."""
_RARE = 2
_USUAL_ROOM = 0.7
"""Room behind the last letter of a line, in letters: its edge is found a little outside of it."""
_HEAD_LINES = 14
_MOST = 3
_MANY_WORDS = 5
_SHORT_NAME = 6


def name_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of a company's name: its form, its place, and what speaks for it."""
    text, finding = value.text, value.finding
    folded = fold(text)
    words = folded.split()
    own = next(chain(evidence.lines_of(finding), value.places), None)
    form_end = end_of_form(text, folded)
    features: Features = {
        "is_buyer": float(value.name == "buyer"),
        "with_form": float(form_end > 0),
        "form_at_end": float(form_end >= len(folded.rstrip(" ."))),
        # "Stationery Sdn Bhd" may be the rest of a name that begins on the line above.
        "word_and_form": float(form_end > 0 and len(form_pattern().sub(" ", folded).split()) == 1),
        "with_trade": float(bool(label_pattern("company", "trades").search(folded))),
        "one_word": float(len(words) == 1),
        "many_words": float(len(words) > _MANY_WORDS),
        "short": float(len(compact(text)) < _SHORT_NAME),
        "capitals": float(text.isupper()),
        "small_letters": float(text == folded),
        "like_address": float(is_address(folded)),
        "with_comma": float("," in text),
        "with_digits": counted(sum(map(str.isdigit, text)), _MOST),
        **slips(evidence, value.finding, text),
        "of_labels": float(has_label(folded)),
        "joined": float(bool(own) and compact(text) not in compact(own.text if own else "")),
        "in_domain": float(in_domain(evidence, text) is True),
        "nearly_repeated": float(_is_nearly_repeated(evidence, text)),
        "goes_on_elsewhere": float(_goes_on_elsewhere(evidence, text)),
        "trade_alone": float(is_trade(folded)),
        "room_behind": room_behind(own, text) if own else 0.0,
    }
    features |= _rival_names(evidence, text) | _around(evidence, finding, own, text)
    of_party = _doubts_of_buyer if value.name == "buyer" else _doubts_of_issuer
    features |= of_party(evidence, value, own, features)
    # A buyer is in the window, and a receipt may have the web address of who made the till.
    if value.name != "buyer" and evidence.doc_type.value != "receipt":
        features |= window_features(evidence, finding)
        features["other_in_domain"] = float(in_domain(evidence, text) is False)
    return features


def _doubts_of_buyer(
    evidence: Evidence, value: FoundValue, own: TextLine | None, features: Features
) -> Features:
    """Say why a buyer may be somebody else, or more than a name."""
    del features
    reason = value.finding.reason
    # If the name of the issuer is another's, so is that of who is at the other address.
    is_guess = (
        AT_ADDRESS in reason and in_domain(evidence, evidence.value("company") or "") is not True
    )
    return {
        "may_be_cut": float(own is not None and _has_doubtful_end(own, value.text)),
        "of_other_label": 0.0,
        "of_delivery": float(is_guess or reason.endswith((GOODS_SENT, READER, NO_LABEL))),
    }


def _doubts_of_issuer(
    evidence: Evidence, value: FoundValue, own: TextLine | None, features: Features
) -> Features:
    """Say why an issuer without a legal form may be a heading, or who receives mail."""
    found: Features = {"of_other_label": 0.0} if features["in_domain"] else {}
    found["of_order"] = float(is_supplier(evidence, value.finding))
    if features["with_form"] or features["in_domain"] or features.get("announced"):
        return found
    is_receipt = evidence.doc_type.value == "receipt"
    return found | {
        "not_money": float(may_be_heading(evidence, own)),
        "of_person": float(not is_receipt and is_person(fold(value.text))),
    }


def slips(evidence: Evidence, finding: Finding, text: str) -> Features:
    """Say what looks like a misread letter; a text layer has no misread ones."""
    page = evidence.pages.get(finding.page or 0)
    is_read = page is None or page.source == "ocr"
    accented = {letter for letter in text if letter.isalpha() and not letter.isascii()}
    printed = "".join(line.text for line in evidence.lines) if accented else ""
    rare = any(printed.count(letter) <= _RARE for letter in accented)
    return {
        "odd_signs": counted(len(ODD_SIGN.findall(text)), _MOST),
        "mixed_words": counted(len(_MIXED_WORD.findall(fold(text))), _MOST),
        "unbalanced": float(text.count("(") != text.count(")")),
        "small_first": float(text[:1].islower()),
        "capital_within": counted(len(_CAPITAL_WITHIN.findall(text)), _MOST),
        "rare_letter": float(is_read and rare),
        "small_words": counted(len(_SMALL_WORD.findall(text)), _MOST),
    }


def room_behind(own: TextLine, text: str) -> float:
    """Return the room between the end of a name and that of its line, in letters; 1 at most.

    OCR finds the line first, and a letter that it left out at the end leaves its place.
    """
    word = own.words[-1] if own.words else None
    if word is None or own.box is None or not compact(word.text):
        return 0.0
    letter = (word.box[2] - word.box[0]) / len(word.text)
    if letter <= 0 or not compact(text).endswith(compact(word.text)):
        return 0.0
    return min(1.0, max(0.0, (own.box[2] - word.box[2]) / letter - _USUAL_ROOM))


def has_label(folded: str) -> bool:
    """Return whether a text has words that announce values, or that no name has."""
    patterns = [
        label_pattern("company", each)
        for each in ("never", "closings", "buyer", "seller", "seller_marked")
    ]
    return any(pattern.search(folded) for pattern in patterns)


def in_domain(evidence: Evidence, text: str) -> bool | None:
    """Return whether an e-mail or web address in the document has the name; None without any.

    Beside a buyer, its own one and those where anybody has a mailbox or is paid say nothing.
    """
    whole, first = compact(text), compact(next(iter(text.split()), ""))
    buyer = compact(evidence.named_buyer or "")
    found = None
    for line in evidence.lines:
        for domain in _DOMAIN.findall(line.folded):
            bare = domain.replace("-", "")
            if bare in whole or (len(first) > _MOST and first in bare):
                return True
            if not buyer or (bare not in buyer and bare not in _OF_ANYBODY):
                found = False
    return found


def _is_nearly_repeated(evidence: Evidence, text: str) -> bool:
    """Return whether a line is the name but for a letter or two: one of them is misread."""
    own = compact(text)
    if len(own) < _LONG_ENOUGH:
        return False
    near = SequenceMatcher(b=own, autojunk=False)
    for other in evidence.compact_lines:
        if own in other or abs(len(other) - len(own)) > _MOST:
            continue
        near.set_seq1(other)
        if near.quick_ratio() > _ALIKE and near.ratio() > _ALIKE:
            return True
    return False


def _goes_on_elsewhere(evidence: Evidence, text: str) -> bool:
    """Return whether a line has a longer name that begins like this one, as a logo does."""
    name = re.compile(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])", re.IGNORECASE)
    return any(
        _GOES_ON.match(line.text, each.end())
        for line in evidence.lines
        for each in name.finditer(line.text)
    )


def _has_doubtful_end(own: TextLine, text: str) -> bool:
    """Return whether a comma and a number are in a name or end it, and no street says which.

    "Fox, 24 Hours Plumbing" is one name, and "Fox, 20001 Ely" is a name and its town.
    """
    folded = fold(text)
    before, comma, rest = own.folded.partition(folded)[2].partition(", ")
    is_cut = bool(comma) and not before and has_digit(rest) and not begins_with_street(rest)
    is_whole = has_digit(folded.partition(", ")[2]) and not end_of_form(text, folded)
    return is_cut or is_whole


def _rival_names(evidence: Evidence, text: str) -> Features:
    """Count the other names with a legal form at the head of the document and below it."""
    own = compact(text)
    rivals: list[int] = []
    for line in evidence.lines:
        end = end_of_form(line.text, line.folded)
        rival = compact(line.text[:end]) if end else ""
        if rival and rival not in own and own not in rival:
            rivals.append(line.number)
    head = sum(number < _HEAD_LINES for number in rivals)
    issuer, buyer = evidence.value("company"), evidence.value("buyer")
    is_one_party = bool(issuer and buyer) and compact(issuer or "") == compact(buyer or "")
    return {
        "rivals": counted(len(rivals), _MOST),
        "rivals_at_head": counted(head, 2),
        "party_in_both": float(is_one_party),
    }


def _around(evidence: Evidence, finding: Finding, own: TextLine | None, text: str) -> Features:
    """Say where the name is, how large it is printed, and what is above and below it."""
    if own is None:
        return {}
    above = evidence.lines[own.number - 1] if own.number else None
    below = next(iter(evidence.lines[own.number + 1 : own.number + 2]), None)
    features: Features = {
        "first_line": float(own.number == 0),
        "among_first": float(own.number < _MOST),
        "at_head": float(own.number < _HEAD_LINES),
        "part_of_line": float(len(compact(own.text)) > len(compact(text)) + 3),
    }
    if _is_announced(own, above, text):
        features["announced"] = 1.0
    else:
        features["labeled_line"] = float(has_label(own.folded))
        features["of_other_label"] = float(_is_of_other_label(own, text))
    if finding.box and evidence.usual_height:
        height = (finding.box[3] - finding.box[1]) / evidence.usual_height
        features["large"] = min(max(height - 1.0, 0.0), 2.0) / 2
    if above:
        features["name_above"] = float(may_be_name(above))
        features["like_above"] = float(_is_one_block(above, own))
        features["title_above"] = float(is_title(above.folded.strip(_MARKS)))
    if below:
        features["title_below"] = float(is_title(below.folded.strip(_MARKS)))
        features["address_below"] = float(is_address(below.folded))
        features["number_below"] = float(bool(_NUMBER_OF_REGISTER.search(below.folded)))
        features["name_below"] = float(may_be_name(below))
        features["like_below"] = float(_is_one_block(own, below))
        features["form_below"] = float(end_of_form("aa " + below.text, "aa " + below.folded) > 0)
    return features


def _is_announced(own: TextLine, above: TextLine | None, text: str) -> bool:
    """Return whether a label of who issued the document is before a name, or above it."""
    labels = label_pattern("company", "seller", "owned", "payee")
    start = own.folded.find(fold(text))
    cell = own.cell_at(start) if start >= 0 else 0
    before = own.folded[: max(0, start)].strip(_MARKS)
    if _OWNER.search(before):
        return False
    if before and any(match.end() == len(before) for match in labels.finditer(before)):
        return True
    if above is None or start != own.cell(cell)[0]:
        return False
    first, last = above.cell(min(cell, len(above.cells)))
    return labels.fullmatch(above.folded[first:last].strip(_MARKS)) is not None


def _is_of_other_label(own: TextLine, text: str) -> bool:
    """Return whether a label before a name may be that of anybody: "Project: Otter Ltd"."""
    start = own.folded.find(fold(text))
    first, _ = own.cell(own.cell_at(max(0, start)))
    label = _LABEL.fullmatch(own.folded, first, max(0, start))
    if start < 0 or label is None or is_title(label["words"]):
        return False
    of_seller = label_pattern("company", "seller", "seller_marked", "owned", "payee")
    is_seller = of_seller.fullmatch(label["words"]) and label["words"] != _CARRIES_ALSO
    if is_seller or _OWNER.search(label["words"]):
        return False
    return _OF_COMPANY.fullmatch(label["words"]) is None


def _is_one_block(line: TextLine, below: TextLine) -> bool:
    """Return whether two lines are equally large and close, so that one name may go over both."""
    one, other = line.box, below.box
    letters = min(sum(map(str.isalpha, each.text)) for each in (line, below))
    if one is None or other is None or letters <= _MOST:
        return False
    height, height_below = one[3] - one[1], other[3] - other[1]
    is_close = other[1] - one[3] < max(height, height_below) / 2
    is_of_name = not any(
        is_address(each.folded) or is_title(each.folded.strip(_MARKS)) or ":" in each.text
        for each in (line, below)
    )
    return is_of_name and is_close and abs(height - height_below) < height * _SAME_HEIGHT


def may_be_name(line: TextLine) -> bool:
    """Return whether a line could be a part of a name: words without digits and labels."""
    is_words = not any(map(str.isdigit, line.text)) and ":" not in line.text
    letters = sum(map(str.isalpha, line.text))
    return is_words and letters > _MOST and not is_address(line.folded)
