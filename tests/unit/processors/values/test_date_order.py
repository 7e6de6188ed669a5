"""What `find_values` promises about the order of day and month."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def date_of(text: str) -> str | None:
    """Return the date found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page])["date"].value


@pytest.mark.parametrize(
    "text",
    [
        "青山有限公司\n統一編號 22099131\n03/04/2018\n合計 300元",
        "青山有限公司\n发票\n日期 03/04/2018\n合计 30元",
        "青山有限公司\n03/04/2018",
    ],
)
def test_a_mark_of_countries_with_several_orders_leaves_the_order_open(text: str):
    """What hints no less at a country that has the year first is no hint at days before months."""
    assert date_of(text) is None
    assert date_of(f"香港 九龍\n{text.splitlines()[0]}\n03/04/2018") == "2018-04-03"
