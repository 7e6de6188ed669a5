"""Read documents in a child, with the OCR engines kept loaded between documents."""

from pathlib import Path

from pipeline.model import Findings
from processors import prepared, registry
from processors.contract import ReadSettings
from processors.read import Engines, read_document


class DocumentJob:
    """Reads documents under one setting."""

    def __init__(self, settings: ReadSettings) -> None:
        """Load nothing yet: a document without pictures needs no OCR engine."""
        self._settings = settings
        self._engines = Engines(settings)

    @staticmethod
    def prepare(settings: ReadSettings, folder: Path) -> None:
        """Open what was made in advance in a cache folder; make what is missing."""
        prepared.open_all(registry.recipes(settings), folder=folder)

    def warm(self) -> None:
        """Load the OCR engine; raises EngineMissing."""
        self._engines.get()

    def __call__(self, path: Path, name: str, work_dir: Path, as_class: str = "") -> Findings:
        """Read one document, leaving derived files in the folder."""
        return read_document(
            path,
            name=name,
            work_dir=work_dir,
            settings=self._settings,
            engine=self._engines.get,
            as_class=as_class,
        )
