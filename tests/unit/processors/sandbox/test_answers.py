import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pipeline.model import Candidate, Child, Finding, Findings, PageText, ReadStatus
from pipeline.model.reading import MOST_CANDIDATES
from processors.sandbox import answers
from processors.sandbox.answers import Bug, ProtocolError
from processors.sandbox.isolation import Granted

OTHER = Candidate("2.00", 0.25, "it is below", 1, (1.0, 2.0, 3.0, 4.0))
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
    fields={"total": Finding("1.00", 0.5, "it is there", others=(OTHER,))},
    pages=(
        PageText(1, "ocr", "rapidocr", 0.9, "words", 612.0, 792.0, "no text"),
        PageText(2, "none", None, None, ""),
    ),
    text="words",
    derived={"text.txt": Path("text.txt")},
    children=(
        Child("inner", INNER, "ab", 12, Path("children/001/original")),
        Child("lost", INNER, page_range=(3, 4)),
    ),
    metadata={"signed": "true"},
    extension=".pdf",
    left_out={"searchable.pdf": "nothing was recognized"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """The child's folder, open."""
    number = os.open(tmp_path, os.O_RDONLY)
    yield number
    os.close(number)


def _with_paths(findings: Findings, work: Path) -> Findings:
    """Return findings as a child has them: their paths lead from the root."""
    return replace(
        findings,
        derived={name: work / path for name, path in findings.derived.items()},
        children=tuple(
            replace(child, path=child.path and work / child.path) for child in findings.children
        ),
    )


@pytest.mark.parametrize(
    "answer",
    [
        Bug("ValueError", "a trace"),
        Granted(),
        Granted(("pid", "mount"), 7, filtered=True, group="ends", memory_mib=1, output_mib=3),
    ],
)
def test_other_answers_come_back_as_they_were(
    answer: answers.ChildAnswer, folder: int, tmp_path: Path
):
    """An error and what was granted are the same on the other side."""
    answers.write(answer, tmp_path)

    assert answers.read(folder) == answer


def test_an_answer_comes_back_as_it_was(folder: int, tmp_path: Path):
    """Findings with everything in them are the same on the other side, with relative paths."""
    answers.write(_with_paths(WHOLE, tmp_path / "work"), tmp_path)

    assert answers.read(folder) == WHOLE


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
        ({"others": [asdict(OTHER)] * (MOST_CANDIDATES + 1)}, "doc_type"),
        ({"others": [asdict(OTHER) | {"value": "9" * 1000}]}, "doc_type"),
        ({"others": [asdict(OTHER) | {"value": None}]}, "doc_type"),
        ("great", "status"),
        (None, "text"),
        ({"text.txt": 5}, "derived"),
        ({"text.txt": "/etc/passwd"}, "derived"),
        ({"text.txt": "../text.txt"}, "derived"),
        ({"text.txt": ""}, "derived"),
        ("no media type", "media_type"),
        ("../../x", "extension"),
        ("words", "problems"),
    ],
)
def test_what_does_not_fit_voids_the_answer(change: object, name: str, folder: int, tmp_path: Path):
    """A value of another kind than its place asks for is no answer, whatever else is right."""
    answers.write(WHOLE, tmp_path)
    raw = json.loads((tmp_path / answers.FILE).read_text())
    findings = raw["findings"]
    findings[name] = (
        {**findings[name], **change} if isinstance(change, dict) and name == "doc_type" else change
    )
    (tmp_path / answers.FILE).write_text(json.dumps(raw))

    with pytest.raises(ProtocolError):
        answers.read(folder)


def test_answers_nested_without_end_are_refused(folder: int, tmp_path: Path):
    """An answer deeper than documents are read is none."""
    deep = INNER
    for _ in range(40):
        deep = replace(INNER, children=(Child("deeper", deep),))
    answers.write(deep, tmp_path)

    with pytest.raises(ProtocolError):
        answers.read(folder)


