import ast
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.model import Child, Finding, Findings, ReadStatus
from processors import fingerprint, registry
from processors.contract import Limits, ReadSettings
from processors.detect import media
from processors.fingerprint import Fingerprints
from tests.support.samples import sampled

PACKAGE = Path(fingerprint.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
SETTINGS = ReadSettings()
PLAIN, RTF = "text/plain", media.RTF
BEFORE = Fingerprints(SETTINGS)
"""Those of the package as it is, computed once for all tests."""

Edit = Callable[[str, str], Fingerprints]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package. The tests share it, because what was read of a file is remembered."""
    package = tmp_path_factory.mktemp("copy") / "processors"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


@pytest.fixture
def edited(copied: Path) -> Iterator[Edit]:
    """Return the fingerprints of a copy of the package after a line was added to one of its files."""
    before: dict[Path, bytes | None] = {}

    def edit(file: str, line: str) -> Fingerprints:
        path = copied / file
        before.setdefault(path, path.read_bytes() if path.exists() else None)
        with path.open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
        return Fingerprints(SETTINGS, package=copied)

    yield edit

    for path, data in before.items():
        path.unlink() if data is None else path.write_bytes(data)


def findings(media_type: str, *inside: Findings, status: ReadStatus = ReadStatus.OK) -> Findings:
    """Return findings of a document with others in it."""
    nothing = Finding(None, 0.0, "")
    children = tuple(Child(f"{number}", each) for number, each in enumerate(inside))
    return Findings(media_type, status, nothing, children=children)


def test_equal_code_and_settings_have_equal_fingerprints(edited: Edit):
    """Where the package is and who asks makes no difference."""
    here, there = Fingerprints(SETTINGS), edited("ocr/README", "")

    assert here.of_media_type(PLAIN) == there.of_media_type(PLAIN)
    assert here.of_media_type(PLAIN) == Fingerprints(SETTINGS).of_media_type(PLAIN)


@pytest.mark.parametrize("file", ["classify/rules.toml", "values/words.toml", "values/dates.py"])
@pytest.mark.parametrize(
    "media_type", sampled([media.PDF, PLAIN, RTF, "image/png", media.MAIL], sample=[PLAIN])
)
def test_a_rule_that_every_document_passes_makes_all_stale(
    file: str, media_type: str, edited: Edit
):
    """After an edit of a rule for classes or values, no reading is current."""
    before = BEFORE.of_media_type(media_type)

    assert not edited(file, "# edited").is_current(before)


def test_an_edit_of_the_rtf_reader_leaves_other_kinds_current(edited: Edit):
    """Only RTF files, and documents with an RTF file in them, are stale then."""
    before, after = BEFORE, edited("formats/office_rtf.py", "# edited")
    mail_with_rtf = findings(media.MAIL, findings(PLAIN), findings(RTF))
    mail_with_pdf = findings(media.MAIL, findings(media.PDF))

    assert after.is_current(before.of_media_type(media.PDF))
    assert after.is_current(before.of_findings(mail_with_pdf))
    assert not after.is_current(before.of_media_type(RTF))
    assert not after.is_current(before.of_findings(mail_with_rtf))
    assert after.everything() != before.everything()


@pytest.mark.parametrize(
    ("file", "stale", "current"),
    [
        ("ocr/rapid/int8.json", media.PDF, media.DOCX),
        ("ocr/ocr_cache.py", "image/png", PLAIN),
        ("formats/plain.py", PLAIN, media.DOCX),
        ("registry.py", "application/msword", media.PDF),
        ("pdf/text_layer.py", media.PDF, "image/png"),
    ],
)
def test_a_kind_depends_on_the_stages_that_it_passes(
    file: str, stale: str, current: str, edited: Edit
):
    """An edit of a stage makes the files stale that pass it, and no others."""
    before, after = BEFORE, edited(file, "")

    assert not after.is_current(before.of_media_type(stale))
    assert after.is_current(before.of_media_type(current))


def test_a_pdfa_copy_depends_on_the_code_that_writes_it(
    edited: Edit, monkeypatch: pytest.MonkeyPatch
):
    """Where no PDF/A copies are made, their code does not matter."""
    monkeypatch.setattr("processors.exec.ocrmypdf.version", lambda: "17.0.0")
    with_pdfa = ReadSettings(renditions=("text", "pdfa"))
    package = edited("renditions/pdfa.py", "# edited")._package

    for settings, current in ((SETTINGS, True), (with_pdfa, False)):
        before = Fingerprints(settings).of_media_type(media.PDF)
        assert Fingerprints(settings, package=package).is_current(before) is current


@pytest.mark.parametrize(
    "status",
    sampled(
        [ReadStatus.CRASHED, ReadStatus.TIMED_OUT, ReadStatus.TOO_BIG, ReadStatus.INFECTED],
        sample=[ReadStatus.CRASHED],
    ),
)
def test_a_reading_that_broke_off_depends_on_everything(status: ReadStatus, edited: Edit):
    """A document that no kind is known of may be readable after any edit."""
    before = BEFORE.of_findings(findings(media.UNKNOWN, status=status))

    assert before == Fingerprints(SETTINGS).everything()
    assert not edited("formats/office_rtf.py", "# edited").is_current(before)


def test_an_unsupported_file_waits_for_a_new_format(edited: Edit):
    """A file of a type that nothing reads is stale when the registry changes, not when a format does."""
    unsupported = findings("application/msword", status=ReadStatus.UNSUPPORTED)
    before = BEFORE.of_findings(unsupported)

    assert edited("formats/office_rtf.py", "# edited").is_current(before)


@pytest.mark.parametrize(
    "other",
    [
        ReadSettings(languages=("deu",)),
        ReadSettings(limits=Limits(pages=3)),
        ReadSettings(passwords=("secret",)),
        ReadSettings(rules="enough = 5.0"),
    ],
)
def test_other_settings_have_other_fingerprints(other: ReadSettings):
    """A changed setting makes documents of every kind stale."""
    after = Fingerprints(other)

    for media_type in (media.PDF, PLAIN):
        assert not after.is_current(BEFORE.of_media_type(media_type))


def test_the_ocr_engine_matters_to_pictures_only():
    """Another engine makes PDFs and pictures stale, and leaves documents without pictures current."""
    before, after = BEFORE, Fingerprints(ReadSettings(ocr="rapidocr"))

    assert not after.is_current(before.of_media_type(media.PDF))
    assert after.is_current(before.of_media_type(media.DOCX))


def test_passwords_cannot_be_read_from_a_fingerprint(monkeypatch: pytest.MonkeyPatch):
    """What is digested contains no password."""
    digested: list[str] = []
    original = fingerprint._digest
    monkeypatch.setattr(
        fingerprint, "_digest", lambda parts: digested.append(repr(parts)) or original(parts)
    )

    Fingerprints(ReadSettings(passwords=("correct horse",))).everything()

    assert digested
    assert not any("correct horse" in parts for parts in digested)


@pytest.mark.parametrize("unknown", ["", "rtf", "rtf:0000000000000000", "nothing:1", "f1"])
def test_an_unknown_fingerprint_is_not_current(unknown: str):
    """A reading of another program, or with a kind that is no more, is stale."""
    assert not BEFORE.is_current(unknown)


def test_no_import_is_missed():
    """The search for imports finds all that Python finds, in functions too."""
    missed = {file.name: imports(file) - set(fingerprint.imports_of(file)) for file in SOURCES}

    assert {name for name, names in missed.items() if names} == set()


def imports(file: Path) -> set[str]:
    """Return what a file imports, as Python's parser sees it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_library_has_its_distribution():
    """No library that a processor imports is left out of the fingerprints."""
    imported = {name.partition(".")[0] for file in SOURCES for name in fingerprint.imports_of(file)}
    third_party = imported - sys.stdlib_module_names - {"processors", "pipeline"}

    assert third_party == set(fingerprint.LIBRARIES)


def test_the_fingerprints_import_no_processor():
    """Fingerprints cost no start-up time: no processor and no library for documents is imported."""
    heavy = ["numpy", "PIL", "lxml", "pypdfium2", "cv2", "processors.values", "processors.pdf"]
    code = (
        "import sys; from processors.fingerprint import Fingerprints;"
        "from processors.contract import ReadSettings;"
        "Fingerprints(ReadSettings()).everything();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("entry", registry.BUILT_IN, ids=lambda entry: entry.name)
def test_every_kind_has_its_own_processor_among_its_stages(entry: registry.Entry):
    """The stages of a kind contain its processor, the values and the classes."""
    stages = fingerprint.Sources().stages_from(["processors.read", entry.module])

    assert {entry.module, "processors.values", "processors.classify.classifier"} <= set(stages)
