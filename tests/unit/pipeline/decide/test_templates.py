import resource
from dataclasses import replace

import pytest

from pipeline.decide.naming import NameTemplate
from pipeline.model import Finding, Findings, ReadStatus

DOCUMENT = Findings(
    "application/pdf",
    ReadStatus.OK,
    Finding("invoice", 0.9, ""),
    fields={"date": Finding("2026-03-14", 0.9, ""), "company": Finding("x" * 200, 0.9, "")},
    extension="pdf",
)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10**10**10 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ company.ljust(999999999) }}",
        "{{ 'a' | center(999999999) }}",
        "{{ 'a' | indent(999999999) }}",
        "{% for a in company %}{% for b in company %}{% for c in company %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% set a = company %}" + "{% set a = a ~ a %}" * 30 + "{{ a }}",
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
        "{% filter upper %}{{ company }}{% endfilter %}",
        "{{ 'aaaaaaaa'" + " | replace('a', 'aaaaaaaa')" * 20 + " }}",
        "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
        "{{ " + "-" * 900 + "1 }}",
        "x" * 1_001,
    ],
)
def test_no_template_burns_time_or_memory(source: str):
    """A template made to take long or grow large is refused when settings load, before it has cost anything."""
    before = resource.getrusage(resource.RUSAGE_SELF)

    with pytest.raises(ValueError, match="rename template"):
        NameTemplate(source)

    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_maxrss - before.ru_maxrss < 100_000
    assert after.ru_utime - before.ru_utime < 5


@pytest.mark.parametrize(
    ("source", "said"),
    [("{{ company.upper() }}", "| upper"), ("{% for c in company %}{% endfor %}", "without loops")],
)
def test_what_is_left_out_is_reported_with_a_way(source: str, said: str):
    """The message says what to write instead."""
    with pytest.raises(ValueError, match="is not allowed") as caught:
        NameTemplate(source)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ date | year }} {{ doc_type }}", "2026 invoice.pdf"),
        ("{{ date | month }}", "2026-03.pdf"),
        ("{{ date | day }}", "2026-03-14.pdf"),
        ("{{ date[:4] ~ '-' ~ doc_type | upper }}", "2026-INVOICE.pdf"),
        (
            "{% if doc_type == 'invoice' and date is defined %}bill{% else %}other{% endif %}",
            "bill.pdf",
        ),
        ("{{ doc_type | replace('invoice', 'Rechnung') }}", "Rechnung.pdf"),
        ("{{ iban | default('none') }}", "none.pdf"),
    ],
)
def test_a_template_still_says_what_names_need(source: str, name: str):
    """Parts of dates, conditions, defaults and replacements work."""
    assert NameTemplate(source).render(DOCUMENT, current="a.pdf", original="a.pdf").name == name


def test_a_date_that_is_none_keeps_the_name():
    """Dates are ISO dates and nothing else."""
    other = replace(DOCUMENT, fields={"date": Finding("14.03.2026", 0.9, "")})

    named = NameTemplate("{{ date | year }}").render(other, current="a.pdf", original="a.pdf")

    assert named.name == "a.pdf"
    assert named.problem
