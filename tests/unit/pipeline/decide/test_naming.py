import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given, strategies as st

from pipeline.archive_layout import checked_key, document_prefix, original_key
from pipeline.decide.naming import (
    MAX_NAME_BYTES,
    NameTemplate,
    has_name,
    is_alternative,
    join_name,
    numbered,
    safe_base,
    split_name,
)
from pipeline.findings import FINDING_NAMES
from pipeline.model import FileRef, Finding, Findings, PageText, Place, ReadStatus, RecordRef

AWKWARD = st.sampled_from(
    [
        "con",
        "NUL.",
        "." * 151,
        "a/b",
        "..",
        " .",
        "e\u200d\u0301",
        "\u202eexe",
        "😀",
        "\x00",
        "\ud800",
        "ü" * 200,
        "\\",
        "?*",
        "\n",
    ]
)
ANY_TEXT = st.lists(
    st.one_of(st.text(max_size=30), AWKWARD, st.text(st.characters(), max_size=300)), max_size=4
).map("".join)
EXTENSIONS = st.sampled_from(["", "pdf", "webp", "txt", "numbers"])
BASES = ANY_TEXT.map(safe_base).filter(bool)
NAMES = st.builds(join_name, BASES, EXTENSIONS)


def document(**fields: str) -> Findings:
    """Return a receipt of two pages that says so surely."""
    found = {name: Finding(value, 0.9, "it says so", 1) for name, value in fields.items()}
    pages = tuple(PageText(number, "text", None, None, "") for number in (1, 2))
    kind = Finding("receipt", 0.9, "it says so")
    return Findings(
        "application/pdf", ReadStatus.OK, kind, fields=found, pages=pages, extension="pdf"
    )


@given(ANY_TEXT, EXTENSIONS)
@example("e\u200d\u0301", "")
@example("con." + "x" * 194 + ". y", "")
def test_safe_base_is_idempotent(text: str, extension: str):
    """A safe name is left as it is."""
    once = safe_base(text, extension=extension)

    assert safe_base(once, extension=extension) == once


@given(ANY_TEXT)
def test_safe_base_has_no_forbidden_characters(text: str):
    """Nothing remains that Windows, a shell, a terminal or Caspio takes amiss."""
    base = safe_base(text)

    assert not set(base) & set('\\/:*?"<>|')
    assert not {unicodedata.category(char) for char in base} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert all(ord(char) <= 0xFFFF for char in base)
    assert base == unicodedata.normalize("NFC", base)
    assert base == base.strip(" .")


@given(ANY_TEXT, EXTENSIONS)
def test_safe_name_fits_every_file_system(text: str, extension: str):
    """A whole name, extension included, has at most 200 bytes."""
    name = join_name(safe_base(text, extension=extension), extension)

    assert len(name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    "text", ["con", "PRN", "Aux.final", "nul", "com1", "LPT9.x", " con ", "con.", "com¹", "LPT³"]
)
def test_reserved_names_of_windows_are_not_used(text: str):
    """A device name of Windows gets a sign before it."""
    assert safe_base(text).startswith("_")


@pytest.mark.parametrize("text", ["console", "come", "com10", "auxiliary", "lptop"])
def test_names_that_only_begin_like_devices_stay(text: str):
    """A word that begins like a device name is no device name."""
    assert safe_base(text) == text


@pytest.mark.parametrize("text", ["", " ", "...", "/", "\u200b", "😀", "\ud800", "<>:|"])
def test_nothing_usable_is_nothing(text: str):
    """Where nothing usable is left, the answer is empty rather than made up."""
    assert safe_base(text) == ""


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("a\\b", "a b"),
        ("AC/DC", "AC DC"),
        ("2026-01-31  Ålesund", "2026-01-31 Ålesund"),
    ],
)
def test_paths_become_plain_words(text: str, base: str):
    """A path in a document's text names no folder."""
    assert safe_base(text) == base


@given(st.text(max_size=40))
def test_split_and_join_are_inverse(name: str):
    """Splitting a name and joining it again gives the name."""
    assert join_name(*split_name(name)) == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.pdf", ("a", "pdf")),
        ("a.tar.gz", ("a.tar", "gz")),
        (".profile", (".profile", "")),
        ("v1.2 final", ("v1.2 final", "")),
        ("a.", ("a.", "")),
        ("", ("", "")),
    ],
)
def test_only_extensions_are_split_off(name: str, parts: tuple[str, str]):
    """What follows a dot is an extension when it is short, plain and preceded by a name."""
    assert split_name(name) == parts


