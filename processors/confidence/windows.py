"""Compute the features of what may be in the window of an envelope: it is about the receiver."""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.confidence.shared import Features
from processors.contract import Box
from processors.values.issuer.addressed import is_return_address
from processors.values.issuer.blocks import pieces_of
from processors.values.lines import TextLine

_PERSON = re.compile(
    r"(?:mr|mrs|ms|miss|messrs|dr|prof|herrn?|frau|familie|mme|mlle|monsieur|madame|m\.|sra?|d\.|dna"
    r"|sig|sig\.ra|spett\.?le|egr|hr|fru|dhr|mevr)\.?(?: |$)"
)
"""How somebody is addressed in the line above a street."""
_WINDOW = (0.13, 0.3)
"""Where on its page the window of an envelope is: the share of the height above it."""
_LINES_ABOVE, _LINES_OF_NAME = 3, 2
_SLACK_PT = 2.0
"""How far the boxes of two lines below each other overlap."""


def window_features(evidence: Evidence, finding: Finding) -> Features:
    """Say what is above a value in its column, and whether it is where a letter has a window.

    Receipts are in no envelopes: they have none of these features.
    """
    box, down = finding.box, _share_above(evidence, finding)
    if evidence.doc_type.value == "receipt" or box is None or down is None:
        return {}
    column = _column_at(evidence, finding.page, box)
    above = [each for each in column if _bottom(each) <= box[1] + _SLACK_PT]
    above = sorted(above, key=_bottom)[-_LINES_ABOVE:]
    inside = [each for each in column if _top(each) < box[3] and _bottom(each) > box[1]]
    return {
        "person_above": float(any(_PERSON.match(each.folded) for each in above[-_LINES_OF_NAME:])),
        "return_line_above": float(any(_is_return_line(each, inside) for each in above)),
        "in_window": float(_WINDOW[0] < down < _WINDOW[1]),
        "begins_in_window": float(_begins_in_window(evidence, finding)),
    }


def _begins_in_window(evidence: Evidence, finding: Finding) -> bool:
    """Return whether the text of a page begins in the window, and no buyer is named elsewhere.

    The letterhead is a picture or at the foot then, and the receiver is first.
    """
    page = evidence.pages.get(finding.page or 0)
    tops = [each.box[1] for each in evidence.lines if each.box and each.page == finding.page]
    if evidence.named_buyer or page is None or not page.height_pt or not tops:
        return False
    return _WINDOW[0] < min(tops) / page.height_pt < _WINDOW[1]


def _share_above(evidence: Evidence, finding: Finding) -> float | None:
    """Return the share of its page that is above a value, None where that is unknown."""
    page = evidence.pages.get(finding.page or 0)
    return finding.box[1] / page.height_pt if finding.box and page and page.height_pt else None


def _column_at(evidence: Evidence, page: int | None, box: Box) -> list[TextLine]:
    pieces = (
        piece.line for line in evidence.lines if line.page == page for piece in pieces_of(line, 0)
    )
    return [each for each in pieces if each.box and each.box[0] < box[2] and box[0] < each.box[2]]


def _top(line: TextLine) -> float:
    return line.box[1] if line.box else 0.0


def _bottom(line: TextLine) -> float:
    return line.box[3] if line.box else 0.0


def _is_return_line(line: TextLine, block: Sequence[TextLine]) -> bool:
    """Return whether a line above a block has another address, in smaller letters."""
    if not is_return_address(line.folded):
        return False
    heights = [_bottom(each) - _top(each) for each in block]
    return _bottom(line) - _top(line) < min(heights, default=0.0)
