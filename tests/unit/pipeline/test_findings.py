"""The catalogue of findings is all that settings, names, `init` and the docs know of a finding."""

import pytest

from docs.generate.findings import findings
from pipeline.decide.column_values import WRITABLE_TYPES, convert
from pipeline.decide.mapping import refuse_columns
from pipeline.decide.naming import NameTemplate
from pipeline.finding_kinds import FindingKind
from pipeline.findings import FACT_NAMES, FINDING_NAMES, FINDINGS
from pipeline.model import Column, SourceSpec
from pipeline.model.schema import Container
from pipeline.onboarding.column_matching import match_columns
from pipeline.onboarding.foreign_headers import FOREIGN_HEADERS, POSSIBLE_FOREIGN_HEADERS, spelled
from pipeline.settings.sources import SourceSettings

EACH_KIND = pytest.mark.parametrize("kind", FINDINGS.values(), ids=FINDINGS.keys())


@EACH_KIND
def test_settings_accept_every_finding(kind: FindingKind):
    """A column can be mapped to each entry of the catalogue."""
    settings = SourceSettings(name="papers", table="Papers", columns={"Column": kind.name})

    assert settings.spec().columns == {"Column": kind.name}


@EACH_KIND
def test_the_best_columns_of_a_finding_hold_its_sample(kind: FindingKind):
    """A column of each type that suits a finding takes the sample, and the check before a run passes."""
    for column_type in kind.column_types:
        column = Column("Column", column_type)
        spec = SourceSpec("papers", table="Papers", columns={"Column": kind.name})

        assert column_type in WRITABLE_TYPES
        assert convert(kind.sample, column) not in {None, ""}
        assert list(refuse_columns(spec, {"Column": column})) == []


@pytest.mark.parametrize("name", sorted(FINDING_NAMES))
def test_names_of_files_can_use_every_finding(name: str):
    """A template that names a finding compiles."""
    assert NameTemplate(f"{{{{ {name} }}}}").source


HEADERS = [(kind, header) for kind in FINDINGS.values() for header in kind.headers]


@pytest.mark.parametrize(("kind", "header"), HEADERS, ids=[header for _, header in HEADERS])
def test_init_takes_a_column_that_is_named_like_a_header(kind: FindingKind, header: str):
    """A column named like a header of a finding, and of the type that suits it best, is mapped to it."""
    column = Column(header, kind.column_types[0])

    (match,), _ = match_columns(Container("Papers", is_view=False, columns={header: column}))

    assert (match.column, match.finding) == (header, kind.name)


def test_the_docs_have_a_row_for_every_finding():
    """What is generated for the page about values describes each entry once."""
    read, facts = findings("read"), findings("facts")

    assert all(read.count(f"| `{name}` |") == 1 for name in FINDING_NAMES)
    assert all(facts.count(f"| `{name}` |") == 1 for name in FACT_NAMES)
    assert all(kind.description for kind in FINDINGS.values())


def test_no_header_means_two_findings():
    """`init` never has to choose between two findings for the same name."""
    headers = [header for kind in FINDINGS.values() for header in kind.headers]

    assert len(headers) == len(set(headers))


def test_no_header_in_another_language_means_two_findings():
    """Neither among themselves nor beside the English ones."""
    foreign = [
        (text, name)
        for by_finding in (FOREIGN_HEADERS, POSSIBLE_FOREIGN_HEADERS)
        for name, by_spelling in by_finding.items()
        for text in by_spelling
    ]
    english = {
        (spelled(header), kind.name)
        for kind in FINDINGS.values()
        for header in (*kind.headers, *kind.possible_headers)
    }
    taken = dict([*english, *foreign])

    assert {name for _, name in foreign} <= FINDINGS.keys()
    assert [(text, name) for text, name in (*english, *foreign) if taken[text] != name] == []