@given(NAMES, st.integers(min_value=2, max_value=9999))
def test_numbered_names_are_recognized(name: str, number: int):
    """Every numbered alternative is known as one, fits, and keeps its extension."""
    alternative = numbered(name, number)

    assert is_alternative(file(alternative), name)
    assert len(alternative.encode()) <= MAX_NAME_BYTES
    assert split_name(alternative)[1] == split_name(name)[1]


@given(NAMES)
def test_name_is_no_alternative_of_itself(name: str):
    """A name is not its own alternative, whatever number it ends in."""
    assert not is_alternative(file(name), name)


@given(NAMES, st.sets(st.integers(min_value=2, max_value=500), min_size=2, max_size=2))
def test_alternatives_differ(name: str, numbers: set[int]):
    """Two numbers give two names."""
    first, second = numbers

    assert numbered(name, first) != numbered(name, second)


def test_only_the_base_of_an_attachment_counts():
    """Names that differ in their extension alone are the same for an attachment, not for a file."""
    attachment = file("a.pdf", "pdf")

    assert has_name(attachment, "a.pdf")
    assert not has_name(attachment, "b.pdf")
    assert not has_name(replace(attachment, place=Place.FILE, path="/a.pdf"), "a.jpg")


LISTED = st.text(alphabet="ab .0-PDFpdf", max_size=12)


@given(LISTED, LISTED.filter(lambda text: not text.startswith(".")))
@example("v1", "2 final")
@example("", "pdf")
@example("Co", "KG")
@example("a.pdf", "pdf")
@example("a", "longextension")
def test_a_listed_extension_is_kept_and_never_guessed(base: str, extension: str):
    """Whatever Caspio lists beside a name stays, and a new name is the same name when looked at."""
    kept = file(join_name(base, extension), extension)

    new = NameTemplate("{{ original }} 12.00").render(
        document(), current=kept.name, original=kept.name, kept_extension=extension
    )

    again = file(new.name, extension)
    assert not new.problem
    assert has_name(again, new.name)
    assert split_name(new.name, extension)[1] == extension
    assert join_name(*split_name(new.name, extension)) == new.name


def test_an_extension_is_not_doubled():
    """A base that ends with the extension would be listed as if it had none."""
    template = NameTemplate("{{ company }}")
    findings = document(company="Acme.PDF.pdf")

    name = template.render(findings, current="a.pdf", original="a.pdf", kept_extension="pdf").name

    assert name == "Acme.pdf"


def file(name: str, extension: str | None = None) -> FileRef:
    """Return an attachment with a name and the extension that Caspio lists for it."""
    record = RecordRef("T", "1")
    return FileRef("s", Place.ATTACHMENT, "T", "F", record, name, 1, "", extension=extension)


def ref(**parts: str) -> FileRef:
    """Return an attachment's reference made of any text."""
    record = RecordRef("T", parts["pk"])
    return FileRef(
        parts["source"], Place.ATTACHMENT, "T", parts["field"], record, parts["name"], 1, ""
    )


REFS = st.fixed_dictionaries(dict.fromkeys(("source", "pk", "field", "name"), ANY_TEXT)).map(
    lambda p: ref(**p)
)


@given(REFS)
@example(ref(source="a", pk="." * 151, field="..", name="\ud800"))
def test_prefix_is_a_safe_path(file: FileRef):
    """Whatever a listing says, the prefix climbs nowhere and no part is too long to be a name."""
    prefix = document_prefix(file)

    parts = checked_key(prefix).split("/")
    assert parts[0] == "documents"
    assert len(parts) == 5
    assert all(len(part.encode()) <= 150 for part in parts)


@given(REFS, REFS)
def test_prefixes_of_two_versions_differ(one: FileRef, other: FileRef):
    """Two versions never share a prefix."""
    assert (document_prefix(one) == document_prefix(other)) == (one.version == other.version)


