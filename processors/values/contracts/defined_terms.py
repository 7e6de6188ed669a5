"""Find what defined terms mean: 'Harrow Mill, Inc. (the "Company")'."""

import re
from collections.abc import Iterable

from processors.values.contracts.party_names import end_of_name, has_form
from processors.values.lines import fold, label_pattern

QUOTED = re.compile(
    r"[\"\u201c\u201e\u00ab\u2018] ?([^\"\u201c-\u201e\u00ab\u00bb]{1,40}?) ?,?"
    r"[\"\u201d\u201c\u00bb\u2019]"
)
_LABEL = re.compile(r" [A-Z][\w']+(?: [a-z]+){0,2} ?:")
_FIRST_PERSON = frozenset({"we", "us", "our", "wir", "uns", "nous"})
_ARTICLE = re.compile(r"(?<!\S)an? $")


def resolved(name: str, text: str) -> str:
    """Return the name that a defined term means; "" if it means nobody named."""
    if not name:
        return ""
    bare = fold(name).removeprefix("the ").strip(" .")
    roles = label_pattern("parties", "roles")
    is_role = roles.fullmatch(bare) or roles.fullmatch(bare.removesuffix("s"))
    for term in QUOTED.finditer(text):
        if fold(term.group(1)).removeprefix("the ").strip(" .") == bare:
            named = _name_before(text, term.start())
            if named and has_form(named):
                return named
            break
    return "".join(labeled(bare, text)[:1]) if is_role else name


def labeled(role: str, text: str) -> list[str]:
    """Return the name behind a role and a colon, or two: "Tenant: Ann Fox and Ida Fox"."""
    if not role:
        return []
    folded = fold(text)
    for label in re.finditer(rf"(?<![a-z]){re.escape(role)}(?: name|'s name)? ?: ?(?=\w)", folded):
        other = _LABEL.search(text, label.end())
        stop = other.start() if other else len(text)
        end = end_of_name(text[:stop], folded[:stop], label.end())
        if end:
            joined = end + len(" and ")
            is_joined = folded.startswith(" and ", end)
            other_end = end_of_name(text[:stop], folded[:stop], joined) if is_joined else 0
            names = (text[label.end() : end], text[joined:other_end])
            return [name.strip(" ,;:") for name in names if name]
    return []


def _name_before(text: str, position: int) -> str:
    """Return the last name with a legal form in the sentence before a character."""
    start = max(0, position - 300)
    sentence = text[start:position]
    folded = fold(sentence)
    found = ""
    end = 0
    for word in re.finditer(r"(?<!\S)[A-Z0-9]", sentence):
        if word.start() < end:
            continue
        stop = end_of_name(sentence, folded, word.start())
        if stop:
            end = stop
            titles = list(label_pattern("parties", "titles").finditer(folded, word.start(), stop))
            name = sentence[titles[-1].end() if titles else word.start() : stop].strip()
            is_description = _ARTICLE.search(sentence[: word.start()])
            found = name if has_form(name) and not is_description else found
    return found.strip(" ,;:")


def key_of(name: str) -> str:
    """Return what is the same in every spelling of a name."""
    return re.sub(r"\W", "", name.casefold())


def unique(names: Iterable[str]) -> list[str]:
    """Return the names that are not empty, each once, however it is spelled."""
    found: dict[str, str] = {}
    for name in names:
        key = key_of(name)
        if key:
            found.setdefault(key, name)
    return list(found.values())


def defined_as_role(text: str) -> str:
    """Return the name that the text calls "the Company" or a similar role."""
    for term in QUOTED.finditer(text):
        role = fold(term.group(1)).removeprefix("the ").strip(" .")
        if label_pattern("parties", "roles").fullmatch(role):
            name = _name_before(text, term.start())
            if name:
                return name
    return ""


def who_says_we(text: str) -> str:
    """Return the name that calls itself "we" in terms that everybody may accept."""
    for term in QUOTED.finditer(text):
        if fold(term.group(1)).strip(" .,") in _FIRST_PERSON:
            name = _name_before(text, text.rfind("(", 0, term.start()) + 1)
            if name:
                return name
    return ""
