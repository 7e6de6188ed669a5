"""Leave open the sums of papers that are no bills: payslips, and what says so of itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.lines import TextLine, label_pattern
from processors.values.money.total_support import PAID_OUT

_TITLE_LINES = 15
_MOST_LINES_OF_HEAD = 40
_NO_BILL = re.compile(
    r"this is not an? (?:bill|invoice)\b|(?:^|\W)explanation of benefits"
    r"|ceci n'est pas une facture|(?:esto|esta) no es una factura|dies ist keine rechnung"
    r"|questa non e una fattura|dit is geen factuur"
)


def values_of_no_bill(
    lines: Sequence[TextLine], found: Mapping[str, Finding | None]
) -> dict[str, Finding | None]:
    """Return the sums of a payslip or of what says that it is no bill; {} for other papers.

    What has the number of a bill is one: it may be for payslips, or have such a paper with it.
    """
    number = found.get("invoice_number")
    if number is not None and number.value is not None:
        return {}
    if any(_NO_BILL.search(line.folded) for line in lines[:_MOST_LINES_OF_HEAD]):
        why = "the document says that it is no bill"
        return {name: as_candidate(found[name], why) for name in ("total", "net", "tax")}
    if is_payslip(lines):
        return {"net": None, "tax": None, "total": _payout(found["total"])}
    return {}


def is_payslip(lines: Sequence[TextLine]) -> bool:
    """Return whether a cell near the top is the title of a payslip."""
    titles = label_pattern("totals", "payslip")
    return any(
        titles.match(line.folded, start)
        for line in lines[:_TITLE_LINES]
        for start in (0, *line.cells)
    )


def _payout(total: Finding | None) -> Finding | None:
    """Return the total of a payslip, as a candidate only where it is not what is paid."""
    is_paid = total is not None and PAID_OUT in total.reason
    return total if is_paid else as_candidate(total, "the document is a payslip")


def as_candidate(
    finding: Finding | None, why: str = "the document is a list of bills and payments"
) -> Finding | None:
    """Return a value that is of an entry in a list, as a candidate only, and why."""
    if finding is None or finding.value is None:
        return finding
    reason = f"{finding.reason}; {why}"
    return with_others(replace(finding, value=None, reason=reason), [finding])
