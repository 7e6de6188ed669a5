"""What `find_values` promises about net, tax and total of bills from many countries."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values
from processors.values.lines import text_lines_of
from processors.values.money import amounts, taxes


def money_of(text: str) -> tuple[str | None, ...]:
    """Return net, tax and total of a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    found = find_values([page])
    return tuple(found[name].value if name in found else None for name in ("net", "tax", "total"))


BILLS = {
    "items instead of a net amount": (
        "Roof 1,200.00\nNails 300.00\nTax 105.00\nTotal 1,605.00",
        "1500.00 105.00 1605.00",
    ),
    "a tax that is said to be in the total": (
        "Totale 9,30\ndi cui IVA 0,86",
        "8.44 0.86 9.30",
    ),
    "goods": ("Goods 86.00\nVAT 17.20\nTotal 103.20", "86.00 17.20 103.20"),
    "two taxes of one name each": (
        "Sub Total 1,000.00\nCGST @ 9% 90.00\nSGST @ 9% 90.00\nGrand Total Rs. 1,180.00",
        "1000.00 180.00 1180.00",
    ),
    "halves of a tax in the line of the goods": (
        "Qty Taxable Value CGST SGST Total\nTotal 1 422.88 38.06 38.06 499.00\nGrand Total 499.00",
        "422.88 76.12 499.00",
    ),
    "taxes of province and country": (
        "Subtotal $200.00\nGST 5% $10.00\nPST 7% $14.00\nTotal $224.00",
        "200.00 24.00 224.00",
    ),
    "shipping before the tax": (
        "Subtotal $100.00\nShipping $10.00\nSales tax (5%) $5.00\nTotal $115.00",
        "110.00 5.00 115.00",
    ),
    "shipping after the tax": (
        "Subtotal: $320.00\nTax: $25.60\nShipping: $14.40\nTOTAL: $360.00",
        "320.00 25.60 360.00",
    ),
    "a discount before the tax": (
        "Subtotal $100.00\nDiscount -$10.00\nTax (9%) $8.10\nTotal $98.10",
        "90.00 8.10 98.10",
    ),
    "tax withheld": (
        "Base imponible 90,00 €\nIVA 21% 18,90 €\nRetención 15% -13,50 €\nTotal a pagar 95,40 €",
        "90.00 18.90 95.40",
    ),
    "a table of two rates and its sum": (
        "MwSt-Satz Netto MwSt Brutto\n19 % 100,00 19,00 119,00\n7 % 20,00 1,40 21,40\nSumme 120,00 20,40 140,40",
        "120.00 20.40 140.40",
    ),
    "a table whose rates have no sign": (
        "Warenwert MwSt-Betrag MwSt Endbetrag\n321,40 61,07 19,0 382,47\n127,59 8,93 7,0 136,52\nGesamtbetrag 518,99",
        "448.99 70.00 518.99",
    ),
    "a table below the total": (
        "Total 8,78\nSteuer % Netto Steuer Brutto\nA= 19,0% 6,29 1,20 7,49\nB= 7,0% 1,21 0,08 1,29",
        "7.50 1.28 8.78",
    ),
    "a table with goods free of tax": (
        "Net VAT rate VAT Gross\n£100.00 20% £20.00 £120.00\n£50.00 0% £0.00 £50.00\nTotal £170.00",
        "150.00 20.00 170.00",
    ),
    "headings over the sums": (
        "Subtotal VAT (20%) Total\n£500.00 £100.00 £600.00",
        "500.00 100.00 600.00",
    ),
    "labels above their amounts": (
        "Net total\n100.00\nVAT 24%\n24.00\nTotal EUR\n124.00",
        "100.00 24.00 124.00",
    ),
    "tax within the total, its rate named": (
        "Summe EUR 11,90\nenthaltene MwSt 19% 1,90\nBar 20,00\nRückgeld 8,10",
        "10.00 1.90 11.90",
    ),
    "tax within the total, its rate left out": (
        "Total includes GST of 100.00\nTotal $1,100.00",
        "1000.00 100.00 1100.00",
    ),
    "no tax at all": (
        "Subtotal £60.00\nVAT £0.00\nTotal £60.00",
        "60.00 0.00 60.00",
    ),
    "something paid before": (
        (
            "Gesamtbetrag netto 10.000,00\n19 % MwSt. 1.900,00\nGesamtbetrag brutto 11.900,00\n"
            "abzüglich Abschlagszahlung -5.000,00\nnoch zu zahlen 6.900,00"
        ),
        "10000.00 1900.00 11900.00",
    ),
    "something paid before, the total's label torn": (
        "Nettobetrag : 100,00\nSteuerbetrag : 19,00\nBr uttosumme : 119,00\nAnzahlung : -50,00\nZahlbetrag : 69,00",
        "100.00 19.00 119.00",
    ),
    "a total before the tax": (
        "Total 4,500.00\nIGST 5% 225.00\nRound off 0.00\nNet Amount 4,725.00",
        "4500.00 225.00 4725.00",
    ),
    "a credit": (
        "Gutschrift\nNettobetrag -100,00 EUR\n19% USt. -19,00 EUR\nGesamtbetrag -119,00 EUR",
        "-100.00 -19.00 -119.00",
    ),
    "a total of the taxes": (
        "Gesamtpreis 23,79\nUSt. % ohne USt. USt.\n19% 19,99 3,80\nUSt. Gesamt 19,99 3,80",
        "19.99 3.80 23.79",
    ),
    "letters with strokes": (
        "Stawka VAT Netto VAT Brutto\n23% 100,00 23,00 123,00\n8% 50,00 4,00 54,00\nDo zapłaty: 177,00 PLN",
        "150.00 27.00 177.00",
    ),
    "a net amount for each rate": (
        "Net 100.00\n7% VAT 7.00\nNet 50.00\n19% VAT 9.50\nTotal 166.50",
        "150.00 16.50 166.50",
    ),
    "a table that names no tax": (
        "Summe 4,00\nA 19% 2,35 0,45 2,80\nB 7% 1,12 0,08 1,20",
        "3.47 0.53 4.00",
    ),
    "the sign of a rate before it": (
        "Ara Toplam 1.000,00 TL\nKDV %20 200,00 TL\nGenel Toplam 1.200,00 TL",
        "1000.00 200.00 1200.00",
    ),
    "Japanese": (
        "請求書\n小計 ¥10,000\n消費税(10%) ¥1,000\n合計 ¥11,000",
        "10000.00 1000.00 11000.00",
    ),
    "rounding to what coins there are": (
        "TOTAL AMT RM 60.31\nROUNDING ADJ -0.01\nRM 60.30\n70.30\n10.00",
        "None None 60.30",
    ),
    "a one read as a letter": (
        "AMT PAID INCL. GST: RMI11.90\nAMT PAID EXCL. GST: RM105.57\nGST AMT: RM6.33",
        "105.57 6.33 111.90",
    ),
}


