"""What `find_values` and the classes promise about bills that look like something else."""

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values


def page(text: str) -> Page:
    """Return a page that is nothing but a text."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def found(text: str) -> dict[str, Finding]:
    """Find the values of a text."""
    return find_values([page(text)])


def value(name: str, text: str) -> str | None:
    """Find one value of a text."""
    finding = found(text).get(name)
    return finding.value if finding else None


def test_the_day_of_something_that_a_line_names_is_not_the_date():
    """Words with a colon before a date say what it is of, whether a list has them or not."""
    text = "Rill Ltd\nOrder date: 3 May 2031\nExpected at your door: 9 May 2031\nTotal 9.00"

    assert value("date", text) == "2031-05-03"
    assert (
        value("date", "Rill Ltd\nLoaded: 9 May 2031\nKendal, 3 May 2031\nTotal 9.00")
        == "2031-05-03"
    )
    assert value("date", "Rill Ltd\nKuupaev: 9 May 2031\nTotal 9.00") == "2031-05-09"
    assert value("date", "Rill Ltd\nTill 2: 9 May 2031\nTotal 9.00") == "2031-05-09"


def test_rows_of_the_first_day_do_not_hide_a_list():
    """A folio has several charges of a day below "Date"; none of its days is labeled as its own."""
    rows = "03/25/2031  Room  90.00\n03/25/2031  Tax  9.00\n03/26/2031  Room  90.00"
    listed = f"The Inn\nDate  Charge  Sum\n{rows}\nTotal 189.00"

    assert "after 'date'" not in found(listed)["date"].reason
    assert value("date", f"Folio date: 03/27/2031\n{listed}") == "2031-03-27"


def test_the_heading_of_a_table_of_bills_announces_no_date():
    """Below "invoice date" are the days of several bills, or that of one."""
    rows = "No  Invoice date  Sum\nK-8  14/01/2031  12.00\nK-9  21/01/2031  3.60"

    assert "invoice date" not in found(rows)["date"].reason
    assert "invoice date" in found(rows.rpartition("\n")[0])["date"].reason
