from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import a_ref, update
from tests.fakes.clock import FakeClock

ONE, TWO = "one.caspio.com", "two.caspio.com"


def test_a_ledger_without_files_and_effects_belongs_to_nobody(ledger: Ledger):
    """An account that only looked at it, perhaps by a typing error, does not keep others out."""
    ledger.effects.record_account(ONE)

    assert ledger.effects.account() == ""


def test_a_file_makes_it_the_ledger_of_an_account(ledger: Ledger):
    """It is that of the account that was recorded last, such as its new address."""
    ledger.effects.record_account(ONE)
    ledger.files.seen([a_ref()], "run-1")

    assert ledger.effects.account() == ONE
    ledger.effects.record_account(TWO)
    assert ledger.effects.account() == TWO


def test_an_effect_makes_it_the_ledger_of_an_account(ledger: Ledger):
    """Also where no file is known, as in a ledger whose files were forgotten."""
    ledger.effects.record_account(ONE)

    ledger.effects.intend(update(Total="1"), "run-1")

    assert ledger.effects.account() == ONE


def test_what_is_kept_for_an_account_moves_with_it(ledger: Ledger):
    """Its calls of the month, however the former name was written; twice is once."""
    ledger.usage.spend("ONE.caspio.com", "new", calls=7, size_bytes=70)
    ledger.usage.spend("two.caspio.com", "new", calls=1, size_bytes=10)
    ledger.usage.spend("other.caspio.com", "new", calls=3, size_bytes=30)

    for _ in range(2):
        ledger.usage.move_account("one.caspio.com", "two.caspio.com")

    assert ledger.usage.this_month("two.caspio.com").calls == 8
    assert ledger.usage.this_month("two.caspio.com").size_bytes == 80
    assert ledger.usage.this_month("ONE.caspio.com").calls == 0
    assert ledger.usage.this_month("other.caspio.com").calls == 3


def test_webhook_and_permits_move_with_the_account(empty_url: str, clock: FakeClock):
    """Otherwise a second webhook would be made, and the first one stay at the account."""
    with SqlLedger(empty_url, clock=clock) as ledger:
        ledger.messages.save_webhook_id(ONE, "hook")
        ledger.usage.reserve_permits(ONE, 1, per_second=1.0)

        ledger.usage.move_account(ONE, TWO)

        assert ledger.messages.webhook_id(TWO) == "hook"
        assert ledger.messages.webhook_id(ONE) == ""


def test_a_ledger_has_an_account_and_a_key_of_plans(ledger: Ledger):
    """Neither takes the place of the other."""
    ledger.files.seen([a_ref()], "run-1")
    key = ledger.effects.plan_key()

    ledger.effects.record_account(ONE)

    assert ledger.effects.plan_key() == key
    assert ledger.effects.account() == ONE