@pytest.mark.parametrize("bill", BILLS)
def test_a_bill_is_taken_apart(bill: str):
    """Net and tax are the two amounts that lead to the total, however the bill is laid out."""
    text, expected = BILLS[bill]

    assert " ".join(map(str, money_of(text))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Total 57.00\nSubtotal 50.00\nShipping 7.00",
        "Qty Price Discount Amount\n10 % 100.00 10.00 90.00\nTotal 90.00",
        "Deposit 20.00\nTotal 90.00",
        "Total 9.00\nGST No 12.34",
    ],
)
def test_amounts_that_are_no_tax_make_none(text: str):
    """Shipping, a discount, a deposit and a registration are not treated as tax."""
    assert money_of(text)[:2] == (None, None)
    assert money_of(text)[2] is not None


def test_two_due_dates_headings_share_a_line():
    """A label that begins within another one is found: "invoice date due date"."""
    text = "Invoice Number  Invoice Date  Due Date\nINV-300  12 Jan 2022  26 Jan 2022"
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    found = find_values([page])

    assert (found["date"].value, found["due_date"].value) == ("2022-01-12", "2022-01-26")


def test_a_long_statement_is_gone_through_a_few_times_only(monkeypatch: pytest.MonkeyPatch):
    """Many sums and taxes on many lines are not each tried against every line: it would take minutes."""
    body = [
        line
        for number in range(40)
        for line in (f"Net amount {number + 100}.00", f"VAT 19 % {number + 1}.13")
    ]
    body += [f"Some goods {number % 97}.{number % 90 + 10}" for number in range(1500)]
    text = "\n".join([*body, "Grand total 99999.77"])
    lines = text_lines_of(
        [Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))]
    )
    looked_at: list[str] = []
    look = amounts.amounts_in
    monkeypatch.setattr(
        amounts, "amounts_in", lambda folded: looked_at.append(folded) or look(folded)
    )

    taxes.find_net_and_tax(lines, total=Finding("99999.77", 0.9, "it is a grand total"))

    assert len(looked_at) < 12 * len(lines)


@pytest.mark.parametrize(
    "lines",
    [
        "Soup 31.40\nTax 3.14\nTotal 34.54\nTip 5.00\nGrand total 39.54",
        "Soup 31.40\nTax 3.14\nTotal 34.54\nGratuity 5.00\nGrand total 39.54",
    ],
)
def test_a_tip_is_no_part_of_the_net_amount(lines: str):
    """It is added to a total that is printed before it."""
    assert money_of(lines) == ("31.40", "3.14", "39.54")


def test_a_net_total_below_two_taxes_is_before_them():
    """Both taxes are added to it."""
    lines = "VAT 20 % 20.00\nVAT 5 % 2.50\nNet total 150.00\nTotal 172.50"
    assert money_of(lines) == ("150.00", "22.50", "172.50")


@pytest.mark.parametrize(
    "lines",
    [
        "Taxable value 1000.00\nCGST @ 9% 90.00\nSGST @ 9% 90.00\nTotal 1180.00",
        "Total taxable value 1000.00\nCGST 9% 90.00\nUTGST 9% 90.00\nTotal 1180.00",
        "Assessable value 1000.00\nTotal CGST 90.00\nTotal SGST 90.00\nTotal 1180.00",
        "Sous-total 1000,00 $\nTPS 90,00 $\nTVQ 90,00 $\nTotal 1180,00 $",
        "Sous-total 1000.00\nT.P.S. (5 %) 90.00\nT.V.Q. (9,975 %) 90.00\nTotal 1180.00",
        "Subtotal 1000.00\nTPS/GST 90.00\nTVQ/QST 90.00\nTotal 1180.00",
        "Subtotal1000.00\nCGST9%90.00\nSGST9%90.00\nTotal1180.00",
    ],
)
def test_the_tax_is_the_sum_of_the_taxes_of_a_state_and_its_union(lines: str):
    """India and Canada print two taxes, each with a name of its own, and no sum of them."""
    assert money_of(lines) == ("1000.00", "180.00", "1180.00")


@pytest.mark.parametrize("rounded", ["Round Off 0.30", "Rounding (+)0.30"])
def test_the_net_amount_is_that_before_the_total_was_rounded(rounded: str):
    """The tax is its share to the cent, and not that of what is left of the rounded total."""
    text = f"Invoice 8\nPipe 1,110.00\nBend 22.80\nIGST @ 18% 203.90\n{rounded}\nTotal 1,337.00"
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    values = find_values([page])

    assert values["net"].value == "1132.80"
    assert values["tax"].value == "203.90"
