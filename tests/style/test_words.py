"""The word list finds the former words, and only those."""

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.style.words import WordList, find_words, read_list

Search = Callable[..., list[tuple[int, str]]]

LIST = """
[files]
suffixes = [".py", "Makefile"]
skip = ["left_out.py"]

[[word]]
find = "tall(y|ies)"
use = "counter"

[[word]]
find = "hold"
use = "blocked"
allow = ["legal hold"]
allow_in = ["allowed.py"]

[[word]]
find = "let go"
use = "release"
"""


@pytest.fixture
def word_list(tmp_path: Path) -> WordList:
    """A list of three words."""
    file = tmp_path / "words.toml"
    file.write_text(LIST, encoding="utf-8")
    return read_list(file)


@pytest.fixture
def found(tmp_path: Path, word_list: WordList, monkeypatch: pytest.MonkeyPatch) -> Search:
    """Search a file with this text; return the lines and the words that are found."""
    monkeypatch.chdir(tmp_path)

    def search(text: str, name: str = "module.py") -> list[tuple[int, str]]:
        file = Path(name)
        file.write_text(dedent(text), encoding="utf-8")
        hits = sorted(find_words([file], word_list))
        return [(hit.line, hit.message.split('"')[1]) for hit in hits]

    return search


@pytest.mark.parametrize("text", ["run_tally = 1", "class RunTally: ...", "# a Tally", "TALLIES"])
def test_a_word_is_found_in_every_spelling(found: Search, text: str):
    """Names in snake case, camel case and capitals are read as words."""
    assert len(found(text)) == 1


@pytest.mark.parametrize("text", ["threshold", "totally", "holder", "untally"])
def test_a_part_of_a_word_is_not_found(found: Search, text: str):
    """A longer word that contains a banned one is right."""
    assert found(text) == []


def test_the_line_is_reported(found: Search):
    """A hit names its line, counted from 1."""
    assert found("a = 1\n# a tally\n") == [(2, "tally")]


def test_a_phrase_is_found_across_lines(found: Search):
    """A phrase that continues in the next comment line is found once, at its first line."""
    assert found("# The lease is let\n# go at the end.\n") == [(1, "let go")]


def test_a_phrase_within_a_line_is_found_once(found: Search):
    """The line before does not repeat a hit."""
    assert found("# why\n# it is let go\n# here\n") == [(2, "let go")]


def test_an_allowed_expression_is_right(found: Search):
    """A word inside an allowed expression passes, the same word beside it does not."""
    assert found("# a legal hold\n# hold\n") == [(2, "hold")]


def test_a_file_may_use_a_word(found: Search):
    """`allow_in` lets one file use one word, and no other."""
    assert found("# hold the tally\n", "allowed.py") == [(1, "tally")]


@pytest.mark.parametrize(("name", "hits"), [("left_out.py", 0), ("data.csv", 0), ("Makefile", 1)])
def test_only_listed_files_are_searched(found: Search, name: str, hits: int):
    """Files are chosen by suffix or name, and some are left out."""
    assert len(found("tally", name)) == hits


def test_a_file_name_is_searched(found: Search):
    """The name of a module is a name like others."""
    assert found("", "run_tally.py") == [(0, "tally")]


def test_every_word_of_the_list_says_what_to_write():
    """Each entry has its replacement, and its pattern does not match the empty text."""
    words = read_list().words

    assert len(words) > 30
    assert all(word.use for word in words)
    assert not any(re.fullmatch(word.pattern, "") for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "its reader went astray",
        "what stands in the record",
        "the record was taken for another",
        "the colour and the behaviour",
    ],
)
def test_the_list_bans(text: str):
    """The list of the project finds these."""
    assert any(list(word.find(text)) for word in read_list().words)


@pytest.mark.parametrize(
    "text",
    [
        "dataclass(frozen=True, slots=True)",
        "the call took a second for each page",
        "it took for ever",
        "a legal hold of S3",
        "a driving licence",
        "the step succeeds, the color is gray",
    ],
)
def test_the_list_lets_pass(text: str):
    """The list of the project finds nothing in these."""
    assert not any(list(word.find(text)) for word in read_list().words)


@pytest.mark.parametrize(
    "name", ["flows/web/templates/base.html.jinja", "infra/grafana/board.json"]
)
def test_the_templates_of_pages_and_dashboards_are_searched(name: str):
    """Users read the web page and the dashboards as they read messages."""
    assert read_list().covers(Path(name))
