"""What a record gets of a workbook in which one sheet is a bill, and another one is not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from processors.contract import ReadSettings
from processors.detect import media
from processors.layout.plain_page import text_page
from processors.page_documents import File, read_pages

_HEAD = "Invoice\nBrindle Otter Ltd\nInvoice\tHW-204\nDate\t2026-03-04\n"
_ENTRIES = "Goods\tCount\tPrice\tSum\nPump\t2\t15.5\t31\nValve\t1\t24\t24\n"
_BILL = f"{_HEAD}{_ENTRIES}Total\t\t\t55"
_RATES = "Goods\tUnit\tPrice\nPump\teach\t15.5\nMotor\teach\t310\n"
_LIST = f"{_RATES}Total\t\t325.5"


def values_of(*sheets: str) -> Mapping[str, str | None]:
    """Return the values of a workbook; the name of a sheet is its first line."""
    pages = [
        text_page(text, number=number, engine="sheet") for number, text in enumerate(sheets, 1)
    ]
    file = File("book.xlsx", media.XLSX, Path(), 9, lambda: False)
    fields = read_pages(pages, file, ReadSettings()).fields
    return {name: each.value for name, each in fields.items()}


@pytest.mark.parametrize("name", ["Price list", "Rates 2026", "Sheet2"])
@pytest.mark.parametrize("bill", [_BILL, f"{_HEAD}{_ENTRIES}", f"{_HEAD}{_ENTRIES}Amount\t\t\t55"])
def test_a_list_with_a_total_is_not_the_bill(name: str, bill: str):
    """What a list of prices adds up to is not what is to be paid."""
    values = values_of(bill, f"{name}\n{_LIST}")

    assert values["total"] is None
    assert (values["company"], values["invoice_number"]) == ("Brindle Otter Ltd", "HW-204")


def test_the_parts_of_a_total_of_another_sheet_are_open():
    """What is left of it beside the tax of the bill is no net amount."""
    bill = f"{_HEAD}{_ENTRIES}VAT 20% included\t\t\t9.17"
    values = values_of(bill, f"Rates\n{_LIST}")

    assert [values.get(name) for name in ("total", "net", "tax")] == [None, None, None]


@pytest.mark.parametrize(
    "sheets",
    [
        (f"Rates\n{_LIST}", _BILL),
        (_BILL, f"Rates\n{_RATES}"),
        (_BILL, "Hours\nMay 4\t31\nMay 5\t24\nTotal\t55"),
        (_HEAD, f"Goods\n{_ENTRIES}Total\t\t\t55"),
        (f"{_HEAD}{_ENTRIES}", "More\nHose\t2\t5\t10\nTotal\t\t\t65"),
    ],
    ids=["list first", "list without total", "same total", "cover", "goes on"],
)
def test_a_total_that_is_the_bills_own_is_kept(sheets: tuple[str, ...]):
    """It is on its sheet, or on one that goes on with what it began."""
    assert values_of(*sheets)["total"] in {"55.00", "65.00"}


def test_a_number_in_a_row_is_no_part_of_a_name():
    """The cells of a table are no words of one name."""
    rows = "No\tName\tSum\n77\tHeron Ink Ltd\t24\n"

    assert not str(values_of(f"Invoices\n{rows}").get("company")).startswith("77")
    assert values_of(f"Prices\n{_RATES}", _BILL).get("company") is None


@pytest.mark.parametrize("name", ["March", "Costs", "Export", "Sheet 1", "Otter Works"])
def test_the_name_of_a_sheet_is_no_company(name: str):
    """It says what is in the sheet, unless it has a legal form or a row of the sheet repeats it."""
    rows = "Date\t2026-03-04\nPump\t2\t15.5\t31\nTotal\t\t\t31"

    assert values_of(f"{name}\n{rows}").get("company") is None
    assert values_of(f"{name}\nBrindle Otter\n{rows}")["company"] == "Brindle Otter"
    assert values_of(f"{name} Ltd\n{rows}")["company"] == f"{name} Ltd"
