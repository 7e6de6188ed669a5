import time

import pytest

from pipeline.model import ReadStatus
from tests.hostile.children.conftest import Misbehave
from tests.support.samples import sampled

DEEDS = [
    *("take_names", "answer_and_hang", "answer_twice", "poison_later"),
    *("poison crash", "poison lie", "poison memory", "poison hang"),
]


@pytest.mark.parametrize(
    "deed", sampled(DEEDS, sample=["take_names", "answer_twice", "poison_later", "poison lie"])
)
def test_one_document_does_not_affect_the_next(deed: str, misbehave_anyhow: Misbehave):
    """Whatever one document did to its child, the next one, which is innocent, is read."""
    first = misbehave_anyhow(deed)
    assert first.status is ReadStatus.OK, first.problems
    time.sleep(0.3)

    for _ in range(2):
        findings = misbehave_anyhow("innocent")
        assert (findings.status, findings.text) == (ReadStatus.OK, "innocent"), findings.problems


def test_a_document_is_judged_by_what_it_does_itself(misbehave_anyhow: Misbehave):
    """A document that ends its child ends a new one as well, and only then is reported."""
    assert misbehave_anyhow("words").status is ReadStatus.OK

    findings = misbehave_anyhow("leave_program", "0.01", "crash")

    assert findings.status is ReadStatus.CRASHED
    assert "exit code 3" in findings.problems[0]


def test_a_program_that_was_waited_for_is_no_harm(misbehave_anyhow: Misbehave):
    """A document whose reading takes a program, as OCR does, is read; so is the next."""
    for _ in range(3):
        assert misbehave_anyhow("run_tool").text == "ended with 0"
