"""`read`: local files through the same processors, no account needed."""

import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    EXIT_SETTINGS,
    EXIT_SOME_FAILED,
    AsJson,
    Failure,
    complain,
    err,
    out,
    print_json,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from pipeline.model import Finding, Findings
    from pipeline.settings.sections import ProcessingSettings

OCR = Annotated[str, typer.Option("--ocr", help="auto, tesseract or rapidocr.", metavar="ENGINE")]
Languages = Annotated[
    list[str],
    typer.Option("--language", help="Tesseract's language code; may be repeated.", metavar="CODE"),
]


def read(
    files: Annotated[list[Path], typer.Argument(help="Files to read.", metavar="FILE…")],
    ocr: OCR = "auto",
    language: Languages = ["eng"],
    as_json: AsJson = False,
) -> None:
    """Read local files and show what is in them."""
    missing = [path for path in files if not path.is_file()]
    if missing:
        complain(
            "No such file",
            [
                f"{path} is a folder; name files." if path.is_dir() else str(path)
                for path in missing
            ],
        )
        raise Failure(EXIT_SETTINGS)
    documents = _read_all(files, _way_of_reading(ocr, language))
    if as_json:
        print_json([_as_json(path, findings) for path, findings in documents])
    else:
        for path, findings in documents:
            _show(path, findings)
    if not all(findings.status.readable for _, findings in documents):
        raise Failure(EXIT_SOME_FAILED)


def _way_of_reading(ocr: str, languages: list[str]) -> "ProcessingSettings":
    """Return the settings of the options and the environment; end with 2 where they cannot be."""
    from pydantic import ValidationError

    from pipeline.settings import environment, passwords
    from pipeline.settings.sections import ProcessingSettings

    said: dict[str, object] = {"ocr": ocr, "languages": languages, "passwords": passwords()}
    said["clamav"] = environment("CASPIO_INGEST_PROCESSING__CLAMAV")
    try:
        return ProcessingSettings.model_validate(said)
    except ValidationError as error:
        complain("No such way of reading", list(dict.fromkeys(map(_refused, error.errors()))))
        raise Failure(EXIT_SETTINGS) from None


def _read_all(files: list[Path], settings: "ProcessingSettings") -> "list[tuple[Path, Findings]]":
    """Read the files, as many at once as there are children, with a progress bar on a terminal."""
    from concurrent.futures import ThreadPoolExecutor

    from rich.progress import track

    from flows.app.wiring import open_reader, worker_count

    workers = min(worker_count(settings), len(files))
    console = err()
    with open_reader(settings, workers=workers) as reader, tempfile.TemporaryDirectory() as folder:

        def read_one(item: tuple[int, Path]) -> "tuple[Path, Findings]":
            number, path = item
            work_dir = Path(folder) / str(number)
            work_dir.mkdir()
            return path, reader.read(path, name=path.name, work_dir=work_dir)

        with ThreadPoolExecutor(workers) as pool:
            results = pool.map(read_one, enumerate(files))
            shown = track(
                results,
                total=len(files),
                description="Reading",
                console=console,
                disable=not console.is_terminal,
            )
            return list(shown)


def _refused(detail: "ErrorDetails") -> str:
    """Say what is wrong with an option under the name it has here."""
    name = str(detail["loc"][0])
    if name == "languages":
        return "--language takes Tesseract's language codes, such as eng, deu or chi_sim."
    return f"--{name}: {detail['msg']}"


def _as_json(path: Path, findings: "Findings") -> dict[str, object]:
    import hashlib

    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": str(path), "sha256": sha256, **_document(findings)}


def _document(findings: "Findings") -> dict[str, object]:
    """Return one document; the documents inside it look alike, with their names."""
    return {
        "media_type": findings.media_type,
        "pages": [
            {
                "number": page.number,
                "source": page.source,
                "engine": page.engine,
                "confidence": page.confidence,
                "reason": page.reason,
            }
            for page in findings.pages
        ],
        "text": findings.text,
        "doc_type": {
            "value": findings.doc_type.value,
            "confidence": findings.doc_type.confidence,
            "reason": findings.doc_type.reason,
        },
        "fields": {name: _field(finding) for name, finding in findings.fields.items()},
        "metadata": dict(findings.metadata),
        "children": [
            {
                "name": child.name,
                "sha256": child.sha256,
                "size_bytes": child.size_bytes,
                **_document(child.findings),
            }
            for child in findings.children
        ],
        "status": findings.status,
        "scan": findings.scan,
        "problems": list(findings.problems),
    }


def _field(finding: "Finding") -> dict[str, object]:
    shown: dict[str, object] = {
        "value": finding.value,
        "confidence": finding.confidence,
        "page": finding.page,
        "box": finding.box,
        "reason": finding.reason,
    }
    return {**shown, "child": finding.child} if finding.child else shown


def _show(path: Path, findings: "Findings") -> None:
    from rich.text import Text

    from flows.terminal.tables import counted, table_of

    console = out()
    title = Text.assemble(
        (str(path), "bold"), f"  {findings.media_type} · {counted(findings.page_count, 'page')} · "
    )
    title.append(findings.status, style="green" if findings.status.readable else "red")
    console.print(title)
    table = table_of("Finding", "Value", "Confidence", "Page", "Reason")
    for name, finding in {"doc_type": findings.doc_type, **findings.fields}.items():
        page = str(finding.page or "")
        value = finding.value if finding.value is not None else "unsure"
        table.add_row(name, Text(value), f"{finding.confidence:.2f}", page, Text(finding.reason))
    if findings.status.readable:
        console.print(table)
    _show_ways(findings)
    _show_children(findings, "  ")
    for problem in findings.problems:
        console.print(f"  {problem}", markup=False, highlight=False)


def _show_ways(findings: "Findings") -> None:
    """Say how the pages were read and why so, pages that were read alike together."""
    from rich.text import Text

    for (engine, reason), alike in groupby(
        findings.pages, key=lambda page: (page.engine or "not read", page.reason)
    ):
        numbers = [page.number for page in alike]
        pages = (
            f"page {numbers[0]}" if len(numbers) == 1 else f"pages {numbers[0]} to {numbers[-1]}"
        )
        if reason:
            out().print(Text(f"  {pages}, {engine}: {reason}", style="dim"))


def _show_children(findings: "Findings", indent: str) -> None:
    from rich.text import Text

    from flows.terminal.tables import counted

    for child in findings.children:
        inside = child.findings
        said = f"{indent}{child.name}  {inside.media_type} · {counted(inside.page_count, 'page')} · {inside.status}"
        out().print(Text(said, style="dim"))
        _show_children(inside, indent + "  ")
