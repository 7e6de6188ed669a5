"""What the words for a trade say at the head of a receipt: a name, or what a shop is."""

from tests.unit.processors.values.issuer.test_issuer import values_of


def test_trade_below_a_name():
    """What a shop is, below its name, is not its name."""
    assert values_of("BRINDLE OTTER\nHOME CENTER\nTotal 5.00")["company"] == "BRINDLE OTTER"


def test_a_longer_line_with_a_trade_is_the_name():
    """The line above the name of a shop may be whose shop it is."""
    text = "OLAF BRINDLE\nOTTER GIFT & HOME DECO\n3 Fell Road\nTotal 5.00"

    assert values_of(text)["company"] == "OTTER GIFT & HOME DECO"
