"""What `find_values` promises about `date` and `due_date`."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values


def page(text: str, *, number: int = 1) -> Page:
    """Make a page of text."""
    return Page(PageText(number=number, source="text", engine=None, confidence=None, text=text))


def found(text: str, name: str = "date", **options: tuple[str, ...]) -> Finding:
    """Find one value in a text."""
    return find_values([page(text)], **options)[name]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2021-03-09", "2021-03-09"),
        ("25/12/2019", "2019-12-25"),
        ("12/25/2019", "2019-12-25"),
        ("25.12.19", "2019-12-25"),
        ("25 - 12 - 2019", "2019-12-25"),
        ("25 \u2013 12 \u2013 2019", "2019-12-25"),
        ("9 March 2021", "2021-03-09"),
        ("Mar 9, 2021", "2021-03-09"),
        ("Mar. 9th, '21", "2021-03-09"),
        ("9 Maret 2021", "2021-03-09"),
        ("09-MAR-21", "2021-03-09"),
        ("9th of March 2021", "2021-03-09"),
        ("9. März 2021", "2021-03-09"),
        ("9 février 2021", "2021-02-09"),
        ("9 de mayo de 2021", "2021-05-09"),
        ("2021年3月9日", "2021-03-09"),
        ("20210309", "2021-03-09"),
        ("25/12/201908:15", "2019-12-25"),
        ("令和3年3月9日", "2021-03-09"),
        ("平成元年3月9日", "1989-03-09"),
        ("民國110年3月9日", "2021-03-09"),
        ("วันที่ 25/12/2562", "2019-12-25"),
        ("9 กุมภาพันธ์ 2564", "2021-02-09"),
        ("9 ธ.ค. 2564", "2021-12-09"),
        ("9 พฤศจิกายน พ.ศ. 2564", "2021-11-09"),
    ],
)
def test_common_ways_to_write_a_date(written: str, day: str):
    """A date is read however it is customarily written."""
    assert found(f"Date: {written}").value == day


def test_impossible_days_are_no_dates():
    """A day that does not exist is not reported."""
    assert "date" not in find_values([page("Date: 31/02/2020\nref 99.99.2020")])


def test_exchangeable_day_and_month_are_reported_as_ambiguous():
    """Where nothing decides between day and month, the value is None and the reason names both."""
    finding = found("Date: 03/04/2018")

    assert finding.value is None
    assert "2018-04-03" in finding.reason
    assert "2018-03-04" in finding.reason


def test_another_date_settles_the_order():
    """An unmistakable date elsewhere decides how the others are read."""
    text = "Date: 03/04/2018\nDelivery date: 28/03/2018"

    assert found(text).value == "2018-04-03"


def test_numbers_like_dates_do_not_settle_the_order():
    """A bank's sort code looks like a date and says nothing about the order of others."""
    assert (
        found("Sort code 11-22-33\nInvoice date: 04/05/2021\nLondon, United Kingdom").value
        == "2021-05-04"
    )


def test_same_day_spelled_out_settles_the_order():
    """The same day written with its month's name decides."""
    assert found("Date: 03/04/2018\nIssued in Oslo, 4 March 2018").value == "2018-03-04"


@pytest.mark.parametrize(
    ("hint", "day"),
    [
        ("Kuala Lumpur, Malaysia", "2018-04-03"),
        ("Springfield, IL 62704, USA", "2018-03-04"),
        ("Total £5.00 London", "2018-04-03"),
    ],
)
def test_country_settles_the_order(hint: str, day: str):
    """A country's custom decides where the dates themselves do not, and the reason says so."""
    finding = found(f"{hint}\nDate: 03/04/2018")

    assert finding.value == day
    assert "hints at" in finding.reason


def test_document_language_settles_the_order():
    """Languages other than English write the day first."""
    assert found("03/04/2018", languages=("fra",)).value == "2018-04-03"


