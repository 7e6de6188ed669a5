"""What the reading of a single amount promises: signs, separators, decimals and marks of currencies."""

from decimal import Decimal

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values
from processors.values.money.amounts import format_amount, money_in


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


def amounts(folded: str) -> list[Decimal]:
    """Return the amounts of a folded line."""
    return [amount.value for amount in money_in(folded)]


@pytest.mark.parametrize(
    "line",
    [
        "refund -$37.40",
        "refund -€37.40",
        "refund: - £37.40",
        "refund $-37.40",
        "refund usd -37.40",
        "refund \u201337.40",
        "refund \u201137.40",
        "refund \u221237.40",
        "refund \u25b337.40",
        "refund 37.40-",
        "refund 37,40- chf",
        "refund chf 37,40-",
        "refund 37,40 €-",
        "refund ($37.40)",
        "refund (37.40)",
        "refund $(37.40)",
        "refund -(37.40)",
        "refund [37.40]",
        "refund (37.40 usd)",
        "refund $37.40 cr",
        "refund 37.40cr",
        "refund cr 37.40",
        "refund minus 37.40",
        "refund: minus £37.40",
    ],
)
def test_every_spelling_of_a_minus_is_read(line: str):
    """A sign before or after digits and currency, parentheses and CR make an amount negative."""
    assert amounts(line) == [Decimal("-37.40")]


@pytest.mark.parametrize("leader", ["-----", "-- ", "---- ", ".....", "..... $"])
def test_signs_that_lead_from_a_label_to_its_amount_are_no_minus(leader: str):
    """A row of dashes or points belongs to the paper."""
    assert amounts(f"total {leader}37.40") == [Decimal("37.40")]


def test_a_remark_in_another_currency_is_no_credit():
    """The currency of the amount before a remark does not make its parentheses a minus."""
    assert min(amounts("total 37.40 eur (41.10 usd)")) > 0
    assert values_of("Shop\nTotal 37.40 EUR (41.10 USD)")["total"] is None


@pytest.mark.parametrize(
    "line",
    [
        "paint - 37.40",
        "paint (2 l) - £37.40",
        "paint 37.40----",
        "paint 37.40 dr",
        "paint minus color 37.40",
        "thirty-seven dollars and forty cents, as agreed by all of us ($37.40)",
        "model 5-37.40",
        "paint 37.40 - blue",
    ],
)
def test_dashes_and_remarks_are_no_minus(line: str):
    """A dash between words or numbers, a leader, a debit and an amount in words are positive."""
    assert amounts(line) == [Decimal("37.40")]


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("summe 38,- eur", "38"),
        ("summe 3.800,-- €", "3800"),
        ("summe 38,\u2013 €", "38"),
        ("betrag chf 38.\u2013", "38"),
        ("summa 38:- kr", "38"),
        ("summa 38 :-", "38"),
        ("summa 38:- sek", "38"),
        ("erstattung -38,- €", "-38"),
    ],
)
def test_a_dash_says_that_there_are_no_cents(line: str, amount: str):
    """A dash in the place of the decimals says that there are none."""
    assert amounts(line) == [Decimal(amount)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("total r 7 654.30", ["7654.30"]),
        ("total usd 7 654.30", ["7654.30"]),
        ("total £7 654 321.00", ["7654321.00"]),
        ("total 7 654.30 usd", ["7654.30"]),
        ("summa 7 654 kr", ["7654"]),
        ("summa 7 654,30", ["7654.30"]),
        ("summa 7 654:30 kr", ["7654.30"]),
        ("nails 7 654.30", ["654.30"]),
        ("nails 7 654.30 4 580.10", ["654.30", "580.10"]),
        ("kdv %20 654,30", ["654.30"]),
    ],
)
def test_blanks_separate_thousands_beside_a_currency(line: str, found: list[str]):
    """A currency or decimals after a comma distinguish thousands from a quantity and its price."""
    assert amounts(line) == [Decimal(each) for each in found]


