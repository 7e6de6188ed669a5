"""Identify how each kind of file is read: under equal fingerprints a document is read alike.

A fingerprint names the kinds of file that were met in a document, each with a digest: `pdf:…` for a
PDF, `mail:… pdf:…` for a mail with a PDF in it. A digest covers what files of this kind pass: the
source code of every stage, found by following imports, the data files beside it, the libraries it
imports, the OCR engine with its models where it can reach one, and the settings. So an edit of the
RTF reader leaves PDFs as they are, and an edit of a rule that all documents pass does not.

Nothing is imported for that: the sources are read as text, which takes some tens of milliseconds.
"""

import dataclasses
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from pipeline.model import Findings, ReadStatus
from processors.contract import OcrModels, ReadSettings
from processors.registry import BUILT_IN, Entry, entry_for

_PACKAGE = Path(__file__).resolve().parent
_OURS = "processors."

EVERYTHING = "all"
"""The kind of a document whose reading was cut short: any stage may be the reason."""
UNSUPPORTED = "unsupported"
"""The kind of files that no processor reads; the registry decides about them."""

_EVERY_FILE = ("processors.read",)
"""The module that takes a file of any kind through its stages, and imports what all kinds pass."""
_BY_KIND = "processors.registry"
"""The module that imports by kind of file: its imports are not followed."""
_OCR = ("processors.ocr.engines", "processors.ocr.ocr_cache")
_PDFA = ("processors.renditions.pdfa",)

LIBRARIES = {
    "PIL": "pillow",
    "cryptography": "cryptography",
    "cssselect2": "cssselect2",
    "cv2": "opencv-python-headless",
    "dateparser": "dateparser",
    "docx": "python-docx",
    "lxml": "lxml",
    "msoffcrypto": "msoffcrypto-tool",
    "numpy": "numpy",
    "olefile": "olefile",
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
    "oxmsg": "python-oxmsg",
    "pi_heif": "pi-heif",
    "pptx": "python-pptx",
    "py3langid": "py3langid",
    "pypdf": "pypdf",
    "pypdfium2": "pypdfium2",
    "pytesseract": "pytesseract",
    "python_calamine": "python-calamine",
    "stdnum": "python-stdnum",
    "striprtf": "striprtf",
    "structlog": "structlog",
    "tinycss2": "tinycss2",
    "xlrd": "xlrd",
    "zxingcpp": "zxing-cpp",
}
"""The distribution of each library that processors import.

`importlib.metadata.packages_distributions` knows the same, but takes most of a second.
"""

# Matches `import a, b` and `from a import (b, c)`, also on several lines. It takes a tenth of the
# time of `ast.parse`; a test compares the two over all modules.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n(]+)|import[ \t]+([^\n]+))",
    re.MULTILINE,
)


class Fingerprints:
    """The fingerprints of every kind of file under some settings, computed when first needed."""

    def __init__(self, settings: ReadSettings, *, package: Path = _PACKAGE) -> None:
        """Take the sources from `package`, the folder of `processors`."""
        self._settings = settings
        self._package = package
        self._known: dict[str, str] = {}

    def everything(self) -> str:
        """Return the fingerprint of all kinds together.

        Raises:
            EngineMissing: the OCR engine of the settings is not installed.
        """
        return f"{EVERYTHING}:{self._digests()[EVERYTHING]}"

    def of_media_type(self, media_type: str) -> str:
        """Return the fingerprint of files of one media type that have no files in them."""
        return self._of_kinds({_kind_of(media_type, ReadStatus.UNSUPPORTED)})

    def of_findings(self, findings: Findings) -> str:
        """Return the fingerprint of a document and the files in it, at any depth."""
        kinds = {
            _kind_of(found.media_type, found.status) for found in _with_embedded_files(findings)
        }
        return self._of_kinds(kinds)

    def is_current(self, fingerprint: str) -> bool:
        """Return whether a document read under this fingerprint would be read alike now."""
        digests = self._digests()
        parts = [part.partition(":") for part in fingerprint.split()]
        return bool(parts) and all(digests.get(kind) == digest for kind, _, digest in parts)

    def _of_kinds(self, kinds: set[str]) -> str:
        if EVERYTHING in kinds:
            return self.everything()
        digests = self._digests()
        return " ".join(f"{kind}:{digests[kind]}" for kind in sorted(kinds))

    def _digests(self) -> dict[str, str]:
        """Return the digest of every kind, all computed at once.

        A process that goes on running after its code was replaced keeps the fingerprints it had.
        """
        if not self._known:
            sources = Sources(self._package)
            digests = {entry.name: self._digest_of(entry, sources) for entry in BUILT_IN}
            digests[UNSUPPORTED] = self._digest_of(None, sources)
            digests[EVERYTHING] = _digest(digests)
            self._known = digests
        return self._known

    def _digest_of(self, entry: Entry | None, sources: "Sources") -> str:
        settings = self._settings
        roots = [*_EVERY_FILE, entry.module if entry else _BY_KIND]
        parts: dict[str, object] = {}
        # A processor that prepares pictures hands them to an engine that it does not import.
        stages = sources.stages_from(roots)
        if any(stage.startswith("processors.ocr.") for stage in stages):
            roots += _OCR
            from processors.ocr import engines

            parts["engines"] = [_engine(name, settings) for name in engines.used(settings)]
        else:
            settings = dataclasses.replace(settings, ocr="", models=OcrModels())
        if "pdfa" in settings.renditions:
            roots += _PDFA
            from processors.exec import ocrmypdf

            parts["pdfa"] = ocrmypdf.version()
        stages = sources.stages_from(roots)
        # Without secrets, and without where the files of networks are.
        models = OcrModels(languages=settings.models.languages)
        comparable = dataclasses.replace(settings, passwords=(), models=models)
        return _digest(
            {
                **parts,
                "processor": [entry.module, entry.attribute] if entry else [],
                "files": sources.digests_of(stages),
                "libraries": _versions(sources.libraries_of(stages)),
                # Regular expressions, Unicode and number formatting are Python's.
                "python": platform.python_version_tuple()[:2],
                "settings": dataclasses.asdict(comparable),
                "passwords": [_slow_digest(password) for password in settings.passwords],
            }
        )