def test_points_mean_day_first():
    """Dates with points have the day first."""
    assert found("03.04.2018").value == "2018-04-03"


def test_invoice_date_wins_over_the_others():
    """Of several dates the one called the document's own is taken."""
    text = "Order date: 1 May 2020\nInvoice date: 5 May 2020\nDelivery date: 9 May 2020\nDue date: 4 June 2020"

    values = find_values([page(text)])

    assert values["date"].value == "2020-05-05"
    assert values["due_date"].value == "2020-06-04"


@pytest.mark.parametrize(
    ("sold", "issued"),
    [
        ("Tax point", "Invoice date"),
        ("Tax date", "Date of issue"),
        ("Data sprzedaży", "Data wystawienia"),
    ],
)
def test_the_day_of_the_sale_counts_where_no_day_of_issue_is(sold: str, issued: str):
    """The law of taxes has a date of its own, which may be the only one."""
    alone = f"{sold}: 14.05.2020"

    both = find_values([page(f"{alone}\n{issued}: 16.05.2020")])

    assert find_values([page(alone)])["date"].value == "2020-05-14"
    assert both["date"].value == "2020-05-16"


def test_labels_over_columns():
    """Labels in a heading belong to the dates below them, in the same order."""
    values = find_values([page("Due date  Invoice date\n30.06.2020  31.05.2020")])

    assert values["date"].value == "2020-05-31"
    assert values["due_date"].value == "2020-06-30"


def test_date_of_birth_is_not_the_documents_date():
    """A date of birth is passed over."""
    assert "date" not in find_values([page("Name: Ada\nDate of birth: 10.12.1985")])


def test_german_small_words_pass_on_the_label():
    """The small word "vom" belongs to the label before it."""
    assert found("Bestellung vom 01.03.2018\nRechnung Nr. 77 vom 05.03.2018").value == "2018-03-05"


def test_months_of_other_languages_are_read_when_named():
    """A month's name outside the built-in table is understood when its language is given."""
    assert found("15 мая 2020", languages=("rus",)).value == "2020-05-15"


def test_page_is_reported():
    """The finding says on which page the date is."""
    values = find_values([page("nothing here"), page("Date: 2020-01-31", number=2)])

    assert values["date"].page == 2


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Bill no 70445566/09.03.2021", "2021-03-09"),
        ("Utrecht/09.03.2021", "2021-03-09"),
        ("Ref. KX/2021-03-09", "2021-03-09"),
        ("Stay 27.02.2021-09.03.2021", "2021-02-27"),
        ("09.03.2021/70445566", "2021-03-09"),
        ("Seen 77-19 March 2021", "2021-03-19"),
    ],
)
def test_a_date_may_be_joined_to_something_else(text: str, day: str):
    """A slash or dash before or after a date is no part of it if the date has another separator."""
    assert found(f"{text}\nNote of 31.01.2021 and more").value == day


@pytest.mark.parametrize("before", ["No 5 -Till #12- ", "Till 12/ ", "7, ", "3 - 4 - ", "31-12-"])
def test_a_number_before_a_date_is_none_of_its_parts(before: str):
    """A number with a dash before a date does not hide it."""
    assert found(f"{before}24/07/2021 14:21").value == "2021-07-24"


@pytest.mark.parametrize("text", ["KX/09/03/2021", "77-03-09-21", "4/09.03.21", "5/6/3/2021"])
def test_parts_of_numbers_are_no_dates(text: str):
    """Digits with the same separators before or after them are a number."""
    assert "date" not in find_values([page(f"Bill no {text}")])


@pytest.mark.parametrize("line", ["Account 20210309", "Invoice no. 20210309", "of 20210309"])
def test_eight_digits_without_a_label_are_no_date(line: str):
    """Eight digits are a date only after a label of dates."""
    assert "date" not in find_values([page(f"{line}\nTotal 5.00")])
    assert found(f"{line}\nDate: 7 May 2020").value == "2020-05-07"


