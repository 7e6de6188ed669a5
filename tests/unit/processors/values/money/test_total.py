"""What `find_values` promises about total, net, tax and currency."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values
from processors.values.money.amounts import money_in, parse_number


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234.50", "1234.50"),
        ("12,5", "12.5"),
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("0.125", "0.125"),
        ("2.6500", "2.6500"),
    ],
)
def test_separators_of_many_countries(written: str, number: str):
    """Separators of thousands and decimals are distinguished."""
    parsed = parse_number(written)

    assert parsed is not None
    assert parsed[0] == Decimal(number)


@given(st.decimals(min_value=0, max_value=9_999_999, places=2))
def test_amounts_survive_writing_and_reading(amount: Decimal):
    """An amount written with cents is read back, in the English and in the continental way."""
    english = f"{amount:,.2f}"
    continental = english.translate(str.maketrans(",.", ".,"))

    assert [found.value for found in money_in(f"x {english} y")] == [amount]
    assert [found.value for found in money_in(f"x {continental} y")] == [amount]


def test_percentages_times_and_dates_are_no_money():
    """Numbers that are something else are left out."""
    assert money_in("6.00% gst at 10:15 on 01/02/2003 ref ab12.34") == ()


@pytest.mark.parametrize("line", ["total 85 .20", "total 85. 20", "total 85.2o"])
def test_scan_errors_in_numbers_are_repaired(line: str):
    """A blank next to the decimal point and the letter O are repaired."""
    assert [found.value for found in money_in(line)] == [Decimal("85.20")]


_PAID = (
    "Total paid 10.00\nChange 5.76",
    "Total paid 3.00\nBalance due 1.24",
    "Gesamt bezahlt 9,00",
)


@pytest.mark.parametrize("paid", ["Cash 10.00\nChange 5.76", *_PAID, "Total payé 10,00"])
def test_what_was_paid_and_change_are_not_the_total(paid: str):
    """The total is what is to be paid, not the cash given, what was paid in all, or the change."""
    assert values_of(f"Tea 4.00\nSubtotal 4.00\nTax 0.24\nTotal 4.24\n{paid}")["total"] == "4.24"


def test_cash_less_change_replaces_a_missing_label():
    """Without the word total, the cash given less the change shows which amount it is."""
    assert values_of("Tea 4.00\nBun 3.00\n7.00\nCash 10.00\nChange 3.00")["total"] == "7.00"


def test_total_after_rounding_wins():
    """Of two totals joined by a rounding, the later was asked for."""
    assert values_of("Total 10.02\nRounding adj -0.02\nTotal 10.00\nVisa 10.00")["total"] == "10.00"


def test_label_above_its_amount():
    """An amount below its label is found."""
    assert values_of("Item A 9.00\nGrand total\n€ 19.00\nThank you")["total"] == "19.00"


def test_totals_of_other_things_are_passed_over():
    """Totals of quantities, savings and taxes are not the sum."""
    assert (
        values_of("Total qty 3\nTotal savings 99.00\nTotal 12.00\nTotal tax 0.72")["total"]
        == "12.00"
    )


def test_two_amounts_on_a_line_keep_their_labels():
    """Each amount of a line is judged by the label right before it."""
    assert values_of("Total saving 0.50 Total 41.50\nVisa 41.50")["total"] == "41.50"


def test_total_with_tax_wins_over_the_one_without():
    """Of a total before and a total after tax, the latter is taken, brackets or not."""
    assert values_of("Total (Incl. GST) 10.60\nTotal (Excl. GST) 10.00")["total"] == "10.60"


def test_tables_of_taxes_do_not_override_the_total():
    """The summary of taxes after a receipt does not decide."""
    assert (
        values_of("Total 10.60\nGST summary amount tax\nSR 6% 10.00 0.60\nTotal 10.00 0.60")[
            "total"
        ]
        == "10.60"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Gesamtbetrag 1.190,00 EUR",
        "Total TTC : 1 190,00 €",
        "Totaal te betalen € 1.190,00",
        "Importe total 1.190,00 €",
        "Totale fattura 1.190,00",
        "Do zapłaty: 1190,00 PLN",
        "Amount payable $1,190.00",
    ],
)
def test_totals_in_many_languages(line: str):
    """The words for a total are known in the languages of invoices."""
    assert values_of(f"Position 1 1.000,00\n{line}")["total"] == "1190.00"


def test_whole_amounts_need_a_currency_or_a_label():
    """A total without decimals is read where its label announces it."""
    assert values_of("Total: ¥ 1,200")["total"] == "1200.00"


def test_net_and_tax_add_up():
    """Net and tax are the pair that makes the total."""
    values = values_of("Netto 100,00\nMwSt 19% 19,00\nBrutto 119,00\nGesamtbetrag 119,00 EUR")

    assert (values["net"], values["tax"], values["total"]) == ("100.00", "19.00", "119.00")


def test_net_without_matching_tax_is_left_out():
    """A net amount that no tax completes is not reported."""
    assert "net" not in values_of("Subtotal 50.00\nShipping 7.00\nTotal 57.00")


def test_level_totals_are_reported_as_ambiguous():
    """Two totals between which nothing decides leave the value open."""
    values = values_of("Grand total 10.00 Grand total 20.00")

    assert "total" in values
    assert values["total"] is None


def test_text_without_money_has_no_total():
    """A letter without amounts has neither total nor currency."""
    values = values_of(
        "Dear Ms Lovelace,\nthank you for your letter of 3 May 2020.\nYours sincerely"
    )

    assert not {"total", "currency"} & values.keys()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Total € 5.00", "EUR"),
        ("Total 5,00 EUR", "EUR"),
        ("TOTAL RM5.00", "MYR"),
        ("Total £5.00", "GBP"),
        ("Montant en CHF: CHF 5.00", "CHF"),
        ("Toronto, Ontario, Canada\nTotal $5.00", "CAD"),
        ("Springfield, IL 62704\nTotal $5.00", "USD"),
        ("Stockholm, Sverige\nTotalt 5,00 kr", "SEK"),
    ],
)
def test_currency_from_marks(text: str, code: str):
    """A currency's mark is read, and a shared one settled by the country."""
    assert values_of(text)["currency"] == code


