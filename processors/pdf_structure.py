"""What a PDF says of itself: its metadata and the files embedded in it, by pypdf."""

import logging
from itertools import islice
from pathlib import Path

_MOST_NAMES = 1_000
_MOST_CHARS = 500


def structure(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return metadata (title, author, creationdate, …, as the document spells them) and the names of embedded files.

    Both are empty where the document has none or its structure cannot be followed: its text is worth having all the
    same. Reads the cross-reference table and these few objects; what they cost is bounded by the child's limits.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with PdfReader(path) as reader:
            if reader.is_encrypted and not reader.decrypt(""):
                return {}, ()
            names = [str(attached.name) for attached in islice(reader.attachment_list, _MOST_NAMES)]
            said = {str(key).lstrip("/").lower(): str(value) for key, value in (reader.metadata or {}).items()}
    except (PyPdfError, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}, ()
    metadata = {key: value[:_MOST_CHARS] for key, value in said.items() if value.strip()}
    return metadata, tuple(name for name in names if name)