@pytest.mark.parametrize("code", ["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"])
def test_currencies_with_a_thousand_parts_have_three_decimals(code: str):
    """Three digits after the last separator are decimals where the currency has them."""
    assert amounts(f"sum {code} 6.375") == [Decimal("6.375")]
    assert amounts(f"sum 2,006.375 {code}") == [Decimal("2006.375")]
    assert values_of(f"Net amount {code} 60.500\nTotal {code} 60.500")["total"] == "60.500"


@pytest.mark.parametrize(
    ("printed", "value"),
    [("3,143.395", "3143.395"), ("3.143,395", "3143.395"), ("3.143.395", "3143395.00")],
)
def test_both_separators_in_a_number_are_thousands_and_decimals(printed: str, value: str):
    """Whatever the currency: a unit price or the weight of gold has three decimals."""
    assert values_of(f"Small Shop\nInvoice 834\nTotal EUR {printed}")["total"] == value


def test_other_currencies_have_two_decimals():
    """Three digits after a separator are thousands, and amounts are given with two decimals."""
    assert amounts("sum eur 6.375") == [Decimal(6375)]
    assert format_amount(Decimal("12.5")) == "12.50"


@pytest.mark.parametrize("mark", ["aed", "ngn", "ksh", "p", "q", "r", "rs.", "s/", "rd$", "₦"])
def test_marks_may_touch_their_digits(mark: str):
    """A code, symbol or abbreviation of a currency without a blank is no reference."""
    assert amounts(f"sum {mark}64.20") == [Decimal("64.20")]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("mark", ["Qz", "qzx.", "QX$", "K.D."])
def test_letters_before_several_sums_are_a_currency(mark: str, sign: str):
    """Letters that no list has, glued to the amounts of two sums, are left out."""
    cents = ".250" if mark == "K.D." else ".25"
    found = values_of(f"Credit note 834\nNet {sign}{mark}5{cents}\nTotal {sign}{mark}6{cents}")

    assert found["total"] == f"{sign}6{cents}"


def test_references_are_no_amounts():
    """Letters that are no currency, and abbreviations before whole numbers, make a reference."""
    assert amounts("part xy64.20, p64, no.64.20 of 2031-04-12,64.20") == []


def test_net_and_tax_keep_the_sign_of_a_credit():
    """The parts of a negative total are negative, and charges within it are added up as printed."""
    text = "Net amount 200.00-\nFreight 10.00-\nVAT 10% 21.00-\nTotal 231.00-"

    found = values_of(text)

    assert (found["net"], found["tax"], found["total"]) == ("-210.00", "-21.00", "-231.00")


def test_parts_with_a_minus_do_not_make_up_a_positive_total():
    """Amounts of opposite signs are not added up as if they had none."""
    found = values_of("Net amount -80.00\nVAT 25% -20.00\nTotal 100.00")

    assert (found["total"], found.get("net"), found.get("tax")) == ("100.00", None, None)


def test_payments_with_a_minus_are_payments():
    """A receipt may print the cash that was given with a minus."""
    assert values_of("Tea 4.00\nBun 3.00\n7.00\nCash 10.00-\nChange 3.00")["total"] == "7.00"


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Moms 20,00\nAtt betala 100,00 kr", "SEK"),
        ("Moms 20,00\nAt betale 100,00 kr", "DKK"),
        ("MVA 20,00\nÅ betale 100,00 kr", "NOK"),
        ("Moms 20,00\nTotal 100,00 kr", None),
    ],
)
def test_crowns_are_those_of_the_country_whose_words_are_used(text: str, currency: str | None):
    """What only one country's invoices say decides between three crowns, what two say does not."""
    assert values_of(text)["currency"] == currency


def test_net_and_tax_may_be_whole_numbers():
    """Amounts without decimals and currency are parts of a total that they add up to."""
    found = values_of("Net amount 400\nVAT 20% 80\nTotal 480")

    assert (found["net"], found["tax"], found["total"]) == ("400.00", "80.00", "480.00")


