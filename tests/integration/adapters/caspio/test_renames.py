import pytest

from pipeline.adapters.caspio.client import Clause
from pipeline.adapters.caspio.target import CaspioRecordTarget
from pipeline.errors import TooLate

from .conftest import Connect, Start
from .test_target import DATA, ONE, attached_name

pytestmark = pytest.mark.integration

ACCOUNT = {
    "tables": {
        "Docs": {
            "fields": [{"Name": "Scan", "Type": "ATTACHMENT"}],
            "records": [{"PK_ID": 1, "Scan": "a.pdf"}],
        }
    }
}


def test_a_rename_that_died_half_way_is_finished(start: Start, connect: Connect) -> None:
    """Where a field takes whole names, the first one may have lost its extension when the process died."""
    client = connect(start(ACCOUNT, DATA, rename_filename="full"))
    client.tables.rename_attachments("Docs", "Scan", "new 1.5", condition=Clause("PK_ID = 1"))

    target = CaspioRecordTarget(client)
    done = target.rename_attachment(ONE, "Scan", base_name="new 1.5", extension="pdf", guard={})

    assert done.affected == 1
    assert attached_name(target, ONE) == "new 1.5.pdf"


def test_a_rename_that_cannot_leave_in_time_is_not_sent(start: Start, connect: Connect) -> None:
    """Whoever looked at the file before may rename it only for a short time after that."""
    emulator = start(ACCOUNT, DATA)
    target = CaspioRecordTarget(connect(emulator))

    with pytest.raises(TooLate):
        target.rename_attachment(ONE, "Scan", base_name="new", guard={}, until_s=-1.0)

    assert attached_name(target, ONE) == "a.pdf"
    assert not [call for call in emulator.control.call_log() if call["method"] == "PUT"]