@given(st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_original_key_ends_in_the_digest(sha256: str):
    """An original is under its own digest, in folders that spread."""
    key = checked_key(original_key(sha256))

    assert key == f"originals/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


@pytest.mark.parametrize(
    "source", ["{{ dat }}", "{{ date", "{{ date | dates }}", "{% if %}", "{{ secret.key }}"]
)
def test_template_error_lists_the_known_names(source: str):
    """A template that cannot work is refused when settings load, with the names that would."""
    with pytest.raises(ValueError, match="rename template") as caught:
        NameTemplate(source)

    assert source in str(caught.value)
    assert all(name in str(caught.value) for name in FINDING_NAMES | {"original", "pages"})


@pytest.mark.parametrize(
    "source",
    [
        "{{ company | money }}",
        "{{ pages / 0 }}",
        "{{ pages + company }}",
        "{{ date | dictsort }}",
        "{{ total[0][9:][0].x }}",
    ],
)
def test_template_that_fails_on_an_ordinary_document_is_refused(source: str):
    """A template that compiles and fails on plain values is refused when settings load, too."""
    with pytest.raises(ValueError, match="rename template"):
        NameTemplate(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ date.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ range(9) }}",
    ],
)
def test_template_reaches_nothing_but_its_names(source: str):
    """A template cannot reach into Python, read files or use what is not among its names."""
    with pytest.raises(ValueError, match="rename template"):
        NameTemplate(source)


def test_template_names_a_document():
    """A template's words, filters and the original name make the new one; the extension is what the file is."""
    template = NameTemplate(
        "{{ date }} {{ company | slug }} {{ total | money }} {{ doc_type }} {{ original }} p{{ pages }}"
    )

    new = template.render(
        document(date="2026-01-31", company="Café Sól", total="12.5"),
        current="x.jpeg",
        original="IMG_1.jpeg",
    )

    assert new.name == "2026-01-31 cafe-sol 12.50 receipt IMG_1 p2.pdf"
    assert new.problem == ""


def test_missing_value_keeps_the_name():
    """Where a value was not found the name stays, and the reason names the value."""
    new = NameTemplate("{{ date }} {{ company }}").render(
        document(company="A"), current="scan.pdf", original="scan.pdf"
    )

    assert new.name == "scan.pdf"
    assert new.problem == "the name stays: it needs the date, which was not found"


def test_default_is_in_for_a_missing_value():
    """A template may say what replaces what was not found."""
    template = NameTemplate("{{ date | default('undated') }} {{ doc_type }}")

    assert (
        template.render(document(), current="a.pdf", original="a.pdf").name == "undated receipt.pdf"
    )


def test_value_that_breaks_a_filter_keeps_the_name():
    """A value no filter can take keeps the name instead of stopping the run."""
    new = NameTemplate("{{ total | money }}").render(
        document(total="a lot"), current="scan.pdf", original="scan.pdf"
    )

    assert new.name == "scan.pdf"
    assert new.problem


def test_unsure_finding_stays_out_of_the_name():
    """A finding below the confidence asked for stays out of a name, and the reason says so."""
    found = document(company="A")

    new = NameTemplate("{{ company }}").render(
        found, current="scan.pdf", original="scan.pdf", write_at=0.95
    )

    assert new.name == "scan.pdf"
    assert (
        "(it would be 'A'): the company is 90 % sure; used in names at 95 % or more" in new.problem
    )


def test_empty_name_keeps_the_old_one():
    """A template that yields nothing usable keeps the name and says so."""
    new = NameTemplate("{{ company }}").render(
        document(company="///"), current="scan.pdf", original="scan.pdf"
    )

    assert new.name == "scan.pdf"
    assert "no usable name" in new.problem


@given(ANY_TEXT)
def test_name_from_a_strangers_text_is_safe(company: str):
    """Whatever a document claims as its company, the file's name is one safe name with the right extension."""
    new = NameTemplate("{{ company }}").render(
        document(company=company), current="scan.pdf", original="scan.pdf"
    )

    assert new.name.endswith(".pdf")
    assert "/" not in new.name
    assert len(new.name.encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize(
    "extension", ["txt/../../Other/evil", "../x", "a b", "x\n", "e" * 11, "\u202efdp"]
)
def test_extension_that_a_reader_makes_up_is_not_used(extension: str):
    """A reader that a document has taken over cannot lead a file out of its folder by the extension it states."""
    findings = replace(document(), extension=extension)

    new = NameTemplate("{{ doc_type }}").render(findings, current="scan.pdf", original="scan.pdf")

    assert new.name == "receipt.pdf"
