"""What `find_values` promises about places, parties, addresses, periods, order numbers, sums due and language."""

from pathlib import Path

import pytest

from pipeline.model import Finding, PageText
from processors import prepared
from processors.classify.classifier import classify
from processors.classify.rules import BadRules, load_rules, parse_rules
from processors.contract import Line, Page, Word
from processors.values import find_values, language


def page(text: str) -> Page:
    """Make a page of text."""
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


def found(text: str, doc_class: str | None = None) -> dict[str, Finding]:
    """Find the values of a text."""
    return find_values([page(text)], doc_class=doc_class)


def value(name: str, text: str, doc_class: str | None = None) -> str | None:
    """Find one value of a text."""
    finding = found(text, doc_class).get(name)
    return finding.value if finding else None


def placed(text: str, top: float) -> Line:
    """Make a line whose words stand side by side, ten points a character."""
    words, left = [], 0.0
    for word in text.split():
        words.append(Word(word, (left, top, left + 10 * len(word), top + 10)))
        left += 10 * len(word) + 10
    return Line(text, (0.0, top, left - 10, top + 10), None, tuple(words))


def test_a_value_has_the_box_of_its_words():
    """The box of a value is that of its own words, not of the whole line."""
    lines = tuple(
        placed(text, 20.0 * n)
        for n, text in enumerate(["INVOICE", "Invoice no: 4711 Date: 2026-02-03", "Total 5.00"])
    )
    text = "\n".join(line.text for line in lines)

    values = find_values(
        [Page(PageText(number=1, source="ocr", engine=None, confidence=None, text=text), lines)]
    )

    assert values["invoice_number"].box == (120.0, 20.0, 160.0, 30.0)
    assert values["date"].box == (230.0, 20.0, 330.0, 30.0)
    assert values["total"].box == (60.0, 40.0, 100.0, 50.0)


def test_without_words_the_line_is_the_place():
    """If words have no positions, the value has the box of its line."""
    line = Line("Total 5.00", (1.0, 2.0, 3.0, 4.0))

    values = find_values(
        [
            Page(
                PageText(number=1, source="ocr", engine=None, confidence=None, text=line.text),
                (line,),
            )
        ]
    )

    assert values["total"].box == (1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    ("text", "buyer"),
    [
        ("INVOICE\nSmall Seller Ltd\nBill to: Big Buyer GmbH\nTotal 5.00", "Big Buyer GmbH"),
        (
            "INVOICE\nSmall Seller Ltd\nSold to\nBig Buyer GmbH\nLong Road 1\nTotal 5.00",
            "Big Buyer GmbH",
        ),
        (
            "RECHNUNG\nKleine AG\nKäufer:\nNummer: 47110815\nName: Große Käufer KG\nSumme 5,00 EUR",
            "Große Käufer KG",
        ),
        (
            "INVOICE\nSmall Seller Ltd\nBill to:\nATTN: Big Buyer Limited\nTotal 5.00",
            "Big Buyer Limited",
        ),
        (
            "Kleine GmbH · Gasse 1 · 12345 Stadt\nPetra Käuferin\nWeg 2\n54321 Dorf\nRechnung Nr. 4711\nSumme 5,00 EUR",
            "Petra Käuferin",
        ),
        (
            "RECHNUNG\nKleine AG\nRechnungsempfänger:\nGroße Käufer KG\nSumme 5,00 EUR",
            "Große Käufer KG",
        ),
        ("INVOICE 8\nBuyer: Vole Nursery, Fell Row 9, 30-002 Kendal\nTotal 5.00", "Vole Nursery"),
        ("INVOICE 8\nBuyer: Vole Nursery, 14 Fell Row\nTotal 5.00", "Vole Nursery"),
        ("INVOICE 8\nBuyer: Vole, Rill & Beck\nTotal 5.00", "Vole, Rill & Beck"),
        ("INVOICE 8\nBuyer: Vole, 5 Senses Cooking\nTotal 5.00", "Vole, 5 Senses Cooking"),
        ("INVOICE 8\nBuyer: Vole, Dock 12, Beck Sons\nTotal 5.00", "Vole, Dock 12, Beck Sons"),
        ("INVOICE 8\nBuyer: Vole Nursery, Ely CB7 4DL\nTotal 5.00", "Vole Nursery"),
        ("INVOICE 8\nBuyer: Vole, 3 Rivers Ltd\nTotal 5.00", "Vole, 3 Rivers Ltd"),
        ("TAX INVOICE 8\nBuyer (Bill to): Vole Traders\nTotal 5.00", "Vole Traders"),
    ],
)
def test_buyer(text: str, buyer: str):
    """The buyer is after, or below, words that say so."""
    assert value("buyer", text) == buyer


