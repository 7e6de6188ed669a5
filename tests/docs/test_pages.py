"""The pages are true: whatever a page names exists, and what exists is named."""

import ast
import re
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import caspio_ingest
from docs.generate.hook import GENERATORS, MARKER, filled_in
from docs.generate.settings import sections, shared_sections
from flows.cli import app
from flows.cli.common import EXIT_CODES
from flows.prefect.deployments.priorities import KINDS
from flows.prefect.ui import events
from infra.emulator.quirks import Quirks
from pipeline.adapters.caspio.probes import NOT_PROBED
from pipeline.findings import FINDINGS
from pipeline.metering.budget import Priority
from pipeline.model import ReadStatus, ScanStatus, Status
from pipeline.settings import load_settings
from processors import registry
from tests.docs.pages import (
    OUTSIDE,
    PAGES,
    ROOT,
    anchors_of,
    blocks_of,
    invocations_of,
    links_of,
    name_of,
    spans_of,
    text_of,
)

MOST_README_BYTES = 8 * 1024
MOST_TERMS = 40
EACH_PAGE = pytest.mark.parametrize("path", PAGES, ids=name_of)
FOLDERS = ("caspio_ingest", "pipeline", "processors", "flows", "infra")
FOREIGN = frozenset(
    {
        "lease_storage",
        "max_user_namespaces",
        "ordering",
        "prefect_redis",
        "pyproject",
        "stop_grace_period",
        "venv",
    }
)
"""Names in code type that belong to other programs."""


def words_of(path: Path) -> set[str]:
    """Return the names in code type of a page, single words only."""
    return {span for span in spans_of(path) if re.fullmatch(r"[a-z0-9_.]+", span)}


@cache
def words_of_the_code() -> frozenset[str]:
    """Return every word of the code and of its data files."""
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".toml", ".json"}
    )
    return frozenset(re.findall(r"[A-Za-z0-9_]+", code))


@cache
def whole(path: Path) -> str:
    """Return a page with its generated parts."""
    return filled_in(text_of(path))