def test_currency_from_the_country():
    """Where no mark is written, the country hinted at gives the currency."""
    assert (
        values_of("Kedai Contoh Sdn Bhd\nJalan Satu, Kuala Lumpur\nTotal 5.00")["currency"] == "MYR"
    )


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Total Sales (Inclusive GST) 22.91\nRounding Adjustment -.01\nRounding 22.90", "22.90"),
        ("Total Sales (Inclusive GST) 72.74\nRounding Adjustment .01\nRounding 72.75", "72.75"),
        ("Total: 17.22\nRND ADJ 0.02-\nTTL AFT RND 17.20", "17.20"),
    ],
    ids=["down", "up", "abbreviated"],
)
def test_what_rounding_results_in_is_the_total(lines: str, total: str):
    """The step may have no zero before its point, and the result no other label."""
    assert values_of(lines)["total"] == total


def test_prices_are_not_rounded_to_each_other():
    """Two prices that differ by the step of a rounding are no sums."""
    text = "Soap 6.92\nTea 6.90\nTowel 24.55\nTotal 38.37\nRounding 0.02-"

    assert values_of(text)["total"] == "38.37"


def test_a_tax_called_total_is_no_total():
    """What is a rate's share of another sum is the tax within it, however it is called."""
    assert values_of("Due 19.20\nPay 20.00\n(Total included GST @ 6% : 1.09)")["total"] == "19.20"


@pytest.mark.parametrize(
    ("line", "value"),
    [("Total 52-00", "52.00"), ("TOTAL INCL GST RM 62- 00", "62.00"), ("Cash rm 7-50", "7.50")],
)
def test_a_dash_read_for_a_point(line: str, value: str):
    """At the end of a line with a sum a dash before two digits is its decimal point."""
    assert [amount.value for amount in money_in(line.lower())] == [Decimal(value)]


def test_a_dash_elsewhere_is_none():
    """Numbers with a dash are no amounts where no sum is named."""
    assert money_in("table no 12-34") == ()