def test_seller_is_who_issued_the_bill():
    """On a bill the company that issued it is the seller."""
    assert (
        value("seller", "INVOICE\nSmall Seller Ltd\nBill to: Big Buyer GmbH\nTotal 5.00")
        == "Small Seller Ltd"
    )


@pytest.mark.parametrize(
    "text",
    [
        'SERVICE AGREEMENT\nThis is made by and between Kettle Works Ltd (the "Supplier"),\nand Ada Lovelace.',
        "LEASE\nLandlord: Kettle Works Ltd\nTenant: Ada Lovelace\nRent: 5.00",
        "Mietvertrag\nzwischen Kettle Works Ltd, Teeweg 1,\nund Ada Lovelace, Kannenweg 2",
    ],
)
def test_parties_of_a_contract(text: str):
    """Both parties are named, from the sentence or the roles."""
    assert value("parties", text, "contract") == "Kettle Works Ltd; Ada Lovelace"


def test_owner_of_a_resume():
    """A resume is headed by the name of its owner."""
    assert (
        value("person", "Curriculum Vitae\nAda B. Lovelace\nEducation\nLondon", "resume")
        == "Ada B. Lovelace"
    )


def test_holder_of_a_card_without_a_zone():
    """Names behind their labels are put together."""
    assert (
        value("person", "IDENTITY CARD\nSurname: Lovelace\nGiven names: Ada", "identity_document")
        == "Ada Lovelace"
    )


def test_address_of_the_issuer():
    """The lines below the company, from street to town, are its address."""
    text = "Blue Kettle Trading Ltd\n(Reg no 123)\n12 Tea Street\nWestbourne\nLondon W2 4AB\nTel 020 7946 0000\nTotal 5.00"

    assert value("address", text) == "12 Tea Street Westbourne London W2 4AB"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Purchase order no: PO-778", "PO-778"),
        ("Bestellnummer: 4500123", "4500123"),
        ("N° de commande : C2026-9", "C2026-9"),
    ],
)
def test_order_number(text: str, number: str):
    """The number of the order is after its label."""
    assert value("order_number", text) == number


@pytest.mark.parametrize(
    "text",
    ["Billing period: 01/01/2026 - 31/01/2026", "Leistungszeitraum\n01.01.2026 bis 31.01.2026"],
)
def test_period(text: str):
    """Two joined dates behind a word for a stretch of time are the period."""
    assert value("period", text) == "2026-01-01/2026-01-31"


def test_amount_due_beside_the_total():
    """What is still to be paid is distinguished from the total."""
    values = found("INVOICE\nTotal 100.00\nPaid 40.00\nAmount due 60.00")

    assert (values["total"].value, values["amount_due"].value) == ("100.00", "60.00")


