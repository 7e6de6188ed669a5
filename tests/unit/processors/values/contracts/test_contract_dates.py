"""What the date of a contract promises: it is the day from which the contract is in force."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def date_of(text: str, doc_class: str | None = "contract") -> str | None:
    """Return the date found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    found = find_values([page], doc_class=doc_class).get("date")
    return found.value if found else None


@pytest.mark.parametrize(
    "opening",
    [
        "This Agreement is made effective as of May 4, 2011, by and between A and B.",
        "THIS AGREEMENT, dated as of May\n4, 2011, is between A and B.",
        "This Agreement is made as of the 4th day of May, 2011 by A and B.",
        "This Agreement is made and entered into this 4 th day of May , 2011 by A and B.",
        "This Agreement is made as of the 4 day of th\nMay, 2011 by A and B.",
        "This Agreement is signed on June 1, 2011 and effective May 4, 2011.",
        "This Agreement is made this fourth day of May, two thousand and eleven, by A and B.",
        "This Agreement is between A and B, commencing on May 4, 2011.",
        "This lease begins on 4 May 2011.",
        "This Agreement is made this fourth (4th) day of May, Two Thousand Eleven (2011), by A.",
        "This deed is effective as of 12:01 a.m. Central Time on May 4, 2011, by A and B.",
        "A assigns its contract with B. Effective date of assignment: May 4, 2011.",
        "A and B agree as follows on this 4th day of May, 2011:",
        "This license is granted on 4 May in the year two thousand eleven by A to B.",
        "THIS AGREEMENT, made the 4th day of May A.D. 2011, by A and B.",
        "This amends that certain Lease dated as of May 5, 2009 and is made as of May 4, 2011.",
        "Date of lease: May 5, 2009\nDate of this amendment: May 4, 2011",
        "Given at Tarn on May 4, 2011.",
    ],
)
def test_date_of_the_opening_sentence(opening: str):
    """It is found over two lines, with raised letters, and before dates of other papers."""
    text = f"SUPPLY AGREEMENT\n{opening}\nThe letter dated July 7, 2010 ends.\nDate: 2011-08-09"

    assert date_of(text) == "2011-05-04"


def test_the_reason_quotes_whole_words():
    """A long label is quoted from the beginning of a word on; a short one as it is."""
    long = "SUPPLY AGREEMENT\nThis supply agreement is made and entered into as of May 4, 2011."
    text = PageText(number=1, source="text", engine=None, confidence=None, text=long)
    reason = find_values([Page(text)], doc_class="contract")["date"].reason
    quoted = reason.split("after '")[1].split("'")[0]

    assert f" {quoted} " in " ".join(long.lower().split())


def test_date_with_two_readings():
    """A date that may be two days is left to the order of the whole document."""
    text = "SUPPLY AGREEMENT\nThis Agreement is effective as of 4/5/2011 between A and B."

    assert date_of(text) is None


def test_other_documents_keep_their_date():
    """A letter with such a sentence has its own date."""
    text = "Date: 2011-08-09\nThe agreement is effective as of May 4, 2011."

    assert date_of(text, doc_class="letter") == "2011-08-09"


def test_last_signature_counts():
    """Where the last signature decides, the latest date beside one is the contract's."""
    text = (
        "DEED\nIt is effective as of the date of the last signature below. The lease of\n"
        "May 4, 2010 ends.\nRill Ltd\nDate: June 2, 2031\nTarn Ltd\nDate: June 9, 2031"
    )

    assert date_of(text) == "2031-06-09"
    assert date_of(text.replace(", 2031", "")) is None
    for words in (
        "execution by the last party to execute it",
        "date last written",
        "later of the two dates",
    ):
        assert date_of(text.replace("date of the last signature", words)) == "2031-06-09"
    assert date_of(text.replace("Date: ", "Signed: Ida Orr, ")) == "2031-06-09"


def test_entry_into_force():
    """The day of entry into force comes before that of the signature."""
    text = "DEED\nSigning date: 8 May 2031\nThis deed enters into force on 1 June 2031."

    assert date_of(text) == "2031-06-01"


@pytest.mark.parametrize(
    "words",
    [
        "mit Wirkung vom 4. Mai 2011",
        "met ingang van 4 mei 2011",
        "conclue le 4 mai 2011",
        "(diese Vereinbarung wird am 4. Mai 2011 geschlossen)",
        "e o contrato entra em vigor em 4 de maio de 2011",
        "in de overeenkomst, aangegaan op 4 mei 2011",
    ],
)
def test_days_of_other_languages(words: str):
    """The day from which a contract is in force is found in other languages, too."""
    assert date_of(f"VERTRAG\nA und B vereinbaren {words} dies:") == "2011-05-04"


def test_blank_day_is_open():
    """Where the day is left blank, that of another contract does not take its place."""
    text = (
        "AMENDMENT\nThis Amendment is made as of the ___ day of ______, 2031, by A and B.\n"
        "The parties made that certain Lease dated as of May 4, 2011."
    )

    assert date_of(text) is None


def test_day_that_a_sentence_mentions():
    """A day on which something else happened is open, and its date is kept as the reason."""
    text = "SUPPLY AGREEMENT\nBetween A and B. The seller was granted a patent on May 4, 2011.\n"

    assert date_of(text) is None
    assert date_of(text + "Signed by both parties on May 6, 2011") == "2011-05-06"