def test_a_table_of_several_documents_has_no_total():
    """The amount of one row is not that of the table."""
    rows = "Invoice no\tDate\tTotal\nB-1\t2024-03-15\t118.00\nB-2\t2024-03-16\t42.00"

    assert values_of(rows).get("total") is None
    assert values_of("Invoice no\tDate\tTotal\nB-1\t2024-03-15\t118.00")["total"] == "118.00"


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_net_total_is_before_tax_if_a_gross_one_follows(sign: str):
    """The sum that is as much larger as the tax is the total."""
    text = f"Shop\nInvoice\nNet total {sign}50.00\nVAT 20% {sign}10.00\nGross total {sign}60.00"

    assert values_of(text)["total"] == f"{sign}60.00"


@pytest.mark.parametrize(
    "text",
    [
        "Otter Tea\nTea 7.00\nTotal 7.00\nCash 7.00\nVole Ink\nInk 4.00\nPens 5.00\nTotal 9.00",
        "Otter Tea\nTotal: EUR 7.00 / USD 9.00",
        "Otter Tea\nTotal EUR 7.00\nTotal USD 9.00",
    ],
)
def test_two_totals_are_left_open(text: str):
    """Of two bills, or of a total in two currencies, none is the total."""
    assert values_of(text)["total"] is None


def test_dates_of_two_bills():
    """Two bills with different dates have no date of their own."""
    bills = "Tea 7.00\nTotal 7.00\n3 May 2031\nTea 7.00\nCake 2.00\nTotal 9.00\n4 May 2031"

    assert values_of(f"Otter Tea\n{bills}")["date"] is None


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Tea 7.00\nPage total 7.00\nBrought forward 7.00\nCake 2.00\nTotal 9.00", "9.00"),
        ("Tea 7.00\nTotal tea 7.00\nCake 2.00\nTotal cake 2.00\nGrand total 9.00", "9.00"),
        ("Contract total 900.00\nAmount due this invoice 300.00", "300.00"),
        ("400.00 + tax 80.00 = 480.00\nReceived with thanks 100.00\nBalance 380.00", "480.00"),
        ("May 4 tea 210.00\nMay 9 tea 210.00\nCredit for May 2 (210.00)\nAmount due 210.00", "210.00"),
        ("Fee 31.00\nTo pay 31.00", "31.00"),
        ("Tea 3.10\nT O T A L 3.10", "3.10"),
        ("Tea\nTotal 31€40", "31.40"),
        ("Tea\nTotal € 31 . 40", "31.40"),
        ("Tea\nTotal: - £ 31.40", "-31.40"),
        ("Tea 31.40\nTotal 31.40\nPaid 20.10.2031", "31.40"),
        ("Thank-you card 2.20\nPen 6.10\n8.30\nVisa", "8.30"),
        ("Pen 6.10\nCard 2.20\nInk 4.00\n12.30\nPaid by card", "12.30"),
        ("Pen 6.10\nInk 2.20\nVisa 8.30", "8.30"),
        ("Fee 7.20\nPaid 9.00\nChange 1.80", "7.20"),
        ("Total 7.20\nVoucher 4.00\nDebit 3.20\nChange 0.00", "7.20"),
    ],
)  # fmt: skip
def test_what_is_called_a_total(text: str, total: str):
    """Parts of a bill, contracts, payments and days are not treated as its total."""
    assert values_of(f"Otter Tea\n{text}")["total"] == total


def test_two_numbered_bills_are_left_open():
    """Two receipts on one page have no total, date or company of their own."""
    bills = "Receipt 41\n02/07/2031\nTotal £7.00\nVole Ink\nReceipt 42\n03/07/2031\nTotal £9.00"

    values = values_of(f"Otter Tea\n{bills}")
    assert [values.get(name) for name in ("total", "date", "company")] == [None, None, None]
    assert values_of(f"Otter Tea\n{bills}\nOtter Tea")["company"] == "Otter Tea"


def test_an_offer_for_those_who_pay_early_is_no_total():
    """What is to be paid under a condition is not what is to be paid."""
    text = "Otter Oil\nInvoice no 4\nTotal 80.00\nIf paid within 10 days 78.40"

    assert values_of(text)["total"] == "80.00"


