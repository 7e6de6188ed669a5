from pipeline.ports import Ledger


def test_a_ledger_is_of_the_first_account_that_opens_it(ledger: Ledger):
    """Another account learns whose it is, as often as it asks."""
    first = ledger.effects.account("one.caspio.com")

    assert first == "one.caspio.com"
    assert ledger.effects.account("two.caspio.com") == "one.caspio.com"
    assert ledger.effects.account("two.caspio.com", former="three.caspio.com") == "one.caspio.com"
    assert ledger.effects.account("one.caspio.com") == "one.caspio.com"


def test_an_account_takes_its_ledger_to_its_new_address(ledger: Ledger):
    """Only where its former address is named; from then on the new one counts."""
    ledger.effects.account("one.caspio.com")

    moved = ledger.effects.account("two.caspio.com", former="one.caspio.com")

    assert moved == "two.caspio.com"
    assert ledger.effects.account("two.caspio.com") == "two.caspio.com"
    assert ledger.effects.account("one.caspio.com") == "two.caspio.com"


def test_a_ledger_has_an_account_and_a_key_of_plans(ledger: Ledger):
    """Neither takes the place of the other."""
    key = ledger.effects.plan_key()

    ledger.effects.account("one.caspio.com")

    assert ledger.effects.plan_key() == key
    assert ledger.effects.account("one.caspio.com") == "one.caspio.com"
