"""Compute the features of addresses: how one is written, and whose it is."""

import re

from processors.confidence.edges import is_cut
from processors.confidence.evidence import Evidence, FoundValue, compact
from processors.confidence.headings import is_person, is_supplier
from processors.confidence.names import has_label, in_domain, may_be_name, room_behind, slips
from processors.confidence.shared import Features, counted
from processors.confidence.windows import window_features
from processors.values.address import APART
from processors.values.address_parts import POSTAL_CODE
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, fold, label_pattern

_FEW_DIGITS = re.compile(r"\d{1,3}")
_FEW_DIGITS_BEHIND_COMMA = re.compile(r", ?\d{1,3}\W*$")
_WORD_OF_CAPITALS = re.compile(r"\b[A-Z]{5,}\b")
_CAPITALIZED_WORD = re.compile(r"\b[A-Z][a-z]{4,}\b")
_LONG_WORD = 13
_LONG_ADDRESS = 120
_MANY_AFTER_CODE = 6
_MOST = 3


def address_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of an address: how it begins and ends, and what is around it."""
    around = _around(evidence, value) | window_features(evidence, value.finding)
    features = _of_text(evidence, value) | _of_issuer(evidence) | around
    # Either may be by chance; in both, the name and the address are the receiver's.
    doubts = (features.get("in_window", 0.0), features.get("other_in_domain", 0.0))
    edges = {"cut_at_edge": float(is_cut(evidence, value))}
    return features | edges | {"window_of_another": min(doubts)}


def most_of_address(doc_class: str | None, of_issuer: float) -> float:
    """Return how certain the address of an issuer may be, who is as certain as `of_issuer`.

    It is no more certain than whose it is. A receipt has one address, and a doubt about the letters
    of its name is none about that.
    """
    return 1.0 if doc_class == "receipt" else of_issuer


def _of_text(evidence: Evidence, value: FoundValue) -> Features:
    """Say how an address begins and ends."""
    text = value.text
    folded = fold(text)
    words = folded.split()
    places = evidence.lines_of(value.finding)
    code_ends = [code.end() for code in POSTAL_CODE.finditer(folded)]
    # Many words after the last postal code are more than a town and a state.
    after_code = folded[max(code_ends, default=len(folded)) :].split()
    return {
        "lines": counted(len(places), 6),
        "one_line": float(len(places) == 1),
        "length": counted(len(text), _LONG_ADDRESS),
        "postal_code": float(bool(code_ends)),
        "postal_codes": float(len(code_ends) > 1),
        "ends_with_code": float(bool(POSTAL_CODE.search(words[-1]))) if words else 0.0,
        "words_after_code": counted(len(after_code), _MANY_AFTER_CODE),
        "ends_with_number": float(bool(words) and words[-1].isdigit()),
        # Half a postal code is the rest of an address that was cut.
        "ends_with_few_digits": float(bool(words) and bool(_FEW_DIGITS.fullmatch(words[-1]))),
        # So is one that ends behind a comma: the digits of a code were taken apart.
        "ends_in_code": float(bool(_FEW_DIGITS_BEHIND_COMMA.search(folded))),
        # A line of capitals below others is a heading or another name.
        "capitals_and_small": float(
            bool(_WORD_OF_CAPITALS.search(text)) and bool(_CAPITALIZED_WORD.search(text))
        ),
        "ends_with_comma": float(text.rstrip().endswith(",")),
        "ends_with_stop": float(text.rstrip().endswith(".")),
        "begins_with_number": float(any(map(str.isdigit, text[:8]))),
        "begins_with_street": float(is_address(folded[:25])),
        "commas": counted(text.count(","), 6),
        "long_words": counted(sum(len(word) > _LONG_WORD for word in words), _MOST),
        **slips(evidence, value.finding, text),
        "of_labels": float(has_label(folded)),
        "colons": float(":" in text),
        "apart": float(APART in value.finding.reason),
    }


def _around(evidence: Evidence, value: FoundValue) -> Features:
    """Say what is above and below an address, and where the name of the issuer is."""
    places = evidence.lines_of(value.finding)
    if not places:
        return {}
    features: Features = {}
    following = next(iter(evidence.lines[places[-1].number + 1 :]), None)
    features["room_behind"] = room_behind(places[-1], value.text)
    features["goes_on"] = float(following is not None and _may_go_on(following))
    if not POSTAL_CODE.search(fold(value.text)):
        features["may_be_cut"] = features["goes_on"]
    above = evidence.lines[places[0].number - 1] if places[0].number else None
    if above:
        features["words_above"] = float(may_be_name(above))
        features["below_issuer"] = float(_has_name(above, evidence.value("company")))
        features["below_buyer"] = float(_has_name(above, evidence.value("buyer")))
    return features


def _of_issuer(evidence: Evidence) -> Features:
    """Say what speaks for the name at which an address was found, and against it."""
    issuer = evidence.found.get("company")
    if issuer is None or not issuer.value:
        return {}
    has_form = end_of_form(issuer.value, fold(issuer.value)) > 0
    is_receipt = evidence.doc_type.value == "receipt"
    is_none = is_person(fold(issuer.value)) or is_address(fold(issuer.value))
    of_person = is_none and not (has_form or is_receipt)
    return {
        "issuer": issuer.confidence,
        "of_person": float(of_person and in_domain(evidence, issuer.value) is not True),
        "of_order": float(is_supplier(evidence, issuer)),
        "other_in_domain": float(in_domain(evidence, issuer.value) is False),
    }


def _has_name(line: TextLine, name: str | None) -> bool:
    return bool(name) and compact(name or "") in compact(line.text)


def _may_go_on(line: TextLine) -> bool:
    """Return whether a line below an address could be a part of it."""
    is_words = ":" not in line.text and sum(map(str.isalpha, line.text)) > _MOST
    return is_words and not label_pattern("address", "end").search(line.folded)