def test_an_amount_without_tax_is_no_tax():
    """What is without tax announces none."""
    text = "Otter\nSubtotal 50.00\nVAT 10.00\nStamps (no VAT) 5.00\nTotal 65.00"

    assert values_of(text).get("tax") in {None, "10.00"}


@pytest.mark.parametrize(
    ("tax", "total"),
    [("VAT 20 % 50.00", None), ("VAT 20 % 41.67", "250.00"), ("", "250.00")],
    ids=["on top", "included", "none"],
)
def test_a_subtotal_before_its_tax_is_no_total(tax: str, total: str | None):
    """Where the line of the total is lost, what is without the tax does not replace it."""
    assert values_of(f"Brook Dairy Ltd\nSubtotal 250.00\n{tax}\nThank you")["total"] == total


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Mat MOP 4.99\nTotal 4.99", None),
        ("Mat MOP 4.99\nTotal MOP 4.99", "MOP"),
        ("Tin can$2.00\nTotal 2.00", None),
        ("Kuwaiti dinar notes, old\nTotal 1.250", None),
    ],
)
def test_words_that_look_like_currencies(text: str, currency: str | None):
    """A code that is a word counts beside a sum or twice, and goods name no currency."""
    assert values_of(f"Otter Tea\n{text}").get("currency") == currency


def test_hours_in_a_credit_note_are_positive():
    """A capital "H" is the German credit; a small one is hours."""
    text = "Otter AG\nGutschrift Nr. 8\nSumme Arbeit 2,50 {}\nGesamt 80,00 EUR {}"

    assert values_of(text.format("h", "H"))["total"] == "-80.00"
    assert values_of(text.format("h", ""))["total"] == "80.00"


@pytest.mark.parametrize("label", ["Total", "Grand total:", "Gesamtbetrag", "Total TTC :"])
def test_another_amount_is_not_the_total_that_is_missing(label: str):
    """A table announces its total, and the program that wrote it left out the amount."""
    assert "total" not in values_of(f"Invoice number B-8\nNet\t£250.00\nRate\t20%\n{label}")


@pytest.mark.parametrize("day", ["12 June 2031", "15 June 2031"])
def test_two_bills_with_the_same_total_have_no_number(day: str):
    """Who sends the same bill every month is not the only one on the page with its number."""
    text = "Shop\nInvoice no: K-8\nDate 12 June 2031\nMilk 31.40\nTotal 31.40\n"
    values = values_of(f"{text}Shop\nInvoice no: K-9\nDate {day}\nMilk 31.40\nTotal 31.40")

    assert values["invoice_number"] is None
    assert values["date"] == ("2031-06-12" if day.startswith("12") else None)


def test_a_receipt_for_an_invoice_is_no_second_bill():
    """It repeats the total, and its own number is not the invoice's."""
    values = values_of("Shop\nInvoice K-8\nTotal 31.40\nReceipt 4471\nTotal 31.40")

    assert (values["invoice_number"], values["total"]) == ("K-8", "31.40")


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Subtotal:\nVAT:\nTotal:\n31.40\n6.28\n37.68", "37.68"),
        ("Subtotal\nVAT 20 %\nTotal\nEUR 31.40\nEUR 6.28\nEUR 37.68", "37.68"),
        ("Subtotal:\nTotal:\n31.40\n6.28\n37.68", None),
        ("Total:\n37.68", "37.68"),
    ],
)
def test_a_column_of_labels_has_its_amounts_in_the_same_order(lines: str, total: str | None):
    """If there are more amounts than labels, it is not known which of them belongs to which."""
    assert values_of(f"Shop\n{lines}").get("total") == total


def test_the_deductions_of_a_payslip_are_no_total():
    """They are called a total, and nobody is to pay them; what is left is paid."""
    assert "total" not in values_of("Gross 3140.00\nTotal deductions 628.00\nLeft 2512.00")
    row = "Total payments\t3140.00\tTotal deductions\t628.00\nNet pay\t2512.00"
    assert values_of(row)["total"] == "2512.00"


def test_a_label_with_its_date_has_no_amount_below():
    """The next line is about something else: "Paid: 3 May 2030" is a day."""
    assert "total" not in values_of("Date paid: 6 May 2030\nDeductions\n31.40")
    assert values_of("Total due by 6 May 2030\n31.40")["total"] == "31.40"