class Sources:
    """The modules of `processors` and the data files beside them, as they are on disk now.

    Kinds of file share most of their stages, so each folder is listed and each file read once.
    """

    def __init__(self, package: Path = _PACKAGE) -> None:
        self._modules: dict[str, Path] = {}
        self._data: dict[Path, list[Path]] = {}
        self._imports: dict[str, tuple[str, ...]] = {}
        self._digests: dict[Path, tuple[str, str]] = {}
        self._package = package
        for path, folders, names in os.walk(package):
            folders[:] = [name for name in folders if name != "__pycache__"]
            folder = Path(path)
            dotted = ".".join(["processors", *folder.relative_to(package).parts])
            files = [folder / name for name in names]
            self._data[folder] = [file for file in files if file.suffix not in {".py", ".pyc"}]
            for file in files:
                if file.suffix == ".py":
                    is_package = file.name == "__init__.py"
                    self._modules[dotted if is_package else f"{dotted}.{file.stem}"] = file

    def stages_from(self, roots: Iterable[str]) -> list[str]:
        """Return these modules and all of `processors` that they import, sorted.

        Imports inside functions count. What the registry imports by kind of file does not.
        """
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            module = waiting.pop()
            # Most names that are imported are no modules, but are in one.
            if module in found or module not in self._modules:
                continue
            found.add(module)
            if module != _BY_KIND:
                waiting += [name for name in self._imports_of(module) if name.startswith(_OURS)]
        # The registry lists all formats; a kind depends on its own entry only, unless nothing
        # reads it.
        return sorted(found if _BY_KIND in roots else found - {_BY_KIND})

    def libraries_of(self, stages: Iterable[str]) -> set[str]:
        """Return the distributions that these modules import."""
        names = {name.partition(".")[0] for stage in stages for name in self._imports_of(stage)}
        return {LIBRARIES[name] for name in names & LIBRARIES.keys()}

    def digests_of(self, stages: Iterable[str]) -> list[tuple[str, str]]:
        """Return the sources of these modules and the data files in their folders, with digests."""
        sources = [self._modules[stage] for stage in stages]
        data = {file for folder in {one.parent for one in sources} for file in self._data[folder]}
        return [self._with_digest(file) for file in sorted([*sources, *data])]

    def _imports_of(self, module: str) -> tuple[str, ...]:
        if module not in self._imports:
            self._imports[module] = imports_of(self._modules[module])
        return self._imports[module]

    def _with_digest(self, file: Path) -> tuple[str, str]:
        if file not in self._digests:
            name = file.relative_to(self._package).as_posix()
            self._digests[file] = name, _file_digest(file)
        return self._digests[file]


def _kind_of(media_type: str, status: ReadStatus) -> str:
    entry = entry_for(media_type)
    if entry:
        return entry.name
    # A file whose reading crashed or was refused halfway has no media type either.
    return UNSUPPORTED if status is ReadStatus.UNSUPPORTED else EVERYTHING


def _with_embedded_files(findings: Findings) -> Iterator[Findings]:
    yield findings
    for child in findings.children:
        yield from _with_embedded_files(child.findings)


def imports_of(file: Path) -> tuple[str, ...]:
    """Return the names that a source imports, with the names in modules."""
    status = file.stat()
    return _imports_in(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _imports_in(file: Path, _mtime_ns: int, _size: int) -> tuple[str, ...]:
    names: list[str] = []
    for module, members, plain in _IMPORT.findall(file.read_text(encoding="utf-8")):
        listed = re.sub(r"#[^\n]*", "", members or plain).strip("() \n").split(",")
        imported = [part.split()[0] for part in listed if part.split()]
        if module:
            names += [module, *(f"{module}.{name}" for name in imported)]
        else:
            names += imported
    return tuple(names)


def _file_digest(file: Path) -> str:
    status = file.stat()
    return _content_digest(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _content_digest(file: Path, _mtime_ns: int, _size: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(parts: object) -> str:
    """Return 16 hex digits: a document meets few versions of few kinds."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _slow_digest(password: str) -> str:
    """Digest a password so slowly that it cannot be guessed: manifests contain fingerprints."""
    salt = b"caspio-ingest fingerprint"
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()


def _versions(distributions: Iterable[str]) -> list[str]:
    return [f"{name} {_version(name)}" for name in sorted(distributions)]


@cache
def _version(distribution: str) -> str:
    # Not for readers that do not say how they read.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"


def _engine(name: str, settings: ReadSettings) -> list[object]:
    """Describe an engine as it is installed now; raises EngineMissing."""
    if name == "rapidocr":
        from processors.ocr.rapid import engine, lexicon, models

        chosen = models.networks_of(settings.models)
        digests = sorted(_file_digest(file) for file in (chosen.detection, chosen.recognition))
        return [*_versions(("rapidocr", engine.runtime(), lexicon.PACKAGE)), *digests]
    from processors.exec import tesseract

    files = tesseract.data_files(settings.languages)
    return [
        f"tesseract {tesseract.version()}",
        *(_file_digest(file) for file in files if file.is_file()),
    ]
