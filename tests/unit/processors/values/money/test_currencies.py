"""What `find_values` promises about the currencies of places."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("統一編號 04595257\n小計 300元", "TWD"),
        ("香港 九龍\n合共 300元", "HKD"),
        ("北京 Beijing\n总计 300元", "CNY"),
        ("Tea\nTotal 300元", None),
    ],
)
def test_yuan_are_those_of_the_place_that_is_named(text: str, currency: str | None):
    """One sign is that of three currencies: of China, of Taiwan and of Hong Kong."""
    assert values_of(text)["currency"] == currency
