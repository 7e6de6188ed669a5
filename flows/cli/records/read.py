"""`read`: local files through the same processors, no account needed."""

import os
import re
import sys
import tempfile
from dataclasses import asdict
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
    load_rich,
    print_json,
    set_up_logs_later,
)

if TYPE_CHECKING:
    from flows.app.reading import PlainOptions
    from pipeline.model import Finding, Findings

OCR = Annotated[str, typer.Option("--ocr", help="auto, tesseract or rapidocr.", metavar="ENGINE")]
Languages = Annotated[
    list[str],
    typer.Option("--language", help="Tesseract's language code; may be repeated.", metavar="CODE"),
]


def read(
    files: Annotated[list[Path], typer.Argument(help="Files to read.", metavar="FILE")],
    ocr: OCR = "auto",
    language: Languages = ["eng"],
    as_json: AsJson = False,
) -> None:
    """Read local files and show what is in them."""
    set_up_logs_later()
    # Before the first is read: a typing mistake must not show after an hour of OCR.
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
    documents = read_all(files, options(ocr, language))
    if as_json:
        print_json(
            [
                {"file": str(path), "sha256": sha256_of(path), **document_json(findings)}
                for path, findings in documents
            ]
        )
    else:
        load_rich()
        from flows.cli.show.document import show_document

        for path, findings in documents:
            show_document(path, findings)
    if not all(findings.status.readable for _, findings in documents):
        raise Failure(EXIT_SOME_FAILED)


def options(ocr: str, languages: list[str]) -> "PlainOptions":
    """Return the options and what the environment says; exit with 2 if they are invalid.

    The settings class would say the same, but takes longer to load than a page takes to read.
    """
    from flows.app.reading import PlainOptions
    from pipeline.environment import environment, passwords
    from pipeline.model.reading import LANGUAGE_CODE, SCANNER_ADDRESS
    from processors.ocr.engines import ENGINES

    clamav = environment("CASPIO_INGEST_PROCESSING__CLAMAV")
    # All at once, as everywhere: who corrects one should not meet the next.
    problems = []
    if ocr not in ENGINES:
        problems.append(f"--ocr is one of {', '.join(ENGINES)}.")
    if not all(re.fullmatch(LANGUAGE_CODE, language) for language in languages):
        problems.append("--language takes Tesseract's codes, such as eng, deu or chi_sim.")
    if clamav is not None and not re.fullmatch(SCANNER_ADDRESS, clamav):
        problems.append(
            "CASPIO_INGEST_PROCESSING__CLAMAV is HOST:PORT or the path of a Unix socket."
        )
    if problems:
        complain("Invalid options", problems)
        raise Failure(EXIT_SETTINGS)
    return PlainOptions(ocr, tuple(languages), passwords(), clamav)


def read_all(files: list[Path], options: "PlainOptions") -> "list[tuple[Path, Findings]]":
    """Read the files in parallel, one per reader process, with a progress bar on a terminal."""
    from concurrent.futures import ThreadPoolExecutor

    from flows.app.reading import open_plain_reader

    # A reader process loads models of a few hundred MiB, so none is started for nothing.
    workers = min(os.cpu_count() or 1, len(files))
    with (
        open_plain_reader(options, workers=workers) as reader,
        tempfile.TemporaryDirectory() as folder,
    ):

        def read_one(item: tuple[int, Path]) -> "tuple[Path, Findings]":
            number, path = item
            # By number: two files may have the same name.
            work_dir = Path(folder) / str(number)
            work_dir.mkdir()
            return path, reader.read(path, name=path.name, work_dir=work_dir)

        with ThreadPoolExecutor(workers) as pool:
            # In the order in which they were named, however long each takes.
            results = pool.map(read_one, enumerate(files))
            # A bar that is written to a log is noise.
            if not sys.stderr.isatty():
                return list(results)
            from rich.progress import track

            bar = track(results, total=len(files), description="Reading", console=err())
            return list(bar)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits."""
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def document_json(findings: "Findings") -> dict[str, object]:
    """Return one document for --json; the documents inside it have the same form, with names."""
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
        "fields": {name: finding_json(finding) for name, finding in findings.fields.items()},
        "metadata": dict(findings.metadata),
        "children": [
            {
                "name": child.name,
                "sha256": child.sha256,
                "size_bytes": child.size_bytes,
                "page_range": child.page_range,
                **document_json(child.findings),
            }
            for child in findings.children
        ],
        "status": findings.status,
        "scan": findings.scan,
        "problems": list(findings.problems),
    }


def finding_json(finding: "Finding") -> dict[str, object]:
    """Return a finding for --json; `child` names the embedded file it comes from."""
    document: dict[str, object] = {
        "value": finding.value,
        "confidence": finding.confidence,
        "page": finding.page,
        "box": finding.box,
        "reason": finding.reason,
    }
    # Left out where it says nothing: most findings have neither.
    if finding.child:
        document["child"] = finding.child
    if finding.others:
        document["others"] = [asdict(other) for other in finding.others]
    return document
