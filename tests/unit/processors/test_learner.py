"""The learner as the pipeline sees it: files of pages and values in, JSON and choices out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.labels import LEARNED
from pipeline.model import Column, Finding
from pipeline.ports.learner import LearningExample
from processors.learner import MOST_LINES, MOST_PAGES, ColumnLearner, kind_of, load_pages
from processors.learning import ColumnKind

COMPANY = Column("Company", "STRING")


def pages(folder: Path, name: str, *texts: str, number: int = 1) -> Path:
    """Write a pages.json as a reader leaves it, with the same lines on each of its pages."""
    lines = [
        {"text": text, "box": [50, 40 + 20 * i, 300, 52 + 20 * i], "confidence": 0.9, "words": []}
        for i, text in enumerate(texts)
    ]
    each = [
        json.dumps(
            {
                "number": page + 1,
                "source": "text",
                "engine": None,
                "reason": "",
                "confidence": 0.9,
                "width_pt": 595.0,
                "height_pt": 842.0,
                "turned_deg": 0,
                "text": "\n".join(texts),
                "lines": lines,
            },
            separators=(",", ":"),
        )
        for page in range(number)
    ]
    path = folder / f"{name}.json"
    path.write_text('{"format":"pages","version":1,"pages":[\n' + ",\n".join(each) + "\n]}\n")
    return path


def filled(folder: Path, number: int) -> LearningExample:
    """Return a record whose company somebody typed as it is printed."""
    company = ["Northwind Ltd", "Contoso Inc"][number % 2]
    return LearningExample(
        str(number),
        f"digest {number}",
        pages(folder, str(number), company, "12 Mill Street", f"Receipt {number}", "Total 12.50"),
        {"company": Finding(company, 0.8, "the first line", 1, (50, 40, 300, 52))},
        company,
        1.0,
        f"2026-01-{number + 1:02d}",
    )


def test_what_is_learned_is_chosen(tmp_path: Path):
    """A model is JSON; with it the value of a new document of a known sender is chosen, with its place."""
    learner = ColumnLearner()
    lesson = learner.learn(COMPANY, "company", [filled(tmp_path, number) for number in range(12)])
    assert lesson is not None
    new = filled(tmp_path, 13)
    assert new.pages is not None

    chosen = learner.choose({"Company": lesson.document}, new.pages, new.findings)

    assert json.loads(lesson.document)
    assert json.loads(json.dumps(lesson.report))["records"] == 12
    assert (chosen["Company"].value, chosen["Company"].stratum) == ("Contoso Inc", "read and known")
    assert chosen["Company"].place is not None
    assert chosen["Company"].place.page == 1


@pytest.mark.slow
def test_the_report_says_how_right_a_column_is_by_its_records(tmp_path: Path):
    """With fifty records ten judge, and the others are learned from."""
    records = [filled(tmp_path, number) for number in range(50)]

    lesson = ColumnLearner().learn(COMPANY, "company", records)

    assert lesson is not None
    assert lesson.report["curve"] == [[10, 1.0], [25, 1.0]]


def test_too_few_records_teach_nothing(tmp_path: Path):
    """Two records are no column."""
    assert ColumnLearner().learn(COMPANY, "company", [filled(tmp_path, n) for n in (1, 2)]) is None


def test_a_doubt_about_what_is_not_printed_names_no_page(tmp_path: Path):
    """A cost center is known from the documents of its sender: no page says it."""
    records = [
        replace(filled(tmp_path, number), value=["K100", "K200"][number % 2])
        for number in range(30)
    ]
    records[7] = replace(records[7], value="K100")

    lesson = ColumnLearner().learn(Column("Cost center", "STRING"), LEARNED, records)

    assert lesson is not None
    assert [doubt.reason for doubt in lesson.doubts] == [
        "typed 'K100', records with such documents have 'K200'"
    ]


def test_a_model_that_cannot_be_used_is_left_out(tmp_path: Path):
    """A model of another version chooses nothing, and keeps the others from nothing."""
    new = filled(tmp_path, 1)
    assert new.pages is not None
    assert ColumnLearner().choose({"Company": "{}", "Other": "no JSON"}, new.pages, {}) == {}


def test_of_a_long_document_the_beginning_is_looked_at(tmp_path: Path):
    """Neither pages nor lines without end are loaded."""
    long = pages(tmp_path, "long", *["line"] * (MOST_LINES + 1), number=MOST_PAGES + 1)

    loaded = load_pages(long)

    assert [len(page.lines) for page in loaded] == [MOST_LINES] * MOST_PAGES


@pytest.mark.parametrize(
    ("column_type", "finding", "values", "kind"),
    [
        ("DATE/TIME", "learned", [], ColumnKind.DATE),
        ("CURRENCY", "total", [], ColumnKind.AMOUNT),
        ("YES/NO", "learned", [], ColumnKind.YES_NO),
        ("STRING", "date", [], ColumnKind.DATE),
        ("STRING", "parties", [], ColumnKind.LIST),
        ("STRING", "doc_type", [], ColumnKind.CHOICE),
        ("STRING", "learned", ["C-1", "C-2"] * 10, ColumnKind.CHOICE),
    ],
)
def test_the_kind_of_a_column(column_type: str, finding: str, values: list[str], kind: ColumnKind):
    """Its type says it, or its finding, or else its values."""
    assert kind_of(Column("X", column_type), finding, values) is kind


@pytest.mark.parametrize(
    "page",
    [
        '{"number":1}',
        '{"number":1,"text":[[[',
        '{"number":' + "[" * 100_000,
        '{"number":1,"lines":7}',
    ],
    ids=["without text", "cut off", "deep", "of another shape"],
)
def test_pages_of_an_attacker_choose_nothing(tmp_path: Path, page: str):
    """Whatever a reader process leaves there, the record is worked on all the same."""
    learner = ColumnLearner()
    lesson = learner.learn(COMPANY, "company", [filled(tmp_path, number) for number in range(6)])
    assert lesson is not None
    path = tmp_path / "hostile.json"
    path.write_text(f'{{"format":"pages","version":1,"pages":[\n{page}\n]}}\n')

    assert learner.choose({"Company": lesson.document}, path, {}) == {}
