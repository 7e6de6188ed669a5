"""A number in a message has its noun in the right form: `counted` of pipeline/wording.py writes both."""

import re
from pathlib import Path

import pytest

from pipeline.wording import counted

ROOT = Path(__file__).parents[2]
NOUNS = (
    "calls|columns|deployments|differences|documents|effects|files|messages|originals|pages|places|"
    "problems|records|rows|runs|sources|tables|workers"
)
# A value and then a plural, but for limits, which are never 1, and totals of which a part is named before.
WRITTEN_OUT = re.compile(
    rf"(?<!more than )(?<!of )(?<!of the )(?<!the first )(?<!within )\{{[^{{}}]*\}}(?: Caspio)? (?:{NOUNS})\b"
)


def test_a_number_and_its_noun_agree():
    """One is no plural, and thousands have a comma."""
    assert counted(1, "column") == "1 column"
    assert counted(0, "call") == "0 calls"
    assert counted(1234, "document", "is/are") == "1,234 documents are"
    assert counted(1, "document", "is/are") == "1 document is"


@pytest.mark.parametrize("room", ["flows", "pipeline"])
def test_no_message_writes_its_plural_itself(room: str):
    """An f-string with a value before a plural would say "1 columns" one day."""
    found = {}
    for path in sorted((ROOT / room).rglob("*.py")):
        written_out = WRITTEN_OUT.findall(path.read_text(encoding="utf-8"))
        if written_out:
            found[str(path.relative_to(ROOT))] = written_out

    assert found == {}