def test_whole_numbers_may_have_a_minus():
    """A sheet prints the amounts of a credit as they are stored."""
    found = values_of("Credit note 9\nNet -400\nVAT -80\nTotal -480")

    assert (found["net"], found["tax"], found["total"]) == ("-400.00", "-80.00", "-480.00")


@pytest.mark.parametrize("row", ["{} | {}", "| {} | {} |", "│ {} │{}│"])
def test_bars_between_cells_are_no_part_of_them(row: str):
    """Tables in plain texts have bars; the line below their headings has nothing else."""
    rows = row.format("Invoice number", "QT-41"), "|---|---|", row.format("Total", "8.00")

    found = values_of("Small Shop\n" + "\n".join(rows))

    assert (found["invoice_number"], found["total"]) == ("QT-41", "8.00")


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Description\tAmount (KWD)\nTea\t12.500\nTotal\t12.500", "12.500"),
        ("All amounts in BHD\nNet 1,250.000\nVAT 125.000\nTotal 1,375.000", "1375.000"),
        ("Currency: TND\nTotal 12,500", "12.500"),
        ("Total KWD\n12.500", "12.500"),
        ("Currency: Omani rial\nTotal 12.500", "12.500"),
        ("Amount (EUR)\nTotal 12.500", "12500.00"),
        ("Amount (KWD)\nTotal EUR 12.500", "12500.00"),
        ("Kettle Tea Sdn Bhd\nWeight 12.500\nTotal 12.50", "12.50"),
    ],
    ids=["column", "note", "comma", "label", "words", "euro", "two currencies", "legal form"],
)
def test_a_currency_of_a_heading_has_its_decimals(text: str, total: str):
    """Three decimals are those of a currency that is named once, if it is the only one."""
    assert values_of(f"Invoice no: 17\n{text}")["total"] == total


@pytest.mark.parametrize(
    "total", ["- $5.00", "5.00 -", "\u2013 5.00", "- usd 5.00", "5.00 € -", "5.00 EUR H"]
)
def test_a_credit_note_has_dashes_for_minus(total: str):
    """On a paper that returns money, a dash between blanks is a minus; elsewhere it is none."""
    assert values_of(f"Small Shop\nCredit note 834\nTotal {total}")["total"] == "-5.00"


def test_a_dash_between_blanks_is_no_minus_elsewhere():
    """It separates the word from the amount."""
    assert values_of("Small Shop\nInvoice 834\nTotal - $5.00")["total"] == "5.00"


def test_a_dash_closes_a_sum_in_yen():
    """Nobody shall add digits to it."""
    assert amounts("total \u00a51,500-") == [Decimal(1500)]
    assert amounts("total \u00a5-1,500") == [Decimal(-1500)]


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Total IQD 20,000", "20000.00"),
        ("Total TND 20,000", "20.000"),
        ("Total 1,200.500 KD", "1200.500"),
        ("Total TTC 143,395 DT", "143.395"),
        ("Total TTC 3 143,395 DT", "3143.395"),
        ("Total BHD 3 143.395", "3143.395"),
        ("Total 3 143.395 OMR", "3143.395"),
    ],
)
def test_a_comma_before_three_digits_is_decimal_in_tunisia_only(lines: str, total: str):
    """Elsewhere it groups thousands, also of a currency with three decimals."""
    assert values_of(f"Small Shop\nInvoice 834\n{lines}")["total"] == total


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("TRY8.00", "TRY"),
        ("8.00 MAD", "MAD"),
        ("8,00 Ft", "HUF"),
        ("8,500 DT", "TND"),
        ("RMB8.00", "CNY"),
        ("\uffe58,000", "JPY"),
    ],
)
def test_codes_that_are_words_count_beside_an_amount(amount: str, currency: str):
    """In capitals and beside a number with decimals they are no words."""
    text = "Small Shop\nOsaka, Japan\nInvoice 834\nTry our pen and cop some.\nTotal "

    assert values_of(text + amount)["currency"] == currency


