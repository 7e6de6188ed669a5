"""What is remembered of a document, and for how long."""

from collections.abc import Callable

import pytest

from processors.remembered import once_a_document, once_for_the_same, remembering


@pytest.fixture
def asked() -> list[str]:
    """Return the texts that the function was really called with."""
    return []


@pytest.fixture
def length(asked: list[str]) -> Callable[[str], int]:
    """Return a function that is called once a document."""

    @once_a_document
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    return length


def test_a_text_is_looked_at_once(length: Callable[[str], int], asked: list[str]):
    """Within a document the same question is answered from memory, and another one is not."""
    with remembering():
        answers = [length("total"), length("total"), length("tax")]

    assert answers == [5, 5, 3]
    assert asked == ["total", "tax"]


def test_nothing_outlives_its_document(length: Callable[[str], int], asked: list[str]):
    """The next document, and what is no document, remember nothing of the one before."""
    for _ in range(2):
        with remembering():
            length("total")
    length("total")
    length("total")

    assert asked == ["total"] * 4


def test_the_same_lines_are_looked_at_once():
    """The very same list is not looked at again; another one, though it is equal, is."""
    asked: list[list[str]] = []

    @once_for_the_same
    def count(lines: list[str]) -> int:
        asked.append(lines)
        return len(lines)

    lines, others = ["total"], ["total"]
    with remembering():
        answers = [count(lines), count(lines), count(others)]
    count(lines)

    assert answers == [1, 1, 1]
    assert list(map(id, asked)) == [id(lines), id(others), id(lines)]


def test_a_new_object_is_not_the_one_that_is_gone():
    """Identities are used again by Python: what was remembered of one keeps its object."""

    @once_for_the_same
    def first(lines: list[int]) -> int:
        return lines[0]

    with remembering():
        assert [first([number]) for number in range(100)] == list(range(100))
