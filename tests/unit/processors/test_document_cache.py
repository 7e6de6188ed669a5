"""What is cached of a document, and for how long."""

from collections.abc import Callable

import pytest

from processors.document_cache import cached_by_identity, cached_by_value, document_cache


@pytest.fixture
def asked() -> list[str]:
    """Return the texts that the function was really called with."""
    return []


@pytest.fixture
def length(asked: list[str]) -> Callable[[str], int]:
    """Return a function that is called once a document."""

    @cached_by_value
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    return length


def test_a_text_is_looked_at_once(length: Callable[[str], int], asked: list[str]):
    """Within a document the same question is answered from the cache, and another one is not."""
    with document_cache():
        answers = [length("total"), length("total"), length("tax")]

    assert answers == [5, 5, 3]
    assert asked == ["total", "tax"]


def test_nothing_outlives_its_document(length: Callable[[str], int], asked: list[str]):
    """The next document, and a call outside of documents, get nothing from the one before."""
    for _ in range(2):
        with document_cache():
            length("total")
    length("total")
    length("total")

    assert asked == ["total"] * 4


def test_the_same_lines_are_looked_at_once():
    """The very same list is not looked at again; another one, though it is equal, is."""
    asked: list[list[str]] = []

    @cached_by_identity
    def count(lines: list[str]) -> int:
        asked.append(lines)
        return len(lines)

    lines, others = ["total"], ["total"]
    with document_cache():
        answers = [count(lines), count(lines), count(others)]
    count(lines)

    assert answers == [1, 1, 1]
    assert list(map(id, asked)) == [id(lines), id(others), id(lines)]


def test_a_new_object_is_not_the_one_that_is_gone():
    """Identities are used again by Python: a cached result keeps its object."""

    @cached_by_identity
    def first(lines: list[int]) -> int:
        return lines[0]

    with document_cache():
        assert [first([number]) for number in range(100)] == list(range(100))
