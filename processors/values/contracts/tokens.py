"""Recognize the words around the names of a preamble: "between", "and", articles and capacities."""

import re
from collections.abc import Sequence

from processors.values.lines import fold, label_pattern

BETWEEN = re.compile(
    r"(?<![a-z])(?:between|among(?:st)?|zwischen|entre|tra|tussen|(?:po)?miedzy)"
    r"(?: and among)?(?![a-z])[ :]{0,3}"
    r"|(?<![a-z])(?:partijen|parteien|partes|strony) ?: ?"
    r"|(?<![a-z])parties(?: ?: ?| (?=\(?1[.)] )| (?:to this [^.;:]{3,60} )?are:? (?=\(?[1i][.)] ))"
    # Who signs is named before what was agreed: "The undersigned, …", "De ondergetekenden: 1. …".
    r"|(?<![a-z])(?:the undersigned(?: [a-z]{4,12})?,|(?:de )?ondergetekenden ?:?) "
    r"|(?<![a-z])(?:namely|comparecen),? ?:? "
    r"|(?<![a-z])les soussigne(?:e?s|\(e?\)s) ?[:,]? (?=\(?1)"
    # "Por una parte … y por la otra parte …", "de um lado, … e, de outro lado, …".
    r"|(?<![a-z])(?:por|de|da) una parte,? |(?<![a-z])de um lado,? "
    # "Made this 3rd day of May 2030 by …": without "between" the names follow the date.
    r"|(?<=[12]\d\d\d),? by (?!and |an? )"
    # What one party alone signs, and what it promises: "executed by …", "by … in favor of …".
    # Goods are delivered as well, and by a carrier.
    r"|(?<![a-z])(?:executed(?: and delivered)?|(?:agreement|deed|joinder|guaranty|instrument) "
    r"(?:is |was |has been )?(?:made and )?delivered)(?: as of [^;.]{6,40},)? by (?!and )"
    r"|(?<![a-z])by (?=[^;]{3,240}? (?:in favou?r|for the benefit) of )"
)
AND = re.compile(
    r"[,;.]?(?: ?[-\u2013\u2014])? ?(?<![a-z])"
    r"(?:and|und|et|y|e|en|a|oraz|de otra parte|dall.altra parte|(?:in favou?r|for the benefit) of)"
    r"(?![a-z])[ ,:\u2013\u2014-]{1,3}"
)
OTHER_SIDE = re.compile(
    r" (?:y,? )?(?:de|por) (?:la )?otra(?: parte)?,? | (?:et )?d.autre part,? (?:et )?"
    r"| (?:e )?dall.altra(?: parte)?,? | (?:and )?of the other part,? "
)
"""The words before the other side, which may begin a sentence of their own."""
NEXT_NUMBER = re.compile(
    r"(?:[;,] |(?<![.:;,]) )(?:and )?\(?"
    r"(?:([2-9]) ?(?:\u00b0|\u00b0?[.)]{1,2})|(?:i{2,3}|i?v)[.)]{1,2}) (?=[^\W\d_])"
)
"""The number of a party in a list of them, without "and" before it."""

# Only in Polish "a" joins two parties; everywhere else it is an article.
_POLISH = re.compile(r"\b(?:zwan[aey]|siedzib|reprezentowan|prowadzac)")

_BEFORE = re.compile(
    r"\d\u00b0 |\(?(?:\d{1,2} ?\u00b0?[.)]{1,2}|(?:[ivx]{1,4}|[a-h])\)) ?"
    r"|each of |the following parties:? "
    r"|(?:company )?name(?: ?: ?| (?=[^\W\d_]))"
    r"|(?:solely )?(?:for (?:the )?(?:sole |limited )?purposes? (?:of|set forth in|stated in"
    r"|described in|specified in)|(?:solely )(?:with respect to|as to|in respect of))"
    r" [^,;()]{3,80}, "
    r"|its (?:(?:wholly[- ]owned|direct|indirect) )*"
    r"(?:parent(?: company)?|subsidiar(?:y|ies)|affiliates?)"
    r",? (?:including,? (?:(?:but not limited to|without limitation),? )?)?"
    r"|the undersigned,? |(?:the|der|die|das|dem) "
    r"|les soussigne(?:e?s|\(?e\)?s) ?[:,]? ?"
    r"|(?:(?:signed|executed|agreed|accepted) for |acting )?(?:(?:and |for and )?on behalf of )"
    r"|(?:signed|executed|agreed|accepted) for "
    r"|(?:por|de|da)? ?(?:la |l.)?(?:una|otra|altra) parte,? (?:d\. |dna\. )?"
    r"|de (?:um|outro) lado,? |(?:as|las|les) part(?:es|ies) ?:? "
    r"|(?:la |a )?(?:mercantil|ditta|firma) |(?:la |a )(?:societ[ea]|sociedade?|empresa) "
    r"|(?:mr|mrs|ms|miss|dr|prof|messrs|m/s|herrn?|frau|dhr|mevr|monsieur|madame|mme|mlle|dna)\.? "
    r"|(?:sig|sig\.ra|sra?)\.? |d\.? ?[ªº]\.? "
    r"|(?:capt|col|rev|hon|sgt|maj|lt)\. |(?:the )?(?:rev|hon)(?:erend|ou?rable) "
    r"|(?:l.)?ing\. |m\. (?=\w{2})|(?:don|dona|mevrouw|panem|pania|panstwem) |de heer "
)
# An article in small letters; "La" or "De" in capitals may be a part of the name.
_ARTICLE = re.compile(
    r"(?:(?:[Ff]or|FOR)|la|le|les|il|lo|el|los|het|der|die|das|den|dem) (?=[^\W\d_a-z])"
    r"|l['\u2019]|(?:La|Le|El) (?=S\.?[ACR]|Soci[eé]|Commune|Ville|Région|Départ|Comuni|Funda)"
)

