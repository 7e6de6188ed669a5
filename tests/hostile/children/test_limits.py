import pytest

from pipeline.model import ReadStatus
from tests.hostile.children.conftest import Misbehave
from tests.support.samples import sampled

pytestmark = pytest.mark.full


@pytest.mark.parametrize("deed", sampled(["spin_on", "spin_in_parts"], sample=["spin_in_parts"]))
def test_no_cpu_time_beyond_the_limit(deed: str, misbehave_anyhow: Misbehave):
    """A lifted soft limit, an ignored signal and several processes do not buy CPU time."""
    findings = misbehave_anyhow(deed)

    assert findings.status is ReadStatus.TIMED_OUT, findings.problems
    assert "2 s of CPU time" in findings.problems[0]


@pytest.mark.parametrize(
    "deed", sampled(["eat_on", "eat_shared", "eat_in_parts"], sample=["eat_in_parts"])
)
def test_no_memory_beyond_the_limit(deed: str, misbehave_anyhow: Misbehave):
    """A lifted soft limit, shared memory and several processes do not buy memory."""
    findings = misbehave_anyhow(deed)

    assert findings.status is ReadStatus.OUT_OF_MEMORY, findings.problems
    assert "600 MiB" in findings.problems[0]


def test_no_disk_space_without_a_name(misbehave_anyhow: Misbehave):
    """Files that were unlinked while they are open or mapped count like those that have a name."""
    findings = misbehave_anyhow("fill_unlinked")

    assert findings.status is ReadStatus.TOO_BIG, findings.problems
    assert "32 MiB" in findings.problems[0]


def test_no_memory_that_outlives_a_process(misbehave: Misbehave):
    """Memory files, System V segments and queues, and shared folders are refused."""
    findings = misbehave("hidden_memory")

    assert "done" not in findings.text, findings.text
    assert findings.text.count("=") == 6
