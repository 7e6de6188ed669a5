"""Mapping on the page: what a column can take, and what would be written."""

import html
import re

import pytest

from tests.unit.web.conftest import Browser, Office, words
from tests.unit.web.mapping.bills import NEW, controls


def test_the_account_is_shown_with_fields_and_counts(mapper: Browser):
    """Tables, views and folders are listed, with what a profile may not read; looking is a job."""
    text = words(mapper.get("/sources/new"))

    assert "table Bills Scan ATTACHMENT · 3 records · 3 files 7 columns" in text
    assert "view Open" in text
    assert "folder /In 2 files" in text
    assert "with 7 Caspio calls" in text


def test_suggestions_say_what_speaks_for_them(mapper: Browser):
    """A column whose values agree with the documents is proposed whatever it is called."""
    page = mapper.get(NEW)

    assert "suggested total: 2 of 2 sample records agree" in words(page)
    assert controls(page)["finding:Sum"] == "total"
    assert controls(page)["finding:DocType"] == "doc_type"
    assert "Takes nothing: it is calculated or read-only" in words(page)


def test_types_that_never_hold_a_value_cannot_be_chosen(mapper: Browser):
    """The date is no choice of an amount; a form that asks for it all the same is refused."""
    page = mapper.get(NEW)
    (choices,) = re.findall(r'<select name="finding:Sum".*?</select>', page, re.DOTALL)
    refused = mapper.post("/sources/new/review", **{**controls(page), "finding:Sum": "date"})

    assert 'value="net"' in choices
    assert 'value="date"' not in choices
    assert "of type CURRENCY, which never holds 'date'" in html.unescape(words(refused))


def test_documents_show_what_would_be_written(mapper: Browser):
    """Values, names and what is left to users are shown before anything is saved, with the cost."""
    form = controls(mapper.get(NEW)) | {"finding:Paid": "date", "rename": "{{ total }}"}
    text = words(mapper.post("/sources/new/check", **form))

    assert "Bills 3" in text
    assert "Sum : empty → 12.5" in text
    assert "Paid : empty → 2026-03-31" in text
    assert "→ 12.50.pdf" in text
    assert "Calls a month to look for new files 1,440" in text
    assert "Calls for each new document 4" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rename": "{{ total"}, "rename"),
        ({"write_at": "much"}, "write a number from 0 to 1"),
        ({"write_at:Sum": "2"}, "less than or equal to 1"),
        ({"suggest_at": "0,99"}, "suggest_at 0.99 is above write_at 0.95"),
        ({"schedule": "every day"}, "a schedule has five fields"),
        ({"name": "a b"}, "name: String should match"),
        ({"name": "receipts"}, "there is a source 'receipts' already"),
        ({"name": "new"}, "an address of this page"),
        ({"new:0": "Sum", "takes:0": "net"}, "a column 'Sum' already"),
        ({"new:0": "Net"}, "needs a name and what it takes"),
        ({"finding:DocType": "", "finding:Sum": ""}, "nothing would be written"),
        ({"finding:DocType": "label:"}, "a label without words"),
        ({"reprocess_column": "Both"}, "make it YES/NO"),
        ({"review": "Bills"}, "has no column"),
        ({"where": "a = ?"}, "is not understood"),
    ],
)
def test_what_no_run_could_use_is_not_saved(
    mapper: Browser, office: Office, values: dict[str, str], said: str
):
    """The form comes back with what is wrong and with everything that was typed; the file stays."""
    before = office.site.config.read_text(encoding="utf-8")
    form = controls(mapper.get(NEW)) | values
    page = mapper.post("/sources/new/review", **form)

    assert said in html.unescape(words(page))
    assert controls(page) == form
    assert office.site.config.read_text(encoding="utf-8") == before


def test_a_condition_is_counted(mapper: Browser):
    """The records that a condition leaves are counted at Caspio; one that it refuses is said."""
    form = controls(mapper.get(NEW))
    fits = mapper.post("/sources/new/check?count=yes", **form | {"where": "a = 1"})
    refused = mapper.post("/sources/new/check", **form | {"where": "a ?", "do": "count"})

    assert "2 records fit." in words(fits)
    assert "a ? is not understood." in words(refused)
