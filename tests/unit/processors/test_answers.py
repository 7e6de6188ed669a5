import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import Child, Finding, Findings, PageText, ReadStatus
from processors.sandbox import answers as _answers
from processors.sandbox.output import ProtocolError

INNER = Findings(
    media_type="text/plain",
    status=ReadStatus.PARTIAL,
    doc_type=Finding(None, 0.1, "little"),
    text="Grüße \U0001f600 \x00",
    problems=("a problem",),
)
WHOLE = Findings(
    media_type="application/pdf",
    status=ReadStatus.OK,
    doc_type=Finding("receipt", 1, "it says so", 1, (1.0, 2.5, 3.0, 4.0), "a / b"),
    fields={"total": Finding("1.00", 0.5, "stands there")},
    pages=(
        PageText(1, "ocr", "rapidocr", 0.9, "words", 612.0, 792.0, "no text"),
        PageText(2, "none", None, None, ""),
    ),
    text="words",
    derived={"text.txt": Path("/somewhere/text.txt")},
    children=(Child("inner", INNER, "ab", 12, Path("/somewhere/original")), Child("lost", INNER)),
    metadata={"signed": "true"},
    extension=".pdf",
    left_out={"searchable.pdf": "nothing was recognized"},
)


def test_an_answer_comes_back_as_it_was(tmp_path: Path):
    """Findings with everything in them are the same on the other side."""
    _answers.written(WHOLE, tmp_path / "answer")

    assert _answers.read(tmp_path / "answer") == WHOLE


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"confidence": float("nan")}, "doc_type"),
        ({"confidence": 1.5}, "doc_type"),
        ({"confidence": True}, "doc_type"),
        ({"value": ["a"]}, "doc_type"),
        ({"box": [1, 2, 3]}, "doc_type"),
        ({"box": [1, 2, 3, float("inf")]}, "doc_type"),
        ({"page": -1}, "doc_type"),
        ("great", "status"),
        (None, "text"),
        ({"text.txt": 5}, "derived"),
        ("words", "problems"),
    ],
)
def test_what_does_not_fit_voids_the_answer(change: object, name: str, tmp_path: Path):
    """A value of another kind than its place asks for is no answer, whatever else is right."""
    _answers.written(WHOLE, tmp_path / "answer")
    raw = json.loads((tmp_path / "answer").read_text())
    findings = raw["findings"]
    findings[name] = (
        {**findings[name], **change} if isinstance(change, dict) and name == "doc_type" else change
    )
    (tmp_path / "answer").write_text(json.dumps(raw))

    with pytest.raises(ProtocolError):
        _answers.read(tmp_path / "answer")


def test_answers_nested_without_end_are_refused(tmp_path: Path):
    """An answer deeper than documents are read is none."""
    deep = INNER
    for _ in range(40):
        deep = replace(INNER, children=(Child("deeper", deep),))
    _answers.written(deep, tmp_path / "answer")

    with pytest.raises(ProtocolError):
        _answers.read(tmp_path / "answer")
