"""Find what the rules of a page's own style sheets say of each element.

A page is read as a wide screen shows it, in light colors, with nothing under a pointer. What
depends on anything else only makes a property uncertain.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cssselect2
import tinycss2

from processors.detect.html.declarations import Declared, declared, text_of
from processors.detect.html.tree import Node

_MOST_STYLE_CHARS = 200_000
_MOST_NESTED = 8
_MOST_SELECTOR_CHARS = 500
# A test of a selector, or of what it says to be around an element, is a step.
_MOST_STEPS = 1_000_000
_SIBLINGS_IN_A_STEP = 100
_STEPS_OF_A_WRAPPER = 3
"""To make what an element is matched by takes as long as so many looks at one that is made."""
# Never of the page as it is first shown.
_IGNORED = frozenset(
    {"keyframes", "font-face", "page", "charset", "namespace", "starting-style", "property"}
)
_NOT_FOR_SCREENS = re.compile(
    r"(?:only\s+)?(?:print|speech|tty|braille|embossed|handheld|projection|aural)\b[^,]*"
    r"|[^,]*\bprefers-color-scheme\s*:\s*dark\b[^,]*|[^,]*\bhover\s*:\s*none\b[^,]*"
)
_FOR_SCREENS = re.compile(
    r"(?:only\s+)?(?:all|screen)|not\s+print"
    r"|(?:(?:only\s+)?(?:all|screen)\s+and\s+)?\(\s*prefers-color-scheme\s*:\s*light\s*\)"
)
_NARROW = re.compile(
    r"max-(?:device-)?width\s*:\s*(\d+(?:\.\d+)?)(px|em|rem|pt)"
    r"|\(\s*width\s*<=?\s*(\d+(?:\.\d+)?)(px|em|rem|pt)"
)
_NARROW_PX = 1000  # a page of this width is narrow
_PX = {"px": 1.0, "em": 16.0, "rem": 16.0, "pt": 4 / 3}
_STATE = re.compile(r"::?[a-z-]+(?:\([^()]*\))?", re.IGNORECASE)


class TooManySteps(Exception):
    """The style sheets of a page are too many, or too hard to follow."""


@dataclass(frozen=True, slots=True)
class StyleRule:
    """What a rule says, and whether that is only under conditions that are not known."""

    said: tuple[Declared, ...]
    is_maybe: bool = False
    is_in_layer: bool = False


@dataclass(frozen=True, slots=True)
class StyleMatch:
    """A rule that is of an element, with its place in the order of the cascade."""

    rank: tuple[int, ...]
    of_pseudo_element: str
    rule: StyleRule


class Element(cssselect2.ElementWrapper):  # type: ignore[misc]  # untyped library
    """An element to match; each look at what is around it is counted."""

    budget: list[int]
    """The steps that are left for the page."""
    weight: int

    @classmethod
    def of(cls, node: Node, parent: "Element | None", previous: "Element | None") -> "Element":
        """Return an element behind another one in a third."""
        index = 0 if previous is None else previous.index + 1
        element = cls(node, parent, index, previous, in_html_document=True)
        element.weight = node.weight
        element.budget = [_MOST_STEPS] if parent is None else parent.budget
        return element

    def spend(self, steps: int = 1) -> None:
        """Count steps; raises TooManySteps."""
        self.budget[0] -= steps
        if self.budget[0] < 0:
            raise TooManySteps

    @property
    def etree_siblings(self) -> list[Node]:
        """The elements beside this one; a selector that counts them looks at each."""
        self.spend(1 + len(self._siblings) // _SIBLINGS_IN_A_STEP)
        return self._siblings

    @etree_siblings.setter
    def etree_siblings(self, siblings: list[Node]) -> None:
        self._siblings = siblings

    @property
    def ancestors(self) -> Iterator["Element"]:
        """The elements that this one is in, the nearest first."""
        element = self.parent
        while element is not None:
            self.spend(element.weight)
            yield element
            element = element.parent

    @property
    def previous_siblings(self) -> Iterator["Element"]:
        """The elements before this one, the nearest first."""
        element = self.previous
        while element is not None:
            self.spend(element.weight)
            yield element
            element = element.previous

    def iter_children(self) -> Iterator["Element"]:
        """Yield the elements in this one."""
        previous = None
        for node in self.etree_children:
            self.spend(_STEPS_OF_A_WRAPPER * node.weight)
            previous = type(self).of(node, self, previous)
            yield previous

    def iter_next_siblings(self) -> Iterator["Element"]:
        """Yield the elements behind this one, the nearest first."""
        previous = self
        for node in islice(self._siblings, self.index + 1, None):
            self.spend(_STEPS_OF_A_WRAPPER * node.weight)
            previous = type(self).of(node, self.parent, previous)
            yield previous


class StyleRules(cssselect2.Matcher):  # type: ignore[misc]  # untyped library
    """The rules of a page."""

    def __init__(self, sheets: Sequence[tuple[str, str]]) -> None:
        """Take sheets, each behind the media that it is for; raises TooManySteps."""
        super().__init__()
        self.needs_others = False  # whether a sheet imports another one
        self.is_empty = True
        if sum(len(sheet) for _, sheet in sheets) > _MOST_STYLE_CHARS:
            raise TooManySteps
        for media, sheet in sheets:
            shown = _is_shown(media)
            if shown is not False:
                rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
                self._add(rules, "", is_maybe=shown is None)

    def of(self, element: Element) -> list[StyleMatch]:
        """Return the rules of an element, the last of which counts most; raises TooManySteps."""
        return [
            StyleMatch((*specificity, order), pseudo or "", rule)
            for specificity, order, pseudo, rule in self.match(element)
        ]

    @staticmethod
    def add_relevant_selectors(
        element: Element, selectors: list[Any], relevant_selectors: list[Any]
    ) -> None:
        """Add the selectors that an element matches; raises TooManySteps."""
        element.spend(len(selectors) * element.weight)
        # Rules cannot be compared, and no two have the same order.
        for test, specificity, order, pseudo, rule in selectors:
            if test(element):
                relevant_selectors.append((specificity, order, pseudo, rule))

    def _add(
        self,
        rules: Sequence[Any],
        within: str,
        *,
        is_maybe: bool = False,
        is_in_layer: bool = False,
        depth: int = 0,
    ) -> None:
        for rule in rules:
            if depth > _MOST_NESTED:
                return
            if rule.type == "qualified-rule":
                self._add_rule(
                    rule, within, is_maybe=is_maybe, is_in_layer=is_in_layer, depth=depth
                )
            elif rule.type == "at-rule":
                self._add_conditional(
                    rule, within, is_maybe=is_maybe, is_in_layer=is_in_layer, depth=depth
                )

    def _add_conditional(
        self, rule: Any, within: str, *, is_maybe: bool, is_in_layer: bool, depth: int
    ) -> None:
        name = rule.lower_at_keyword
        self.needs_others = self.needs_others or name == "import"
        is_shown = _is_shown(text_of(rule.prelude)) if name == "media" else None
        is_ignored = name in _IGNORED or name.endswith("keyframes")
        if rule.content is None or is_ignored or is_shown is False:
            return
        contents = tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True)
        is_maybe = is_maybe or is_shown is None
        is_in_layer = is_in_layer or name in {"layer", "scope"}
        self._add_said(within, contents, is_maybe=is_maybe, is_in_layer=is_in_layer)
        self._add(contents, within, is_maybe=is_maybe, is_in_layer=is_in_layer, depth=depth + 1)

    def _add_rule(
        self, rule: Any, within: str, *, is_maybe: bool, is_in_layer: bool, depth: int
    ) -> None:
        selectors = text_of(rule.prelude)
        if within:
            around = f":is({within})"
            has_place = "&" in selectors
            selectors = selectors.replace("&", around) if has_place else f"{around} {selectors}"
        contents = tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True)
        self._add_said(selectors, contents, is_maybe=is_maybe, is_in_layer=is_in_layer)
        self._add(contents, selectors, is_maybe=is_maybe, is_in_layer=is_in_layer, depth=depth + 1)

    def _add_said(
        self, selectors: str, contents: Sequence[Any], *, is_maybe: bool, is_in_layer: bool
    ) -> None:
        said = tuple(declared(contents))
        if not said or not selectors:
            return
        self.is_empty = False
        compiled = _compiled(selectors)
        if compiled is None:
            # Perhaps of a state that is not known here.
            is_maybe = True
            compiled = _compiled(_STATE.sub("", selectors)) or []
        for selector in compiled or []:
            self.add_selector(selector, StyleRule(said, is_maybe, is_in_layer))


def _compiled(selectors: str) -> list[Any] | None:
    if len(selectors) > _MOST_SELECTOR_CHARS and "," not in selectors:
        return None
    try:
        return list(cssselect2.compile_selector_list(selectors))
    except (cssselect2.SelectorError, SyntaxError, RecursionError, MemoryError, ValueError):
        return None


def _is_shown(media: str) -> bool | None:
    """Return whether a wide screen in light colors shows what is for some media, or None."""
    queries = [query.strip() for query in media.lower().split(",")]
    said = [_is_query_met(query) for query in queries]
    return True if True in said else None if None in said else False


def _is_query_met(query: str) -> bool | None:
    if not query or _FOR_SCREENS.fullmatch(query):
        return True
    if query.startswith("not"):
        return None
    narrow = _NARROW.search(query)
    if narrow:
        size, unit = float(narrow[1] or narrow[3]), narrow[2] or narrow[4]
        if size * _PX[unit] <= _NARROW_PX:
            return False
    return False if _NOT_FOR_SCREENS.fullmatch(query) else None
