"""What the lines that announce sums cost to read."""

from typing import Any

from pipeline.model import PageText
from processors.contract import Page
from processors.values.lines import TextLine, text_lines_of
from processors.values.money.sums import sums_in


class _Counted(list[TextLine]):
    """Lines that count how many of them were asked for."""

    asked = 0

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        self.asked += len(found) if isinstance(place, slice) else 1
        return found


def test_a_long_column_of_labels_is_not_walked_for_each_of_them():
    """The work grows with the number of labels, and not with its square."""
    text = "Subtotal\nTax\nTotal\n" * 60
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    lines = _Counted(text_lines_of([page]))

    sums_in(lines)

    assert lines.asked < 60 * len(lines)