def first_cells(path: Path) -> set[str]:
    """Return what the first columns of a page's tables have in code type."""
    rows = [row for row in filled_in(text_of(path)).splitlines() if row.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def command_of(words: list[str]) -> Any:
    """Return the command or group that words begin with, and take its name from them."""
    found: Any = get_command(app)
    while words and hasattr(found, "commands") and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    return found


# --- what a page names exists


@pytest.mark.slow
@EACH_PAGE
def test_every_command_line_is_one_that_works(path: Path):
    """Each command that a page shows exists, with each option it shows."""
    for words in invocations_of(path):
        found = command_of(words)
        known = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
        shown = {word for word in words if word.startswith("-")}
        if found.name is None or hasattr(found, "commands"):
            assert words[:1] in ([], ["COMMAND"], ["--version"]), words
        else:
            assert shown - {"--help"} <= known, f"{found.name}: {shown - known}"


@EACH_PAGE
def test_every_make_target_exists(path: Path):
    """Each `make` target that a page shows is one of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    lines = [line for block in blocks_of(path) for line in block.text.splitlines()]

    shown = {
        word[1]
        for text in (*spans_of(path), *lines)
        if (word := re.match(r"make ([a-z][a-z-]*)", text.strip()))
    }

    assert shown <= targets


@EACH_PAGE
def test_every_setting_that_is_named_exists(path: Path):
    """Each name of the form `section.setting`, and each variable for one, is a setting."""
    found = [*sections().items(), *shared_sections().items()]
    known = {f"{section}.{name}" for section, model in found for name in model.model_fields}
    tops = {section.partition(".")[0] for section, _ in found}
    named = {word for word in words_of(path) if word.partition(".")[0] in tops and "." in word}
    variables = re.findall(r"CASPIO_INGEST_([A-Z_]+?)__([A-Z_]+)", text_of(path))

    assert named - known - {"processing.ocr"} == set()
    assert {".".join((section, *name.split("__"))).lower() for section, name in variables} <= known


@EACH_PAGE
def test_every_exit_code_that_is_named_exists(path: Path):
    """Each exit code that a page mentions is one of the program."""
    named = {int(code) for code in re.findall(r"exit code `?(\d+)", text_of(path))}

    assert named <= set(EXIT_CODES)


@EACH_PAGE
def test_every_file_that_is_named_exists(path: Path):
    """Each path into the repository that a page sets in code type is there."""
    known = (*FOLDERS, "tests", "docs", ".ci", ".github")
    named = [
        span
        for span in spans_of(path)
        if span.partition("/")[0] in known and re.fullmatch(r"[\w./-]+", span)
    ]

    assert [name for name in named if not (ROOT / name).exists()] == []


@EACH_PAGE
def test_every_test_that_is_named_exists(path: Path):
    """Each test that a page names, as `file.py::test_name`, is in a file of that name."""
    for file, name in re.findall(r"`(?:[\w/]+/)?(\w+\.py)::(\w+)`", text_of(path)):
        found = [one for one in (ROOT / "tests").rglob(file) if f"def {name}(" in text_of(one)]
        assert found, f"{file}::{name}"


@EACH_PAGE
def test_every_name_is_one_of_the_code(path: Path):
    """Each name in lower case that a page sets in code type is made of words of the code."""
    known = words_of_the_code()
    named = {
        part
        for span in spans_of(path)
        if re.fullmatch(r"[a-z0-9_.=]+", span)
        for part in re.split(r"[.=]", span)
        if re.search("[a-z]", part)
    }

    assert named - known - FOREIGN == set()


@EACH_PAGE
def test_every_link_leads_somewhere(path: Path):
    """Each link inside the repository leads to a file that is there, and to a heading in it."""
    for link in links_of(path):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.is_file(), link
        if anchor and file.suffix == ".md":
            generated = anchor in whole(file)
            assert anchor in anchors_of(file) or generated, link


@EACH_PAGE
def test_every_generated_part_has_a_generator(path: Path):
    """Each marker of a page is filled in, and no marker is misspelled."""
    text = text_of(path)
    markers = MARKER.findall(text)

    assert len(markers) == text.count("<!-- generate")
    assert {name for name, _ in markers} <= set(GENERATORS)
    assert "<!-- generate" not in whole(path)


@EACH_PAGE
def test_python_examples_use_public_names(path: Path):
    """Python examples compile, and import nothing of ours but public names."""
    for block in blocks_of(path):
        if block.language != "python" or path.name == "CONTRIBUTING.md":
            continue
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.ImportFrom):
                top = (node.module or "").partition(".")[0]
                assert top not in {"pipeline", "processors", "flows", "infra"}
                if node.module == "caspio_ingest":
                    assert {alias.name for alias in node.names} <= set(caspio_ingest.__all__)


@EACH_PAGE
def test_examples_of_settings_are_valid(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Settings that a reader copies load as they are, if they are whole."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")

    for block in blocks_of(path):
        if block.language == "toml":
            values = tomllib.loads(block.text)
            if {"caspio", "sources"} <= set(values):
                file = tmp_path / "caspio-ingest.toml"
                file.write_text(block.text, encoding="utf-8")
                assert load_settings(file).specs()["receipts"].columns["Total"] == "total"


# --- what exists is named


def test_every_finding_and_fact_is_explained():
    """Everything that a column or a file name can use has a row."""
    assert first_cells(ROOT / "docs/values.md") >= FINDINGS.keys()


def test_every_processor_is_explained():
    """Each registered processor has a row."""
    names = {entry.name for entry in registry.BUILT_IN}

    assert names <= first_cells(ROOT / "docs/formats.md")


def test_every_status_is_explained():
    """What can happen to a file and to a document has a row, and the scanner's answers are named."""
    assert {status.value for status in Status} <= first_cells(ROOT / "docs/concepts.md")
    assert {status.value for status in ReadStatus} <= first_cells(ROOT / "docs/formats.md")
    assert {status.value for status in ScanStatus} <= words_of(ROOT / "docs/formats.md")


def test_every_priority_is_explained():
    """Each priority has a row."""
    assert {one.value for one in Priority} <= first_cells(ROOT / "docs/concepts.md")


def test_every_flow_is_explained():
    """Each flow has a row."""
    assert {kind.flow for kind in KINDS.values()} <= first_cells(ROOT / "docs/prefect.md")


def test_every_event_is_explained():
    """Each event that a run sends to Prefect has a row."""
    sent = {value for value in vars(events).values() if str(value).startswith("caspio-ingest.")}

    assert sent
    assert sent <= first_cells(ROOT / "docs/prefect.md")


def test_every_command_is_in_the_overview():
    """Each command has its row among those that say what to use it for, groups with all theirs."""
    program: Any = get_command(app)
    names = {
        f"{name} {inner}".strip()
        for name, command in program.commands.items()
        for inner in getattr(command, "commands", {"": None})
    }

    assert names <= first_cells(ROOT / "docs/commands.md")


def test_every_public_name_is_in_the_reference():
    """Each name that users may import is described on a page of the API reference."""
    reference = "\n".join(text_of(page) for page in (ROOT / "docs/reference").glob("*.md"))
    described = set(re.findall(r"^::: caspio_ingest\.(\w+)$", reference, re.MULTILINE))

    assert described | {"__version__"} == set(caspio_ingest.__all__)


def test_every_quirk_is_explained():
    """What nobody could confirm has a row with how it is tolerated, and is probed or said not to be."""
    quirks = {quirk.name for quirk in fields(Quirks)}

    assert quirks <= first_cells(ROOT / "docs/caspio.md")
    assert set(NOT_PROBED) < quirks


# --- the shape of the pages


def test_the_readme_is_short():
    """The README is a front page; the rest is on the site."""
    assert (ROOT / "README.md").stat().st_size <= MOST_README_BYTES


def test_the_glossary_is_short():
    """The vocabulary has at most forty-two terms, sorted, each with one sentence and used once."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", text_of(ROOT / "docs/glossary.md"), re.MULTILINE)
    terms = [term for term, _ in rows if term not in {"term", "---"}]

    assert 0 < len(terms) <= MOST_TERMS
    assert terms == sorted(set(terms), key=str.lower)
    for term, meaning in rows[1:]:
        assert meaning.endswith("."), term
        assert len(re.findall(r"[.!?](?: |$)", meaning.replace("e.g.", ""))) == 1, term


def test_pages_at_the_root_are_on_the_site():
    """Contributing and changelog are pages of the site, with links that work there."""
    for name in OUTSIDE[1:]:
        page = whole(ROOT / "docs" / name.lower())
        assert page.startswith("# ")
        assert "](docs/" not in page