# A role in small letters is before the name, one in capitals has a mark behind it.
_ROLE = re.compile(
    r"(?P<role>[a-z]+(?: [a-z]+)?(?=,? )|[A-Z][a-z]+(?: [A-Z][a-z]+)?(?=[,:] ))"
    r"[,:]? (?=[A-Z])(?!Inc|Ltd|LLC|Corp|Co\b|L\.|LP)"
)

_OF_SIGNER = re.compile(r"by|its|per|name|title|date|re")
CONTACT = re.compile(
    r"(?:tele)?phone|tel|mobile|cell|fax|e-?mail|website|(?:mailing |business |street )?address"
    r"|contact|attn|attention|c/o|dob|date of birth|id|(?:registered )?office|seat|telefon|adresse"
    r"|sitz|siege"
)
"""Labels of what describes a party."""


ACTS_BY = re.compile(
    r"\b(?:represented (?:\w+ )?by|acting (?:\w+ )?(?:by|through)|vertreten durch"
    r"|representee?s? par|representad[oa]s? por|rappresentat[oa] da\w{0,3}|vertegenwoordigd door"
    r"|reprezentowan\w+ przez|agissant par|, by(?= [^\W\d_]{2,12} [^\W\d_]))\b"
)
"""Words before those who act for a party."""
_LETTERED = re.compile(r"\W{0,3}A\. [^;]{3,500}; (?:and )?B\. ")
"""Parties that are counted with letters: "A. Orr Ltd; B. Fox plc"."""
_SPANIARD = re.compile(
    r"[, (]{1,3}(?:con |titular |mayor de |de nacionalidad |domicilia|en adelante|en lo sucesivo)"
)
"""Behind the name of someone in a Spanish contract, before which "D." means "don"."""


def after_opener(text: str, folded: str, position: int) -> int:
    """Return where a name begins behind numbers, articles, titles and roles of a party."""
    while True:
        step = _BEFORE.match(folded, position) or _ARTICLE.match(text, position)
        end = step.end() if step else _after_role(text, folded, position)
        if end <= position:
            return position
        position = end


def _after_role(text: str, folded: str, position: int) -> int:
    """Return where a name begins behind a role: "plaintiff ROE INC.", "Grantor, Ann Fox"."""
    words = _ROLE.match(text, position)
    if words is None:
        return position
    role = folded[position : words.end("role")]
    roles = label_pattern("parties", "roles")
    is_role = roles.fullmatch(role) or roles.fullmatch(role.removesuffix("s"))
    is_other = _OF_SIGNER.fullmatch(role) or CONTACT.fullmatch(role)
    is_label = text[words.end("role")] == ":" and not is_other
    return words.end() if is_role or is_label else position


def link_at(folded: str, position: int, *, since: int) -> re.Match[str] | None:
    """Return the word that joins two parties at a character; a description begins at `since`."""
    link = AND.match(folded, position)
    is_article = link is not None and link.group().strip(" ,;.:") == "a"
    return None if is_article and not _POLISH.search(folded, since, position) else link


def is_spaniard(folded: str, start: int, end: int) -> bool:
    """Return whether the "D." that begins a name is a title, as the words behind it are Spanish."""
    return folded.startswith("d. ", start) and _SPANIARD.match(folded, end) is not None


def bare_names(names: Sequence[str], text: str) -> list[str]:
    """Return the names of a list of parties without the letters or roles that begin all of them.

    `text` is the list and what follows it. One role alone may be a part of the name, and so may
    the same one twice: "Bank Orr and Bank Fell".
    """
    if _LETTERED.match(text):
        return [name.removeprefix(f"{chr(ord('A') + at)}. ") for at, name in enumerate(names)]
    roles = [label_pattern("parties", "roles").match(fold(name)) for name in names]
    ends = [
        role.end() if role and name[role.end() :][:1] == " " else 0
        for role, name in zip(roles, names, strict=True)
    ]
    first = {name[:end] for name, end in zip(names[:2], ends[:2], strict=True) if end}
    if len(first) <= 1:
        return list(names)
    return [name[end:].strip() for name, end in zip(names, ends, strict=True)]
