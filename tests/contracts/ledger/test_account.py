from pipeline.ports import Ledger
from tests.contracts.ledger.builders import a_ref, update


def test_a_ledger_is_of_the_first_account_that_used_it(ledger: Ledger):
    """Another account learns whose it is, as often as it asks."""
    first = ledger.effects.account("one.caspio.com")
    ledger.files.seen([a_ref("1")], "run-1")

    assert first == "one.caspio.com"
    assert ledger.effects.account("two.caspio.com") == "one.caspio.com"
    assert ledger.effects.account("two.caspio.com", former="three.caspio.com") == "one.caspio.com"
    assert ledger.effects.account("one.caspio.com") == "one.caspio.com"


def test_a_ledger_that_knows_nothing_is_of_whoever_opens_it(ledger: Ledger):
    """A mistyped address does not keep the account out; an effect is enough to know something."""
    ledger.effects.account("mistyped.caspio.com")

    assert ledger.effects.account("one.caspio.com") == "one.caspio.com"

    ledger.effects.intend(update(Total="1"), "run-1")
    assert ledger.effects.account("mistyped.caspio.com") == "one.caspio.com"


def test_a_used_ledger_without_an_account_is_of_the_one_it_worked_with(ledger: Ledger):
    """A ledger may be older than this check: its calls say whose it is."""
    assert ledger.usage.last_account() == ""
    ledger.files.seen([a_ref("1")], "run-1")
    ledger.usage.spend("typo.caspio.com", "new", calls=0, size_bytes=0)
    ledger.usage.spend("one.caspio.com", "new", calls=2, size_bytes=0)

    first = ledger.usage.last_account()

    assert first == "one.caspio.com"
    assert ledger.effects.account("two.caspio.com", first=first) == "one.caspio.com"


def test_an_account_takes_its_ledger_to_its_new_address(ledger: Ledger):
    """Only where its former address is named; from then on the new one counts."""
    ledger.effects.account("one.caspio.com")
    ledger.files.seen([a_ref("1")], "run-1")

    moved = ledger.effects.account("two.caspio.com", former="one.caspio.com")

    assert moved == "two.caspio.com"
    assert ledger.effects.account("two.caspio.com") == "two.caspio.com"
    assert ledger.effects.account("one.caspio.com") == "two.caspio.com"


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


def test_a_ledger_has_an_account_and_a_key_of_plans(ledger: Ledger):
    """Neither takes the place of the other."""
    key = ledger.effects.plan_key()

    ledger.effects.account("one.caspio.com")

    assert ledger.effects.plan_key() == key
    assert ledger.effects.account("one.caspio.com") == "one.caspio.com"
