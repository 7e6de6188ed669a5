"""Read documents in a child, with the OCR engines kept loaded between documents.

What reads them is imported when the patterns that it compiles have been opened.
"""

import importlib
import tempfile
from itertools import chain
from pathlib import Path

import processors
from pipeline.model import Findings
from processors import patterns, prepared, registry
from processors.contract import ReadSettings

_WITH_WORDS = tuple(
    Path(home) / name for home in processors.__path__ for name in ("classify", "split", "values")
)
_OF_WORDS = ("*.toml", "*.py")
_LINES = (
    "Invoice No. 1001",
    "Date 31 January 2024",
    "Thank you for the order of these goods",
    "Total amount due 12.50 EUR",
)
_RECEIPT = (
    "Rill Tea Rooms Ltd",
    "12 High Street, London N1 2AB",
    "Tea and cake 12.50",
    "VAT 20% 2.50",
    "Total 15.00",
    "Card 15.00",
)
_CONTRACT = (
    "Services Agreement",
    "This agreement is made on 31 January 2024 between Rill Ltd, 12 High Street, London N1 2AB",
    "and Fell GmbH, Hauptstrasse 1, 10115 Berlin (the Client).",
    "Dear Sir or Madam,",
    "Signed for Rill Ltd by: Ada Rill, Director",
)


class DocumentJob:
    """Reads documents under one setting."""

    def __init__(self, settings: ReadSettings) -> None:
        """Load nothing yet: a document without pictures needs no OCR engine."""
        from processors.read import Engines

        self._settings = settings
        self._engines = Engines(settings)

    @staticmethod
    def prepare(settings: ReadSettings, folder: Path) -> None:
        """Open what was made in advance in a cache folder; make what is missing."""
        found = (home.glob(kind) for home in _WITH_WORDS for kind in _OF_WORDS)
        sources = [Path(__file__), Path(patterns.__file__), *sorted(chain.from_iterable(found))]
        used = patterns.recipe(_read_texts, sources=sources)
        prepared.open_all([used], folder=folder)
        patterns.take()
        prepared.open_all(registry.recipes(settings), folder=folder)
        # Now, as long as the process may do all that its user may.
        importlib.import_module("processors.read")

    def warm(self) -> None:
        """Load all that the first page would wait for, by reading one; raises EngineMissing.

        Networks, models and patterns are loaded where a page first needs them, and no list of them
        would stay complete.
        """
        self._engines.get()
        registry.load_pdf()
        with tempfile.TemporaryDirectory() as name:
            page = Path(name) / "page.png"
            _draw(page)
            self(page, page.name, Path(name))

    def __call__(self, path: Path, name: str, work_dir: Path, as_class: str = "") -> Findings:
        """Read one document, leaving derived files in the folder."""
        from processors.read import read_document

        return read_document(
            path,
            name=name,
            work_dir=work_dir,
            settings=self._settings,
            engine=self._engines.get,
            as_class=as_class,
        )


def _read_texts() -> None:
    """Read the same words as a text, and others that are asked other questions: without models.

    What reads pictures and PDFs is imported as well.
    """
    from processors.read import read_document

    registry.load_pdf()
    registry.processor_for("image/jpeg")
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "page.txt"
        for lines in (_LINES, _RECEIPT, _CONTRACT):
            page.write_text("\n".join(lines), encoding="utf-8")
            read_document(page, name=page.name, work_dir=Path(name), settings=ReadSettings())


def _draw(path: Path) -> None:
    """Draw a page with a few words, as a picture."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (620, 400), "white")
    for number, line in enumerate(_LINES):
        ImageDraw.Draw(page).text((40, 40 + 60 * number), line, fill="black", font_size=28)
    page.save(path)