@pytest.mark.parametrize(
    "sentence",
    [
        "Il contratto tra A e Ida Orr, nata il 3 marzo 1980, vale con decorrenza dal 4 maggio 2031.",
        "Umowa z Ida Orr, ur. 3 marca 1980, wchodzi w życie z dniem 4 maja 2031.",
        "Ida Orr, nacida el 3 de marzo de 1980. Entra en vigor a partir del 4 de mayo de 2031.",
        "Ida Orr, née le 3 mars 1980. Le contrat prend effet à compter du 4 mai 2031.",
        "Ida Orr, geb. 3. März 1980. Der Vertrag gilt ab dem 4. Mai 2031.",
    ],
)
def test_day_in_force_and_no_birthday(sentence: str):
    """Small words may be before the day in every language, and a birthday is none."""
    assert date_of(f"CONTRACT\n{sentence}") == "2031-05-04"


def test_birthday_alone_is_no_date():
    """Where a contract prints only when a party was born, its date is open."""
    assert date_of("CONTRATTO\nTra Rill S.r.l. e Ida Orr, nata a Ely il 3 marzo 1980.") is None


def test_effective_date_of_something_else():
    """The day of a cover or a termination is not the day of the contract."""
    text = "RILL AGREEMENT\nDate: 4 May 2031\nEffective date of {}: 9 July 2031\n"

    assert date_of(text.format("cover")) == "2031-05-04"
    assert date_of(text.format("agreement")) == "2031-07-09"


def test_an_amendment_is_not_in_force_from_the_day_of_what_it_amends():
    """The effective date of the agreement is that of another contract there."""
    text = (
        "AMENDMENT NO. 2\nThis amendment, dated 9 May 2031, amends the agreement dated 3 May 2020"
        " between Otter Ltd and Rill LLC. Effective date of the agreement: 1 January 2020."
    )

    assert date_of(text) == "2031-05-09"


def test_day_of_a_witness_does_not_count():
    """Of the dates at signatures the last one is that of a party: a witness may sign later."""
    text = (
        "This is in force from the date of the last signature.\nThis was signed as follows:\n"
        "Signed: Ida Quill Date: 2 May 2011\nSigned: Una Orr Date: 4 May 2011\n"
        "Witnessed by: Jon Fell Date: 9 May 2011\nSworn before me\nDate: 11 May 2011"
    )

    assert date_of(text) == "2011-05-04"


@pytest.mark.parametrize(
    "text",
    [
        "Start date: 4 May 2011\nSigned: Ida Quill\nDate: 2 April 2011",
        "Das Mietverhältnis beginnt am 4. Mai 2011.\nAhn, den 2. April 2011",
        "Le bail est consenti pour un an à compter du 4 mai 2011.\nFait à Lyon, le 2 avril 2011",
        "Rill and Orr agree to vary the supply from 4 May 2011.\nSigned on 2 April 2011",
    ],
)
def test_day_on_which_it_begins(text: str):
    """A contract may be signed before the day on which what it agrees begins."""
    assert date_of(text) == "2011-05-04"


@pytest.mark.parametrize(
    "terms",
    [
        "Rill Farm offers you the post of herder from 4 May 2011.",
        "Your appointment with Rill Farm will begin on 4 May 2011.",
        "Field 7 is let to Ida Quill from 4 May 2011 at £80.",
        "Der Stall Nr. 7 wird ab 4. Mai 2011 verpachtet.",
        "Mme Quill est engagée à compter du 4 mai 2011.",
    ],
)
def test_the_day_from_which_it_holds_counts_before_the_one_of_the_signatures(terms: str):
    """Who signs in April what holds from May has a contract of May."""
    assert date_of(f"{terms}\nSigned at Tarn on 9 April 2011") == "2011-05-04"


def test_who_was_employed_before_is_no_start_of_a_contract():
    """The agreement that ends an employment names the day on which that one began."""
    text = "The Manager has been employed by Rill from 4 May 2001.\nSigned at Tarn on 9 April 2011"

    assert date_of(text) == "2011-04-09"


def test_the_day_of_a_notary():
    """A deed is of the day on which the notary took it down."""
    text = "Verhandelt zu Tarn am 4. Mai 2011\nHerr Fuchs, geboren am 7. Juni 1950, verkauft."

    assert date_of(text) == "2011-05-04"


@pytest.mark.parametrize("dated", ["May 4, 2011", "Date: May 4, 2011", "Tarn, May 4, 2011"])
@pytest.mark.parametrize(
    "offer",
    [
        "We offer you the position of clerk, starting on June 1, 2011.",
        "Your employment with Rill Ltd will begin on June 1, 2011.",
        "You are hired as a clerk effective June 1, 2011.",
        "You are appointed to the post of clerk from June 1, 2011.",
    ],
)
def test_the_day_of_a_letter_that_offers_a_post(dated: str, offer: str):
    """The letter is of its own day, and not of the one on which the work begins."""
    assert date_of(f"Rill Ltd\n{dated}\nDear Ann,\n{offer}\nSincerely,") == "2011-05-04"


def test_a_post_in_a_contract_that_is_no_letter():
    """It has no other day from which it holds."""
    assert date_of("CONTRACT\nYour employment begins on June 1, 2011.") == "2011-06-01"


def test_the_day_of_an_agreement_under_which_another_one_is_made():
    """A trust under an agreement has that one's day, and the paper that changes it another one."""
    text = "AMENDMENT\nIda Q. Orr amends the Orr Trust under agreement dated May 3, 2009."

    assert date_of(text) is None


def test_dates_with_points_have_the_day_first():
    """Another date need not show the order."""
    text = "VERTRAG\nDer Vertrag tritt am 04.05.2011 in Kraft.\nTarn, den 06.03.2011"

    assert date_of(text) == "2011-05-04"
    assert date_of("CONTRACT\nThis Agreement is effective as of 4/5/2011.") is None