def test_a_short_mark_before_a_date_is_no_currency():
    """DT is short for a date, too."""
    assert "currency" not in values_of("Small Shop\nReceipt 834\nDT 14.06.26\nTotal 8.00")


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Summa 80:-\nMoms 20:25\nAtt betala 100:25", "100.25"),
        ("Summa 2 080:50\nAtt betala 2 080:50 kr", "2080.50"),
        ("Moms 20:25\nSumma kr 80:50", "80.50"),
        ("Total 00:35\nPris kr 250:00", "250.00"),
        ("Total 116:00\nAmount due: £800.00", "800.00"),
        ("2026-06-14 20:25\nServer 101\nTotal 8.00", "8.00"),
        ("2026-06-14 20:25\nLins 75:-\nSumma 75:-", "75.00"),
    ],
)
def test_a_colon_before_decimals_is_no_time(lines: str, total: str):
    """A document that writes one amount with a colon, or none of its decimals, writes all so."""
    assert values_of(f"Liten Butik AB\nFaktura nr 8\n{lines}")["total"] == total


@pytest.mark.parametrize("heading", ["Net   VAT   Total", "Net   VAT 20%   Gross"])
def test_amounts_below_a_heading_belong_to_its_columns(heading: str):
    """A row of amounts is read by the words above it."""
    found = values_of(f"Small Shop\nInvoice 834\n{heading}\n50.00   10.00   60.00")

    assert (found["net"], found["tax"], found["total"]) == ("50.00", "10.00", "60.00")


def test_arabic_signs_separate_thousands_and_decimals():
    """Digits and separators of Arabic mean what the others do."""
    found = values_of(
        "Small Shop\nInvoice 834\nTotal \u0661\u066c\u0662\u0665\u0660\u066b\u0665\u0660"
    )

    assert found["total"] == "1250.50"


def test_no_currency_is_assumed_against_an_abbreviation():
    """A country's currency is not assumed where another one is printed or named."""
    seller = "Otter Tea, Harwick HW4 9QT, England"

    assert values_of(f"{seller}\nTotal 31.40")["currency"] == "GBP"
    assert "currency" not in values_of(f"{seller}\nTotal R 31.40")
    assert "currency" not in values_of(f"{seller}\nTotal 31.40\n(thirty-one dollars)")
    assert values_of(f"{seller}\nTotal KD 31.400")["currency"] == "KWD"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("total <37.40>", "-37.40"),
        ("total £3 20p", "3.20"),
        ("total $2,34,56", None),
        ("total 37.4€", "37.4"),
        ("total 37,5€", "37.5"),
        ("total [37.40]", "37.40"),
        ("total (refund) - 37.40", "-37.40"),
        ("total 3.45€", "3.45"),
    ],
)
def test_odd_spellings(line: str, value: str | None):
    """Angles are a minus, pence may be named, and groups of two digits are no amount of money."""
    assert amounts(line) == ([Decimal(value)] if value else [])


@pytest.mark.parametrize("gap", ["\t", "\t\t\t", " \t ", "   "])
def test_the_numbers_of_two_cells_are_no_thousands(gap: str):
    """A blank separates thousands; a tab or a wide gap separates the cells of a table."""
    assert values_of(f"Jug\t450\nTotal GBP 450{gap}450")["total"] == "450.00"


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009", "  "])
def test_every_kind_of_blank_separates_thousands(blank: str):
    """Programs that typeset write blanks of other widths; a user may type two."""
    assert values_of(f"Total EUR 7{blank}654.30")["total"] == "7654.30"


def test_a_promise_to_pay_is_no_bill():
    """What somebody agrees to pay in a sentence is not due; a label may be the same words."""
    page = values_of("Vole agrees to pay Otter $0.05 for each visit up to\n90 visits.")
    assert page.get("amount_due") is None
    assert values_of("Total $90.00\nTo pay $50.00")["amount_due"] == "50.00"
    assert values_of("Invoice\nTotal $90.00\nstill to pay: $50.00")["amount_due"] == "50.00"


def test_letters_behind_in_are_no_currency():
    """A word may begin with "in" and end like a currency."""
    assert values_of("The smoke indhs of 1990\nTotal 12.00").get("currency") is None