def test_settings_settle_the_order_of_dates():
    """Where the document does not say, the settings decide between day and month; the document comes first."""
    open_date, clear = page("Date: 03/04/2018"), page("Date: 03/04/2018\nDelivery date: 28/03/2018")

    assert find_values([open_date], date_order="mdy")["date"].value == "2018-03-04"
    assert find_values([clear], date_order="mdy")["date"].value == "2018-04-03"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "We thank you for your letter and are pleased to inform you that the engine runs well again since Monday.",
            "en",
        ),
        (
            "Wir danken Ihnen für Ihr Schreiben und freuen uns, dass die Maschine seit Montag wieder läuft.",
            "de",
        ),
        (
            "Nous vous remercions de votre lettre et sommes heureux que la machine fonctionne depuis lundi.",
            "fr",
        ),
        (
            "Le agradecemos su carta y nos alegra que la máquina funcione de nuevo desde el lunes pasado.",
            "es",
        ),
        (
            "Ringraziamo per la lettera e siamo lieti che la macchina funzioni di nuovo da lunedì scorso.",
            "it",
        ),
    ],
)
def test_language(text: str, code: str):
    """The language of running text is returned as its code."""
    assert value("language", text) == code


@pytest.mark.slow
def test_the_unpacked_model_decides_as_the_packed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The model from the cache gives the same language and probability."""
    monkeypatch.setattr(prepared, "_opened", {})
    packed = language._packed_model()
    prepared.open_all(language.recipes(), folder=tmp_path / "cache")
    content = prepared.content("language")
    assert content is not None

    unpacked = language._unpacked_model(content)

    for text in ("the brown fox jumps over the dog", "der braune Fuchs springt", "12.50 EUR", ""):
        assert unpacked.rank(text) == packed.rank(text)


def test_too_little_text_has_no_language():
    """A few letters are not enough to name a language."""
    assert "language" not in found("Total 5.00")


def test_own_rules_add_a_class():
    """A user's rules name a class of their own, with the evidence reported."""
    rules = '[[rules]]\nclass = "delivery_note"\nwhere = "title"\nweight = 9.0\nmost = 1\nwords = ["Packing slip"]'

    finding = classify(
        [page("PACKING SLIP\nfor your parcel of May")], media_type="text/plain", own_rules=rules
    )

    assert finding.value == "delivery_note"
    assert "'packing slip'" in finding.reason


@pytest.mark.parametrize(("needs", "doc_class"), [("#", "delivery_note"), ("%", None)])
@pytest.mark.parametrize("found_by", ["words = ['packing']", "patterns = ['packing']"])
def test_own_rules_search_lines_with_what_they_need(
    needs: str, doc_class: str | None, found_by: str
):
    """A rule that needs a character looks only at lines with it."""
    head = '[[rules]]\nclass = "delivery_note"\nwhere = "any"\nweight = 9.0\nmost = 1\n'

    finding = classify(
        [page("The packing of parcel # 12")],
        media_type="text/plain",
        own_rules=f"{head}{found_by}\nneeds = '{needs}'",
    )

    assert finding.value == doc_class


def test_a_word_within_another_is_a_word_of_its_own_rule():
    """Rules share one look for words; where one begins within that of another, both count."""
    rule = '[[rules]]\nclass = "{}"\nwhere = "any"\nweight = {}\nmost = 1\nwords = ["{}"]\n'
    rules = rule.format("dispatch", 5, "packing slip") + rule.format("slips", 9, "slip number")

    finding = classify(
        [page("Our packing slip number is below")], media_type="text/plain", own_rules=rules
    )

    assert finding.value == "slips"
    assert [each.value for each in finding.others] == ["dispatch"]


def test_what_every_word_of_an_own_rule_contains_is_written_as_one_likes():
    """Accents and case make no difference, as in the words."""
    rule = '[[rules]]\nclass = "notice"\nwhere = "any"\nweight = 9\nmost = 1\nneeds = "ABN"\nwords = ["abn number"]'

    assert (
        classify([page("ABN Number 12")], media_type="text/plain", own_rules=rule).value == "notice"
    )


