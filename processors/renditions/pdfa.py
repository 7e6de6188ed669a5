"""Make the PDF/A copy of a document, by another program, from its searchable copy."""

from collections.abc import Mapping
from pathlib import Path

from processors.contract import RENDITIONS, EngineMissing, ReadSettings
from processors.detect.media import PDF
from processors.exec import ocrmypdf
from processors.renditions import searchable_pdf

NAME = RENDITIONS["pdfa"]


def write(
    path: Path,
    work_dir: Path,
    *,
    media_type: str,
    metadata: Mapping[str, str],
    settings: ReadSettings,
) -> str:
    """Write the PDF/A copy if it is requested.

    Return why there is none, "" if there is one or none was requested. `metadata` says whether the
    document is signed or encrypted; such a document is never rewritten.
    """
    if "pdfa" not in settings.renditions:
        return ""
    for flag in ("signed", "encrypted"):
        if flag in metadata:
            return f"it is {flag}, and such a document is never rewritten"
    source = work_dir / searchable_pdf.NAME
    if not source.is_file():
        if media_type != PDF:
            return "only PDFs, and images that have a searchable copy, are converted"
        source = path
    try:
        return ocrmypdf.to_pdfa(source, work_dir / NAME, timeout_s=settings.limits.cpu_s)
    except EngineMissing as exc:
        return str(exc)
