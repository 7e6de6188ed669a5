"""A pattern that was kept finds what it finds when it is compiled."""

import os
import re
import sys
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]  # typeshed has its old name
from typing import Any

import pytest

from processors import patterns, prepared

TEXTS = (
    r"(?<![a-z0-9])(?:t(?:otal|ax)|(?P<mark>eur|usd)[ ._:(\-]{0,3}\d+)(?![a-z])",
    r"^\W{0,4}(?P<a>\d+)(?:-(?P<b>\d+)|/(\d+))?",
    "[äöü]{2,5}|\u20ac",
)
FLAGS = (0, re.IGNORECASE, re.MULTILINE | re.VERBOSE, re.ASCII | re.DOTALL)
SAMPLES = ("total 12", "Taxi", "x eur: 12", "..12-34", "\n12/5", "größe üü €", "")


@pytest.fixture(autouse=True)
def _as_a_new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin with nothing opened, kept or compiled, and forget afterwards what was."""
    monkeypatch.setattr(prepared, "_opened", {})
    monkeypatch.setattr(patterns, "_kept", {})
    monkeypatch.setattr(patterns, "_made", {})
    monkeypatch.setattr(patterns, "_kept_json", {})
    monkeypatch.setattr(_compiler, "compile", _compiler.compile)
    re.purge()
    yield
    re.purge()


def use() -> None:
    """Compile the patterns, as reading a page and importing what reads it do."""
    for text in TEXTS:
        for flags in FLAGS:
            re.compile(text, flags)
    re.compile(rb"\xff")
    patterns.made("lists", lambda: {"sums": ["total", "größe"], "none": None})


@pytest.fixture
def kept(tmp_path: Path) -> None:
    """Keep the patterns in a cache and take them from there."""
    prepared.open_all([patterns.recipe(use, sources=())], folder=tmp_path / "cache")
    patterns.take()


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_kept_pattern_finds_the_same_and_is_not_compiled(
    monkeypatch: pytest.MonkeyPatch, text: str, flags: re.RegexFlag
):
    """Groups have their numbers and names, and the flags are those that it was asked for and its own."""
    expected = patterns._compile(text, int(flags))
    re.purge()
    monkeypatch.setattr(patterns, "_compile", never)

    found = re.compile(text, flags)

    assert (found.flags, found.groups, found.groupindex, found.pattern) == (
        expected.flags,
        expected.groups,
        expected.groupindex,
        text,
    )
    for sample in SAMPLES:
        assert described(found, sample) == described(expected, sample)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("pattern", "flags", "sample"),
    [("totals?", 0, "the totals"), (TEXTS[0], re.DOTALL, "total"), (rb"\xff", 0, b"\xff")],
)
def test_another_pattern_is_compiled(pattern: Any, flags: int, sample: Any):
    """The word lists may have changed since: a pattern is found by its text and its flags alone."""
    assert re.compile(pattern, flags).search(sample)


@pytest.mark.usefixtures("kept")
def test_a_wrong_pattern_is_still_refused():
    """What is no pattern raises what `re` raises."""
    with pytest.raises(re.error):
        re.compile("(")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("numbers", [[], [77_777] * 9])
def test_what_the_engine_refuses_is_compiled(numbers: list[int]):
    """It checks the numbers before it runs them."""
    for kept in patterns._kept.values():
        kept.numbers[:] = array("I", numbers)

    assert re.compile(TEXTS[0]).search("total")


def test_they_are_made_again_for_another_python_and_other_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Its numbers may mean something else; a file with other words may have the same time and size."""
    words = tmp_path / "words.toml"
    words.write_text("one")
    names = [patterns.recipe(use, sources=[words]).file_name]

    times = words.stat()
    words.write_text("two")
    os.utime(words, ns=(times.st_atime_ns, times.st_mtime_ns))
    names.append(patterns.recipe(use, sources=[words]).file_name)
    monkeypatch.setattr(sys, "version", "3.99")
    names.append(patterns.recipe(use, sources=[words]).file_name)

    assert len(set(names)) == 3


@pytest.mark.usefixtures("kept")
def test_what_was_made_of_the_lists_is_not_made_again():
    """It comes back as it was, each time as an object of its own; another name is made."""
    first = patterns.made("lists", never)
    first["sums"].clear()

    assert patterns.made("lists", never) == {"sums": ["total", "größe"], "none": None}
    assert patterns.made("other lists", lambda: [1]) == [1]


def test_without_a_cache_everything_is_compiled():
    """A home may be missing or full."""
    patterns.take()

    assert re.compile(TEXTS[0]).search("total")


def described(pattern: re.Pattern[str], sample: str) -> list[object]:
    """Return what a pattern finds in a text."""
    return [
        (each.span(), each.groups(), each.groupdict(), each.lastgroup)
        for each in pattern.finditer(sample)
    ]


never: Callable[..., Any] = pytest.fail
