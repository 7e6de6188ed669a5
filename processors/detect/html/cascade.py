"""Decide which declaration of each property an element has (CSS Cascading, level 5, section 6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from processors.detect.html.colors import of_attribute
from processors.detect.html.declarations import PICTURE, Declared, declared_in
from processors.detect.html.rules import StyleMatch
from processors.detect.html.tree import Node

# What a style sheet that was not read may set.
_OF_OTHER_SHEETS = frozenset({"color", "background-color", "background-image", "font-size"})
_PAINTS = frozenset({"background-color", "background-image", "box-shadow"})
_SHEET, _OWN = 1, 2
_TABLES = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th", "body"})
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StyleValue:
    """What a property has, or UNKNOWN, and whether the element says so itself."""

    text: str
    is_own: bool = False


Style = Mapping[str, StyleValue]


@dataclass(frozen=True, slots=True)
class _StyleCandidate:
    rank: tuple[int, ...]
    declared: Declared
    is_maybe: bool = False
    is_own: bool = False


def style_of(node: Node, matches: Sequence[StyleMatch], *, may_be_others: bool) -> Style:
    """Return what is set for an element, by its attributes, by rules, and by itself.

    `may_be_others` is whether there are style sheets that were not read.
    """
    candidates = [*_hints_of(node), *_of_rules(matches), *_of_itself(node)]
    candidates.sort(key=lambda each: each.rank)
    found: dict[str, StyleValue] = {}
    is_any = False
    for each in candidates:
        name = each.declared.name
        if name == "all":
            is_any = True
            found = dict.fromkeys(found, StyleValue(UNKNOWN))
            continue
        value = StyleValue(each.declared.value, each.is_own)
        is_other = name not in found or found[name].text != value.text
        if not each.is_maybe:
            found[name] = value
        elif is_other:
            found[name] = StyleValue(UNKNOWN)
    if may_be_others:
        unsure = (name for name in _OF_OTHER_SHEETS if name not in found or not found[name].is_own)
        found |= dict.fromkeys(unsure, StyleValue(UNKNOWN))
    if is_any:
        found["all"] = StyleValue(UNKNOWN)
    return found


def is_painted_over(matches: Sequence[StyleMatch]) -> bool:
    """Return whether something is drawn before or behind the content of an element."""
    return any(
        match.of_pseudo_element in {"before", "after"}
        and any(each.name in _PAINTS for each in match.rule.said)
        for match in matches
    )


def _of_rules(matches: Sequence[StyleMatch]) -> Iterator[_StyleCandidate]:
    for match in matches:
        if match.of_pseudo_element:
            continue
        rule = match.rule
        for each in rule.said:
            # Where layers come in the order of the cascade, their names decide.
            last = int(rule.is_in_layer)
            rank = (last, int(each.is_important), _SHEET, *match.rank)
            yield _StyleCandidate(rank, each, is_maybe=rule.is_maybe or rule.is_in_layer)


def _of_itself(node: Node) -> Iterator[_StyleCandidate]:
    for order, each in enumerate(declared_in(node.attrib.get("style", ""))):
        rank = (0, int(each.is_important), _OWN, 0, 0, 0, order)
        yield _StyleCandidate(rank, each, is_own=True)


def _hints_of(node: Node) -> Iterator[_StyleCandidate]:
    """Yield what attributes say, which counts least (HTML Standard, section 15.2)."""
    rank = (0,) * 7
    attributes = node.attrib
    if "hidden" in attributes:
        yield _StyleCandidate(rank, Declared("display", "none"), is_own=True)
    behind = attributes.get("bgcolor")
    if behind:
        color = of_attribute(behind) if node.name in _TABLES else UNKNOWN
        yield _StyleCandidate(rank, Declared("background-color", color))
    if attributes.get("background"):
        yield _StyleCandidate(rank, Declared("background-image", PICTURE))
    letters = {"body": "text", "font": "color"}.get(node.name, "")
    if attributes.get(letters):
        yield _StyleCandidate(rank, Declared("color", of_attribute(attributes[letters])))