def test_half_a_surrogate_pair_becomes_a_replacement(folder: int, tmp_path: Path):
    """Half a surrogate pair does not come through, and a whole pair does."""
    answers.write(replace(INNER, text="a"), tmp_path)
    path = tmp_path / answers.FILE
    path.write_text(path.read_text().replace('"a"', r'"\ud800 \ud83d\ude00 \udfff"'))

    answer = answers.read(folder)

    assert isinstance(answer, Findings)
    assert answer.text == "\ufffd \U0001f600 \ufffd"


def test_a_child_may_say_half_a_pair(folder: int, tmp_path: Path):
    """Text that a document gave to a child comes through, whatever it is."""
    answers.write(replace(INNER, text="a\ud800b"), tmp_path)

    answer = answers.read(folder)

    assert isinstance(answer, Findings)
    assert answer.text == "a\ufffdb"


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda: b'{"findings": "' + b'\\"' * (answers.MOST_BYTES // 2 - 20), id="quotes"
        ),
        pytest.param(lambda: b'\\"' * (answers.MOST_BYTES // 2), id="quotes outside"),
        pytest.param(lambda: b'"' + b"\\" * (answers.MOST_BYTES - 1), id="backslashes"),
        pytest.param(lambda: b"[" * answers.MOST_STRUCTURE_BYTES, id="open lists"),
        pytest.param(lambda: b"[" + b"[]," * (answers.MOST_STRUCTURE_BYTES // 3 - 2), id="lists"),
        pytest.param(lambda: b"[" + b'"",' * (answers.MOST_BYTES // 3 - 1), id="empty texts"),
        pytest.param(lambda: b"[" + b"1," * (answers.MOST_STRUCTURE_BYTES // 2 - 2), id="numbers"),
        pytest.param(lambda: b"9" * answers.MOST_STRUCTURE_BYTES, id="one number"),
        pytest.param(lambda: b'{"' + b"k" * (answers.MOST_BYTES - 10), id="one name"),
    ],
)
def test_no_answer_takes_long_to_refuse(make: Callable[[], bytes], folder: int, tmp_path: Path):
    """The longest answers of the worst kinds are refused in seconds of CPU time."""
    (tmp_path / answers.FILE).write_bytes(make())
    start = time.process_time()

    with pytest.raises(ProtocolError):
        answers.read(folder)

    assert time.process_time() - start < 8


def test_looking_at_the_structure_takes_time_by_length_alone():
    """The time to check the structure grows with the length alone."""

    def seconds(size: int) -> float:
        start = time.process_time()
        answers.check_structure(b'"' + b'\\"' * size)
        return time.process_time() - start

    seconds(2**20)

    assert seconds(2**23) < 20 * max(seconds(2**20), 0.005)


_PIECES = st.sampled_from([
    b'"', b"\\", b'\\"', b"[", b"]", b"{", b"}", b",", b":", b"null", b"1e9", b"\x00", b"\xff",
    b"NaN", b" ", b'"findings"', b'"bug"', b'"kind"', b'"trace"', b"\\ud800", b"-", b"true",
])  # fmt: skip


@given(st.lists(_PIECES, max_size=60).map(b"".join))
def test_any_bytes_are_an_answer_or_refused(data: bytes):
    """Bytes of any kind are an answer or a ProtocolError, never another error."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name, answers.FILE).write_bytes(data)
        number = os.open(name, os.O_RDONLY)
        try:
            answers.read(number)
        except ProtocolError:
            pass
        finally:
            os.close(number)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_structure_is_what_is_outside_of_texts(value: object):
    """Valid JSON of few levels always passes, whatever its texts hold."""
    answers.check_structure(json.dumps(value).encode())
    answers.check_structure(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "second name"])
def test_an_answer_is_a_plain_file(kind: str, folder: int, tmp_path: Path):
    """A link, a pipe, a folder and a second name of a file are not an answer."""
    answers.write(INNER, tmp_path)
    path = tmp_path / answers.FILE
    path.rename(tmp_path / "elsewhere")
    match kind:
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.hardlink_to(tmp_path / "elsewhere")

    with pytest.raises(ProtocolError):
        answers.read(folder)
