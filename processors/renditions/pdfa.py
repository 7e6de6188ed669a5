"""The PDF/A copy of a document, made by another program of what is searchable already."""

from collections.abc import Mapping
from pathlib import Path

from processors.contract import RENDITIONS, EngineMissing, ReadSettings
from processors.detect.media import PDF
from processors.exec import ocrmypdf
from processors.renditions import searchable_pdf as searchable

NAME = RENDITIONS["pdfa"]


def left_out(
    path: Path, work_dir: Path, *, media_type: str, said: Mapping[str, str], settings: ReadSettings
) -> str:
    """Write the PDF/A copy where one is wanted; return why there is none, "" where there is one or none was wanted.

    `said` is the document's metadata: what is signed or encrypted is never written again.
    """
    if "pdfa" not in settings.renditions:
        return ""
    for nature in ("signed", "encrypted"):
        if nature in said:
            return f"it is {nature}, and such a document is never written again"
    source = work_dir / searchable.NAME
    if not source.is_file():
        source = path
        if media_type != PDF:
            return "it is made of PDFs and of pictures that have a searchable copy"
    try:
        return ocrmypdf.to_pdfa(source, work_dir / NAME, timeout_s=settings.limits.cpu_s)
    except EngineMissing as exc:
        return str(exc)
