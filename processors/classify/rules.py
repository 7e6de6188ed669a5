"""Load the rules that classify documents: the packaged ones, and a user's own beside them."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from processors.classify.needed import needed_in
from processors.patterns import made, read_packaged
from processors.values.lines import any_of, fold, word_parts

_NUMBERS = ("enough", "lead", "little", "words")
_KEYS = frozenset({"class", "where", "weight", "most", "words", "patterns", "needs"})
_PLACES = ("title", "top", "any")
_CLASS_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_LONGEST_PATTERN = 500
_MOST_PROBLEMS = 20


class BadRules(ValueError):
    """A rules file cannot be used; `problems` are sentences, each says what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the sentences."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Rule:
    """Words of a class.

    Each different word, up to `most`, adds `weight` points; a negative weight speaks against the
    class. `words` are those that `pattern` consists of, folded, empty if it has more. Lines
    without `needs` have none of them, nor those without one of the `texts`, if there are any.
    """

    doc_class: str
    where: Literal["title", "top", "any"]
    weight: float
    most: int
    pattern: re.Pattern[str]
    words: tuple[str, ...] = ()
    needs: str = ""
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the points that a class needs; `rules.toml` explains the numbers.

    `any_word` matches, without a character, wherever a word of a rule of nothing but words begins.
    """

    rules: tuple[Rule, ...]
    enough: float
    lead: float
    little: float
    words: int
    any_word: re.Pattern[str]


@cache
def load_rules() -> Rules:
    """Read the packaged rules."""
    entries = made("rules", lambda: read_packaged("processors.classify", "rules.toml"))
    numbers = {name: entries[name] for name in _NUMBERS}
    patterns = made("patterns of rules", lambda: list(map(_texts_of, entries["rules"])))
    rules = [_rule_of(*each) for each in zip(entries["rules"], patterns, strict=True)]
    return Rules(
        tuple(rules), **numbers, any_word=re.compile(made("any word", lambda: _any_of(rules)))
    )


@lru_cache(maxsize=4)
def parse_rules(text: str) -> Rules:
    """Return the packaged rules together with a user's own.

    A user's file may add rules, replace all rules of a class, and change the numbers.

    Raises:
        BadRules: it is no TOML, or rules are wrong; it lists all problems.
    """
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise BadRules([f"it is not TOML: {exc}."]) from exc
    problems = list(problems_in(entries))
    if problems:
        raise BadRules(problems[:_MOST_PROBLEMS])

    packaged = load_rules()
    replaced = frozenset(entries.get("replace", []))
    kept = [rule for rule in packaged.rules if rule.doc_class not in replaced]
    own = [_rule_of(entry, _texts_of(entry)) for entry in entries.get("rules", [])]
    numbers = {name: entries.get(name, getattr(packaged, name)) for name in _NUMBERS}
    rules = (*kept, *own)
    return Rules(rules, **numbers, any_word=re.compile(_any_of(rules)))


def _any_of(rules: Sequence[Rule]) -> str:
    words = dict.fromkeys(word for rule in rules for word in rule.words)
    return rf"(?<![a-z0-9])(?={any_of(map(word_parts, words))}(?![a-z]))"


def _words_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the folded words of an entry, the longest first."""
    return tuple(map(fold, sorted(entry.get("words", []), key=len, reverse=True)))


def _pattern_of(entry: Mapping[str, Any]) -> str:
    """Return the pattern of an entry of a rules file that has no problems."""
    alternatives: list[str] = []
    words = _words_of(entry)
    if words:
        alternatives.append(rf"(?<![a-z0-9]){any_of(map(word_parts, words))}(?![a-z])")
    if entry["where"] == "title":
        # A title begins its line, after a few signs at most.
        alternatives = [rf"^\W{{0,4}}{alternative}" for alternative in alternatives]
    alternatives += [f"(?:{pattern})" for pattern in entry.get("patterns", [])]
    return "|".join(alternatives)


def _texts_of(entry: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    """Return the pattern of an entry, and the texts of which each line with a match has one.

    Without texts all lines are tried: those of a title are few.
    """
    pattern = _pattern_of(entry)
    return pattern, needed_in(pattern) if entry["where"] == "any" else ()


def _rule_of(entry: Mapping[str, Any], found: tuple[str, Sequence[str]]) -> Rule:
    pattern, texts = found
    has_more = entry.get("patterns") or entry.get("needs")
    return Rule(
        doc_class=entry["class"],
        where=entry["where"],
        weight=float(entry["weight"]),
        most=entry["most"],
        pattern=re.compile(pattern),
        words=() if has_more else _words_of(entry),
        needs=fold(entry.get("needs", "")),
        texts=texts,
    )


def problems_in(entries: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in a rules file."""
    known = {*_NUMBERS, "replace", "rules"}
    for key in entries:
        if key not in known:
            yield f"{key!r} is not known; use {', '.join(_NUMBERS)}, replace and [[rules]]."
    for key in _NUMBERS:
        if not _is_number(entries.get(key, 0)):
            yield f"{key} must be a number."
    if not _is_list_of(entries.get("replace", []), str):
        yield "replace must be a list of class names."

    rules = entries.get("rules", [])
    if not _is_list_of(rules, dict):
        yield "rules must be written as [[rules]]."
        return
    for number, rule in enumerate(rules, start=1):
        for problem in problems_of(rule):
            yield f"rule {number}: {problem}"


def problems_of(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in one rule."""
    for key in rule:
        if key not in _KEYS:
            yield f"{key!r} is not known; a rule has {', '.join(sorted(_KEYS))}."

    name, most = rule.get("class"), rule.get("most")
    is_name = isinstance(name, str) and _CLASS_NAME.fullmatch(name)
    is_count = isinstance(most, int) and _is_number(most) and most > 0
    checks = (
        (is_name, "class must be a name in small letters, digits and underscores."),
        (rule.get("where") in _PLACES, f"where must be one of {', '.join(_PLACES)}."),
        (
            _is_number(rule.get("weight")),
            "weight must be a number; a negative one speaks against the class.",
        ),
        (is_count, "most must be a whole number from 1 up."),
        (isinstance(rule.get("needs", ""), str), "needs must be a text."),
    )
    for is_right, problem in checks:
        if not is_right:
            yield problem

    words, patterns = rule.get("words", []), rule.get("patterns", [])
    if not _is_list_of(words, str) or not _is_list_of(patterns, str) or "" in words + patterns:
        yield "words and patterns must be lists of texts."
    elif not words + patterns:
        yield "it needs words or patterns."
    else:
        yield from _problems_of_patterns(patterns)


def _problems_of_patterns(patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        beginning = pattern[:60]
        try:
            re.compile(f"(?:{pattern})")
        except (re.error, RecursionError, OverflowError) as exc:
            yield f"the pattern {beginning!r} is not a regular expression: {exc}."
        if len(pattern) > _LONGEST_PATTERN:
            limit = f"longer than {_LONGEST_PATTERN} characters"
            yield f"the pattern {beginning!r} is {limit}; split it."


def _is_number(value: object) -> bool:
    # In Python True and False are numbers.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
