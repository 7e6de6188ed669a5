"""Recognize numbers of documents that are printed with blanks."""

import re

from processors.values.date_text import MonthNames, dates_in

# Blanks within a number: letters before groups of digits, or groups around a slash, up to the end
# of the line. Further to the left they separate columns.
_WITH_BLANKS = re.compile(
    r"(?:[A-Z]{1,5}(?: \d{2,8}){1,3}|\d{2,8}(?: ?/ ?\d{2,8}){1,2}|\d{2,8}(?: \d{2,8}){1,2})$"
)
# The series of a number, as Portugal and Argentina have it: "FT A/58", "B 0003-00001234".
_WITH_SERIES = re.compile(
    r"(?:[A-Z]{1,3} (?:[A-Z]{1,3}|\d{1,6})|(?:FT|FS|FR|FC|NC|ND|VD) [A-Z\d]{1,12})[/-]\d{1,8}$"
)
# The series of Portugal's and Spain's bills: invoices, simplified ones, with a receipt, credits.
_WITH_SERIES_OF_BILLS = re.compile(r"(?:FT|FS|FR|FC|NC|ND|VD) [A-Z\d]{1,12}[/-]\d{1,8}$")


def whole_after(text: str, start: int, *, explicit: bool) -> re.Match[str] | None:
    """Return the number with blanks that is at a character and goes to the end of the line."""
    # Behind a title alone it may be a period or the number of an order: "Rechnung KW 12/2024".
    patterns = (_WITH_SERIES, _WITH_BLANKS) if explicit else (_WITH_SERIES_OF_BILLS,)
    found = [pattern.match(text, start) for pattern in patterns]
    months = MonthNames(())
    return next((each for each in found if each and not dates_in(each.group(), months)), None)
