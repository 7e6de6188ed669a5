from collections.abc import Sequence

import pytest

from pipeline.model.users import AuditEntry, Role, User
from pipeline.plans.refusals import CurrentRefusals, save_refusals
from tests.unit.web.conftest import Office
from tests.unit.web.test_plans import planned


def test_what_is_refused_is_read_again_only_after_a_change(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """A plan of many records asks before each of them: that costs one row, not all decisions."""
    plan, ledger = planned(office, "1", "2"), office.world.ledger
    read: list[int] = []
    trail = ledger.users.audit_trail

    def counted(*, subject: str | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        read.append(limit)
        return trail(subject=subject, limit=limit)

    save_refusals(plan, ["receipts 1"], User("Ana", Role.MAPPER), ledger)
    monkeypatch.setattr(ledger.users, "audit_trail", counted)
    current = CurrentRefusals(plan, ledger)
    for _ in range(5):
        assert current.now().keys() == {"receipts 1"}
    assert [limit for limit in read if limit > 1] == read[1:2]

    save_refusals(plan, ["receipts 2"], User("Bob", Role.MAPPER), ledger)

    assert current.now().keys() == {"receipts 2"}
