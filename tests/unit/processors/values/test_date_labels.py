"""The date of a document is not that of another one which a line names."""

import pytest

from processors.values import find_values
from tests.unit.processors.values.test_dates import found, page

_ANOTHER = [
    "Framework Agreement: dated 2 October 2030",
    "Master services agreement, made on 2 October 2030",
    "Rahmenvertrag: vom 2. Oktober 2030",
    "Quotation: Q-17 dated 2 October 2030",
    "Contract: FA-12, dated 2 October 2030",
    "Original agreement: date 2 October 2030",
]


@pytest.mark.parametrize("line", _ANOTHER)
def test_the_day_of_an_agreement_that_a_line_names_is_not_that_of_the_document(line: str):
    """Its title says that it is another document; with a day of its own that one counts."""
    text = f"CALL-OFF ORDER\nNo. 4\n{line}\nServices: cleaning\n"

    assert found(text).value is None
    assert found(f"{text}Date: 5 March 2031").value == "2031-03-05"


@pytest.mark.parametrize(
    "text",
    [
        "Framework Agreement: dated 2 October 2030",
        "Rill Ltd\nSERVICES AGREEMENT dated 2 October 2030",
        "LEASE AGREEMENT\nAgreement: dated 2 October 2030",
        "MASTER SERVICES\nAGREEMENT\nMaster services agreement: dated 2 October 2030",
        "QUOTATION\nQuote date: 2 October 2030",
        "PURCHASE ORDER\nOrder: 17, dated 2 October 2030",
        "SERVICE CONTRACT\nThis Agreement, dated 2 October 2030",
    ],
)
def test_the_day_of_an_agreement_of_the_title_is_that_of_the_document(text: str):
    """The name may be a part of the title, or say only that it is an agreement."""
    assert found(text).value == "2030-10-02"


@pytest.mark.parametrize("signed", ["Signed: Ann Fox", "Signature of the tenant ______", "/s/ Ann"])
def test_the_day_beside_a_signature_counts_only_without_another_one(signed: str):
    """Somebody may sign days later what others wrote."""
    assert found(f"3 May 2031\nThe shed is let.\n{signed}  Date: 9 May 2031").value == "2031-05-03"
    assert found(f"The shed is let.\n{signed}  Date: 9 May 2031").value == "2031-05-09"
    assert found("3 May 2031\nThe shed is let.\nDate: 9 May 2031").value == "2031-05-09"


@pytest.mark.parametrize("event", ["Date of accident", "Event date", "Fecha de ingreso"])
def test_the_day_of_an_event_is_not_the_documents(event: str):
    """A label that says of what a day is announces the document's only if that is issued."""
    text = f"Claim form\n{event}: 14/02/2031\nSigned: Ann Fox  Date: 17/02/2031"

    assert found(text).value == "2031-02-17"
    assert found("Claim form\nDate of notice: 14/02/2031").value == "2031-02-14"
    assert found("Sale\nDate of purchase: 14/02/2031").confidence > 0.75


@pytest.mark.parametrize(
    "label",
    [
        "Fecha de facturación", "Fecha de elaboración", "Data di fattura", "Data de impressão",
        "Datum van factuur", "Datum der Quittung", "Date du devis", "Date of voucher",
    ],
)  # fmt: skip
def test_a_day_of_the_document_itself_is_none_of_an_event(label: str):
    """Papers have more names than any list, so only events that are known are left out."""
    text = f"Kettle Ltd\n{label}: 14/02/2031\nDelivery note 3 of 10/02/2031\nTotal 12.00"

    assert found(text).value == "2031-02-14"


def test_a_notice_of_payment_may_ask_for_it():
    """The day of the payment is the document's in an advice of what was paid, nowhere else."""
    for title in ("Payment notice", "Payment slip", "Payment advice"):
        text = f"{title}\nPayment date: 17/02/2031\nInvoice date: 03/02/2031\nTotal 12.00"
        assert found(text).value == "2031-02-03"