@pytest.mark.parametrize(
    "letterhead",
    ["9 March 2021", "Utrecht, 9 March 2021", "Graz, den 09.03.2021", "Lille, le 9 mars 2021"],
)
@pytest.mark.parametrize(
    "sentence",
    [
        "We refer to your offer of 2 January 2020 and reply.",
        "Wir beziehen uns auf Ihr Angebot vom 02.01.2020.",
        "Merci pour votre offre du 2 janvier 2020.",
    ],
)
def test_the_date_of_a_letter_wins_over_those_in_its_sentences(letterhead: str, sentence: str):
    """The date alone on its line or after a place is the letter's, before or after the sentences."""
    for text in (f"{letterhead}\n{sentence}", f"{sentence}\n{letterhead}"):
        assert found(text).value == "2021-03-09"


def test_a_quoted_date_is_unsure():
    """The date of something else is not sure enough to be written if it is the only one."""
    assert found("We refer to your offer of 2 January 2020 and reply.").confidence < 0.5


def test_as_of_is_no_quotation():
    """An agreement as of a day is as sure as before."""
    assert found("This agreement is made as of 2 January 2020 by both").confidence >= 0.6


@pytest.mark.parametrize(
    "sentence",
    [
        "Further to our talk on 12 June 2031 we confirm the order.",
        "we agree on the date of 12 June 2031 for it.",
        "your policy, which began on 12 June 2031, goes on until then.",
        "with reference to your invoice dated 12 June 2031 we regret the delay.",
        "the invoice of 12 June 2031 was paid in time.",
        "Closed on 12 June 2031",
    ],
)
def test_words_of_a_sentence_are_no_label(sentence: str):
    """A date that a sentence mentions does not win over the one of the letter."""
    text = f"3 July 2031\n\nDear Madam,\n{sentence}"

    assert found(text).value == "2031-07-03"


def test_a_date_that_a_sentence_quotes_is_open():
    """A letter without a date does not get that of the letter it answers."""
    assert found("Dear Madam,\nThank you for your letter of 12 June 2031.").value is None
    assert found("Dear Madam,\nWe meet in the hall on 12 June 2031.").value is None


def test_the_date_of_another_document_is_none_of_this_one():
    """What was issued before is announced as such."""
    text = "Small Shop\nInvoice 834\n3 July 2031\nTotal 5.00\nPrevious invoice of 12 June 2031"

    assert found(text).value == "2031-07-03"


def test_a_label_does_not_go_over_a_gap():
    """The headings of two columns make no label together."""
    text = "Number   Date   Due\n834   06/13/2031   07/13/2031"

    assert found(text).value == "2031-06-13"
    assert found(text, "due_date").value == "2031-07-13"


def test_a_list_of_documents_has_a_date_of_its_own():
    """A statement is not of the day of an invoice that it lists, nor an export of its own."""
    listed = "Invoice 8 3 June 2031 5.00\nInvoice 9 9 June 2031 6.00"

    assert found(f"Statement\nDate: 12 June 2031\n{listed}").value == "2031-06-12"
    assert find_values([page("Generated 2031-06-12\nuser,logins\nann,4")]).get("date") is None


def test_the_subject_of_a_letter_is_not_its_date():
    """What a letter is about was issued before it."""
    text = (
        "Subject: Invoice of 12 June 2031\nLondon, 3 July 2031\nDear Madam,\n"
        "the invoice of 12 June 2031 is still open."
    )

    assert found(text).value == "2031-07-03"


@pytest.mark.parametrize("subject", ["Re: Flood of 12 June 2031", "Betreff: Termin am 12.06.2031"])
def test_the_only_date_in_a_subject_is_open(subject: str):
    """A letter without a date of its own is not from the day that it is about."""
    assert found(f"{subject}\nDear Madam,\nwe have your letter.").value is None


