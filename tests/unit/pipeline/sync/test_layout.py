import pytest

from pipeline.model.sync import RecordRow, Side, SyncSpec
from pipeline.sync.layout import Layout


@pytest.mark.parametrize(
    ("shown", "is_known"),
    [("2026-11-01T00:59:59", True), ("2026-11-01T01:30:00", False), ("2026-11-01T02:00:00", True)],
)
def test_a_time_that_clocks_show_twice_is_no_time(shown: str, *, is_known: bool):
    """In the hour that is repeated in autumn, nobody knows which of two changes was later."""
    spec = SyncSpec(
        "s", "T", "t", {"Code": "code"}, ("Code",), changed_column="At", timezone="America/New_York"
    )

    changed = Layout(spec, {}).changed(RecordRow("1", {"At": shown}), None)

    assert (Side.CASPIO in changed) is is_known