def test_own_rules_replace_a_class():
    """Packaged rules of a class named in `replace` are forgotten, the others stay."""
    rules = parse_rules('replace = ["letter"]\nenough = 5')

    assert {rule.doc_class for rule in load_rules().rules} - {
        rule.doc_class for rule in rules.rules
    } == {"letter"}
    assert rules.enough == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("enough = ", "not TOML"),
        ("enuf = 3", "'enuf' is not known"),
        ('enough = "much"', "enough must be a number"),
        ('replace = "letter"', "list of class names"),
        ("rules = 3", "[[rules]]"),
        (
            '[[rules]]\nclass = "A b"\nwhere = "any"\nweight = 1\nmost = 1\nwords = ["a"]',
            "rule 1: class",
        ),
        (
            '[[rules]]\nclass = "ab"\nwhere = "foot"\nweight = 1\nmost = 1\nwords = ["a"]',
            "one of title, top, any",
        ),
        (
            '[[rules]]\nclass = "ab"\nwhere = "any"\nweight = 1\nmost = 0\nwords = ["a"]',
            "from 1 up",
        ),
        ('[[rules]]\nclass = "ab"\nwhere = "any"\nweight = 1\nmost = 1', "needs words or patterns"),
        (
            '[[rules]]\nclass = "ab"\nwhere = "any"\nweight = 1\nmost = 1\nwords = ["a"]\nneeds = 1',
            "needs must be a text",
        ),
        (
            '[[rules]]\nclass = "ab"\nwhere = "any"\nweight = 1\nmost = 1\npatterns = ["("]',
            "is not a regular expression",
        ),
    ],
)
def test_wrong_rules_are_reported(text: str, said: str):
    """What is wrong in a rules file is reported, with the rule it is in."""
    with pytest.raises(BadRules) as caught:
        parse_rules(text)

    assert said in " ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("money", "day"), [("5.00 €", "2018-04-03"), ("£5.00", "2018-04-03"), ("$5.00", None)]
)
def test_the_currency_settles_a_date_where_its_countries_agree(money: str, day: str | None):
    """A bill in euro or pounds has the day first; a dollar alone may be anybody's."""
    assert value("date", f"Shop\nDate: 03/04/2018\nTotal {money}") == day


def test_sums_and_branches_are_no_address():
    """The address is where a postcode or a street is, not the total, nor a branch with a number."""
    text = "Corner Shop Ltd\nBranch-2\nTax Reg No 12\n5 Mill Street\n90210 Springfield\nTotal 5.00"

    assert value("address", text) == "5 Mill Street 90210 Springfield"
    assert value("address", "Corner Shop Ltd\nTotal 5.00") is None


def test_a_statement_of_an_account_has_no_total():
    """Balances and sums of bookings are nothing that a statement is about in all."""
    text = (
        "Fell Bank\nBank statement\nOpening balance 500.00\nTotal paid out 320.00\nBalance 180.00"
    )

    assert found(text, "bank_statement").keys().isdisjoint({"total", "net", "tax", "amount_due"})


@pytest.mark.parametrize(
    ("entries", "due"),
    [
        ("Opening balance 500.00\n14/05/2031 Payment 250.00 CR\nClosing balance 250.00", None),
        ("Invoice 881 01/05/2031 500.00\nPayment 250.00 CR\nAmount due 250.00", "250.00"),
        ("Invoice 881 500.00\nTotal 250.00 CR", None),
    ],
)
def test_a_statement_lists_bills_and_is_none(entries: str, due: str | None):
    """What a customer owes is due, but neither a balance nor the number of a bill is its own."""
    text = f"Rill Ltd\nCUSTOMER STATEMENT\n31 May 2031\n{entries}"

    assert [value(name, text) for name in ("total", "invoice_number")] == [None, None]
    assert value("amount_due", text) == due


def test_a_bill_called_statement_has_its_total():
    """A bill that says its number is one, whatever else it is called."""
    text = "Rill Ltd\nStatement\nInvoice no: R-881\n3 May 2031\nTea 9.00\nTotal 9.00"

    assert (value("total", text), value("invoice_number", text)) == ("9.00", "R-881")