def test_a_date_of_its_own_ends_what_a_label_heads():
    """A label with a date on its line says nothing about the date in the next line."""
    text = "Due date: 3 July 2031\n12 June 2031"

    assert found(text, "due_date").value == "2031-07-03"
    assert found(text).value == "2031-06-12"


def test_each_date_has_the_heading_of_its_cell():
    """Of two rows with as many cells, the label above a date announces it."""
    text = "Billed to  Invoice  Issued  Due\nVole & Co  #83  3 May 2031  9 June 2031"

    assert found(text).value == "2031-05-03"
    assert found(text, "due_date").value == "2031-06-09"
    assert found(text.replace("  ", "\t"), "due_date").value == "2031-06-09"


def test_the_heading_of_a_list_announces_no_date():
    """Dates in several rows below one heading are those of the rows."""
    rows = "Your invoice  Date  Paid\nVP-22871  14/01/2031  12.00\nVP-22902  21/01/2031  3.60"

    assert found(rows).confidence < 0.75
    assert found(f"{rows}\nDate: 28/02/2031").value == "2031-02-28"


def test_the_day_of_a_payment_is_that_of_the_advice():
    """A remittance advice is dated by the payment that it announces."""
    text = "Remittance advice\nPayment date: 28/02/2031\nInvoice  Date  Paid\n"
    rows = "VP-22871  14/01/2031  12.00\nVP-22902  21/01/2031  3.60"

    values = find_values([page(text + rows)])

    assert values["date"].value == "2031-02-28"
    assert "due_date" not in values


def test_date_of_what_is_corrected():
    """The date of the original invoice is not that of the credit note."""
    text = "Credit note\nDate 9 June 2031\nOriginal invoice 83 of 3 May 2031"

    assert found(text).value == "2031-06-09"


def test_by_a_day():
    """A line that begins with "by" has the day until which is to be paid."""
    text = "Invoice\nPlease pay 5.00\nby 9 June 2031"

    assert found(text, "due_date").value == "2031-06-09"
    assert find_values([page(text)]).get("date") is None
    assert found("Please pay £5.00 by 9 June 2031", "due_date").value == "2031-06-09"


def test_postcode_decides_the_order():
    """A British postcode hints at days before months."""
    assert found("Small Shop, Harwick HW4 9QT\n3/5/2031").value == "2031-05-03"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Date (mm/dd/yyyy): 04/05/2031\nTotal £5.00 London", "2031-04-05"),
        ("Date: 04/05/2031 DD/MM/YYYY\nSpringfield, IL 62704, USA", "2031-05-04"),
        ("Date: I4/05/2031", "2031-05-14"),
    ],
)
def test_printed_order_and_misread_digits(text: str, day: str):
    """The order that is printed beside a date decides; a first digit may be read as a letter."""
    assert found(text).value == day


@pytest.mark.parametrize(
    "line", ["Prompt payment date 9 June 2031", "Bei Zahlung bis 9.6.2031 2 % Skonto"]
)
def test_the_last_day_of_a_discount_is_not_the_due_date(line: str):
    """Who pays later pays the whole sum."""
    text = f"Shop\nDate: 1 June 2031\n{line}\n"

    assert "due_date" not in find_values([page(text)])
    assert found(f"{text}Due date 1 July 2031", "due_date").value == "2031-07-01"


@pytest.mark.parametrize(
    "text",
    [
        "生年月日 昭和55年5月3日",
        "生年月日\n昭和55年5月3日",
        "昭和55年5月3日生",
        "設立 昭和55年5月3日",
        "令和7年5月1日まで有効",
    ],
)
def test_births_and_foundings_in_years_of_an_era_are_not_the_date(text: str):
    """Nor is the end of validity; the words may be behind the day."""
    assert "date" not in find_values([page(f"X\n{text}")])
    assert found(f"X\n{text}\n交付 令和4年5月1日").value == "2022-05-01"
