"""The rules by which documents are classified: the packaged ones, and a person's own beside or instead of them."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from processors.values.lines import fold, word_pattern

_NUMBERS = ("enough", "lead", "little", "words")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_KEYS = frozenset({"class", "where", "weight", "most", "words", "patterns"})
_PLACES = ("title", "top", "any")
_LONGEST_PATTERN = 500
_MOST_PROBLEMS = 20


class BadRules(ValueError):
    """A rules file cannot be used; `problems` are sentences, each with its way out."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the sentences."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that speak for a class: each of at most `most` found adds `weight` (negative: speaks against)."""

    doc_class: str
    where: Literal["title", "top", "any"]
    weight: float
    most: int
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the points a class needs to be named."""

    rules: tuple[Rule, ...]
    enough: float
    lead: float
    little: float
    words: int


@cache
def load_rules() -> Rules:
    """Read the packaged rules once."""
    raw = _packaged()
    return Rules(rules=tuple(map(_rule, raw["rules"])), **{name: raw[name] for name in _NUMBERS})


def _packaged() -> dict[str, Any]:
    return tomllib.loads(
        resources.files("processors.classify").joinpath("rules.toml").read_text(encoding="utf-8")
    )


@lru_cache(maxsize=4)
def parse_rules(text: str) -> Rules:
    """Return the packaged rules with a person's own: further rules, other numbers, classes replaced or added.

    Raises:
        BadRules: it is no TOML, or rules are wrong; lists all problems.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise BadRules([f"it is not TOML: {exc}."]) from exc
    problems = list(_problems(raw))
    if problems:
        raise BadRules(problems[:_MOST_PROBLEMS])
    packaged, replaced = load_rules(), frozenset(raw.get("replace", []))
    kept = tuple(rule for rule in packaged.rules if rule.doc_class not in replaced)
    numbers = {name: raw.get(name, getattr(packaged, name)) for name in _NUMBERS}
    return Rules(rules=(*kept, *map(_rule, raw.get("rules", []))), **numbers)


def _problems(raw: Mapping[str, Any]) -> Iterator[str]:
    for key in raw:
        if key not in {*_NUMBERS, "replace", "rules"}:
            yield f"{key!r} is not known; use {', '.join(_NUMBERS)}, replace and [[rules]]."
    for key in _NUMBERS:
        if key in raw and not _is_number(raw[key]):
            yield f"{key} must be a number."
    replaced = raw.get("replace", [])
    if not isinstance(replaced, list) or not all(isinstance(name, str) for name in replaced):
        yield "replace must be a list of class names."
    rules = raw.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        yield "rules must be written as [[rules]]."
        return
    for number, rule in enumerate(rules, start=1):
        yield from (f"rule {number}: {problem}" for problem in _wrong_in(rule))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong_in(rule: Mapping[str, Any]) -> Iterator[str]:
    for key in rule:
        if key not in _KEYS:
            yield f"{key!r} is not known; a rule has {', '.join(sorted(_KEYS))}."
    if not isinstance(rule.get("class"), str) or not _NAME.fullmatch(rule["class"]):
        yield "class must be a name in small letters, digits and underscores."
    if rule.get("where") not in _PLACES:
        yield f"where must be one of {', '.join(_PLACES)}."
    if not _is_number(rule.get("weight")):
        yield "weight must be a number; a negative one speaks against the class."
    if (
        not isinstance(rule.get("most"), int)
        or isinstance(rule.get("most"), bool)
        or rule["most"] < 1
    ):
        yield "most must be a whole number from 1 up."
    yield from _wrong_words(rule)


def _wrong_words(rule: Mapping[str, Any]) -> Iterator[str]:
    words, patterns = rule.get("words", []), rule.get("patterns", [])
    lists = [given for given in (words, patterns) if isinstance(given, list)]
    if len(lists) < 2 or not all(  # noqa: PLR2004 - words and patterns
        isinstance(text, str) and text for given in lists for text in given
    ):
        yield "words and patterns must be lists of texts."
        return
    if not words and not patterns:
        yield "it needs words or patterns."
    for pattern in patterns:
        try:
            re.compile(f"(?:{pattern})")
        except (re.error, RecursionError, OverflowError) as exc:
            yield f"the pattern {pattern[:60]!r} is no regular expression: {exc}."
        if len(pattern) > _LONGEST_PATTERN:
            yield f"the pattern {pattern[:60]!r} is longer than {_LONGEST_PATTERN} characters; split it."


def _rule(entry: Mapping[str, Any]) -> Rule:
    words, patterns = entry.get("words", []), entry.get("patterns", [])
    longest_first = sorted(words, key=len, reverse=True)
    parts = (
        [rf"(?<![a-z0-9])(?:{'|'.join(map(word_pattern, map(fold, longest_first)))})(?![a-z])"]
        if words
        else []
    )
    if entry["where"] == "title":
        parts = [rf"^\W{{0,4}}{part}" for part in parts]
    return Rule(
        doc_class=entry["class"],
        where=entry["where"],
        weight=float(entry["weight"]),
        most=entry["most"],
        pattern=re.compile("|".join([*parts, *(f"(?:{pattern})" for pattern in patterns)])),
    )