@pytest.mark.parametrize(
    "span",
    [
        "Abrechnungszeitraum 01.10.2030 bis 31.12.2030",
        "Verbrauch vom 1.10. bis 31.12.2030",
        "Vom 1. Oktober bis zum 31. Dezember 2030",
        "Gemessen von 01.10.2030\nbis 31.12.2030 im Keller",
        "Usage 1 October 2030 until 31 December 2030",
    ],
)
def test_the_last_day_of_a_span_is_not_due(span: str):
    """What was used from one day to another is not paid until that day."""
    text = f"Rill Ltd\nInvoice 8\nInvoice date: 2031-01-09\n{span}\n"

    assert "due_date" not in find_values([page(text)])
    assert found(f"{text}Due date: 2031-02-03", "due_date").value == "2031-02-03"
    assert found("Rechnung vom 03.01.2031 bis 17.01.2031 zahlbar", "due_date").value == "2031-01-17"


@pytest.mark.parametrize(
    "until", ["before 19 May 2031", "by 19 May 2031", "no later than 19.05.2031"]
)
def test_what_is_to_be_done_until_a_day_is_due_only_if_it_is_paid(until: str):
    """A sentence goes on in the next line, which begins with the day."""
    text = "3 May 2031\nDear Ann,\nYou may close your {} with us\n{} without charge."

    assert "due_date" not in find_values([page(text.format("account", until))])
    assert (
        found(f"Invoice 8\nPlease settle the balance\n{until}.", "due_date").value == "2031-05-19"
    )


def test_the_due_days_of_a_list_are_those_of_its_rows():
    """A reminder lists bills with the day of each; the day of the reminder is another."""
    rows = "Invoice | Date | Due | Amount\n81 | 03.01.2031 | 17.01.2031 | 5.00 €\n"
    more = "94 | 07.02.2031 | 21.02.2031 | 7.00 €\n"
    text = (rows + more).replace(" | ", "\t")

    assert "due_date" not in find_values([page(f"Reminder\n{text}")])
    assert found(f"Reminder\n{text}Pay by 9 March 2031", "due_date").value == "2031-03-09"
    assert found(f"Invoice\n{rows}".replace(" | ", "\t"), "due_date").value == "2031-01-17"


_SENT_BY_READER = [
    "Your letter dated: 4 February 2031",
    "Your order dated 4 February 2031",
    "Date of your enquiry: 4 February 2031",
    "Ihr Zeichen/Datum: 04.02.2031",
    "Datum Ihrer Nachricht: 04.02.2031",
    "Dato for Deres brev: 04.02.2031",
    "Your message dated   Our reference\n4 February 2031   RF 9",
]


@pytest.mark.parametrize("label", _SENT_BY_READER)
def test_the_day_on_which_the_reader_wrote_is_not_that_of_the_answer(label: str):
    """It is in the head of the answer, above the day of that one."""
    assert found(f"Rill Ltd\n{label}\nDate: 9 March 2031\nDear Ms Fox").value == "2031-03-09"


@pytest.mark.parametrize("label", ["Your ref: RF 9 Date:", "Your bill, dated", "Your stay. Date:"])
def test_a_label_behind_what_the_reader_sent_is_the_documents(label: str):
    """A reference ends before the next label, and a bill is what the reader gets."""
    assert found(f"Rill Ltd\n{label} 9 March 2031\nDear Ms Fox").value == "2031-03-09"


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    return {name: finding.value for name, finding in find_values([page(text)]).items()}


@pytest.mark.parametrize(
    "line",
    [
        "Invoice RT-7 of 2 May 2031   £31.00",
        "Rechnung Nr. 7 vom 02.05.2031 31,00 EUR",
        "Factura 7 de 02/05/2031 31,00 €",
    ],
)
def test_the_day_of_the_bill_of_which_a_reminder_reminds_is_not_the_reminders(line: str):
    """The bill is named with its sum; where no other day is, its day may be a suggestion."""
    reminder = f"Otter Ltd\nREMINDER\nDate: 9 June 2031\n{line}\nFee 5.00"

    assert values_of(reminder)["date"] == "2031-06-09"


def test_of_several_days_of_something_none_is_the_documents():
    """A stay has an arrival and a departure, and a bill about it a day of its own."""
    stay = "Otter Inn\nArrival: 5 June 2031\nDeparture: 9 June 2031\nTotal £31.00"

    assert values_of(stay).get("date") is None
    assert values_of(stay.replace("\nDeparture: 9 June 2031", ""))["date"] == "2031-06-05"
    dated = "Open since 5 June 1999\nOtter Ltd\nInvoice no: RT-8\nAt 9 June 2031\nTotal £31.00"
    assert values_of(dated)["date"] != "1999-06-05"
    assert values_of("Otter Inn\nTotal £31.00\nOpen since 5 June 1999").get("date") is None
