"""Names of files. Pure: text in, text out.

A template is Jinja in a sandbox, compiled and tried once when settings load. What it yields is made
safe for Windows, macOS, Linux and Caspio's Files area alike; if no name can be made, the file keeps
its own, and the problem says why.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from jinja2 import TemplateError

from pipeline.decide.confidence import doubt
from pipeline.decide.templates import compile_template
from pipeline.findings import FINDING_NAMES, FINDINGS, NO_CLASS
from pipeline.model import FileRef, Finding, Findings, Place

MAX_NAME_BYTES = 200
"""Most bytes of a name in UTF-8: common file systems allow 255, and a number must fit in."""

_TEMPLATE_NAMES = FINDING_NAMES | {"original", "pages"}
# What a template can raise on the values of an ordinary document.
_TEMPLATE_ERRORS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
)
_BASIC_PLANE_END = 0xFFFF  # Caspio refuses characters beyond it
_MAX_EXTENSION_CHARS = 10  # the longest in common use
# Devices that Windows finds under these names in every folder, whatever their extension. See
# Microsoft, "Naming Files, Paths, and Namespaces".
_RESERVED = re.compile(r"^(con|prn|aux|nul|(com|lpt)[\d¹²³])(\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(rf"[A-Za-z0-9]{{1,{_MAX_EXTENSION_CHARS}}}")
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
# Control, format, surrogate, private and unassigned characters.
_UNUSABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class NewName:
    """A new name for a file, with extension. `problem` says why it is the current name instead."""

    name: str
    problem: str = ""


class NameTemplate:
    """A compiled name template. `example` is a name as it gives them, without extension."""

    def __init__(self, source: str) -> None:
        """Compile a template, and try it on a document that has every finding.

        Raises:
            ValueError: the template does not compile, names something unknown, or fails on ordinary
                values.
        """
        self.source = source
        sample: dict[str, object] = {name: FINDINGS[name].sample for name in FINDING_NAMES}
        sample |= {"original": "scan", "pages": int(FINDINGS["pages"].sample)}
        try:
            self._template = compile_template(source)
            self.example = safe_base(self._template.render(sample))
        except TemplateError as error:
            known = ", ".join(sorted(_TEMPLATE_NAMES))
            raise ValueError(
                f"rename template {source!r}: {error}. Known names: {known}"
            ) from error
        except _TEMPLATE_ERRORS as error:
            raise ValueError(
                f"rename template {source!r} fails on an ordinary document: {error}."
            ) from error

    def render(
        self,
        findings: Findings,
        *,
        current: str,
        original: str,
        kept_extension: str | None = None,
        write_at: float = 0.0,
    ) -> NewName:
        """Name a document. `current` is its full name now, `original` the one it was uploaded with.

        The name gets `kept_extension` where that cannot be changed, otherwise the one that fits the
        document. Findings below the confidence `write_at` do not get into a name: a wrong name is
        as bad as a wrong value. If the template asks for a value that the document does not have,
        or yields nothing usable, the current name stays.
        """
        named = findings_by_name(findings)
        values: dict[str, object] = {
            name: finding.value
            for name, finding in named.items()
            if finding.value is not None and finding.confidence >= write_at
        }
        values |= {
            "original": split_name(original, kept_extension)[0],
            "pages": findings.page_count,
        }
        try:
            text = self._template.render(values)
        except _TEMPLATE_ERRORS as error:
            return NewName(current, self._why_not(error, named, values, write_at=write_at))
        extension = kept_extension
        if extension is None:
            extension = (findings.extension or "").lstrip(".")
            if not _EXTENSION.fullmatch(extension):
                # A document that has taken over its reader process may return "txt/../x".
                extension = split_name(current)[1]
        base = safe_base(text, extension=extension)
        if not base:
            return NewName(current, "the name template gave no usable name; the name stays")
        return NewName(join_name(base, extension))

    def _why_not(
        self,
        error: Exception,
        named: Mapping[str, Finding],
        values: Mapping[str, object],
        *,
        write_at: float,
    ) -> str:
        """Say why a document got no name, and what the name would be if a user accepted it."""
        undefined = re.match(r"'(\w+)' is undefined", str(error))
        if undefined is None:
            return f"the name stays, since the template asks for what was not found: {error}"
        finding = named.get(undefined[1])
        what = f"the {undefined[1].replace('doc_', 'document ').replace('_', ' ')}"
        if finding is None or finding.value is None:
            # Such as two invoices in one file: what the name needs is there, more than once.
            why = "was not found"
            if finding is not None and finding.others:
                why = f"is not certain: {finding.reason}"
            return f"the name stays: it needs {what}, which {why}"
        why = doubt(finding.confidence, finding.reason, limit=write_at, what="used in names")
        every = {name: one.value for name, one in named.items() if one.value is not None}
        try:
            would_be = safe_base(self._template.render({**every, **values}))
        except _TEMPLATE_ERRORS:
            would_be = ""  # something else is missing as well
        likely = f" (it would be {would_be!r})" if would_be else ""
        return f"the name stays{likely}: {what} is {why}"


def safe_base(text: str, *, extension: str = "") -> str:
    """Make a base name safe on all file systems, without extension; "" if nothing is left."""
    text = unicodedata.normalize("NFC", text)
    text = _FORBIDDEN.sub(" ", text)
    text = "".join(
        char
        for char in text
        if unicodedata.category(char) not in _UNUSABLE and ord(char) <= _BASIC_PLANE_END
    )
    # Again, since what was removed may have been between a letter and its accent.
    text = unicodedata.normalize("NFC", " ".join(text.split()).strip(" ."))
    room = _room(extension)
    text = _bare(_cut(text, room), extension)
    if _RESERVED.match(text):
        text = _bare(_cut(f"_{text}", room), extension)
    return text


def _bare(base: str, extension: str) -> str:
    """Strip what no base ends with: blanks, dots, and the extension, which would be doubled."""
    while (shorter := split_name(base.strip(" ."), extension)[0]) != base:
        base = shorter
    return base


def _room(extension: str, suffix: str = "") -> int:
    """Return how many bytes of a base name there is room for; an endless extension leaves some."""
    return max(MAX_NAME_BYTES // 4, MAX_NAME_BYTES - len(f".{extension}{suffix}".encode()))


def _cut(text: str, room_bytes: int) -> str:
    return text.encode()[:room_bytes].decode(errors="ignore")


def split_name(name: str, extension: str | None = None) -> tuple[str, str]:
    """Split a name into base and extension without dot, both possibly "".

    `extension` is the one that Caspio lists beside the name: it is cut off as often as the name
    ends with it, since a listing does not say whether "a.pdf" with the extension "pdf" has it in
    its base. None guesses the extension from the name.
    """
    if extension is not None:
        suffix = f".{extension}".casefold()
        while extension and name.casefold().endswith(suffix):
            name = name[: -len(suffix)]
        return name, extension
    # ".hidden" has no extension, nor has "Mr. Smith" or "1.2 draft": what follows the last dot must
    # be short, and letters or digits only.
    base, _, guessed = name.rpartition(".")
    if not base or not guessed.isalnum() or len(guessed) > _MAX_EXTENSION_CHARS:
        return name, ""
    return base, guessed


def join_name(base: str, extension: str) -> str:
    """Join base and extension; no dot without an extension."""
    return f"{base}.{extension}" if extension else base


def numbered(name: str, number: int, extension: str | None = None) -> str:
    """Return the name's n-th alternative: "a.pdf" → "a (2).pdf". `extension` as in `split_name`."""
    base, extension = split_name(name, extension)
    # The base is cut, never the number: alternatives of a long name must differ.
    suffix = f" ({number})"
    return join_name(_cut(base, _room(extension, suffix)).rstrip(" .") + suffix, extension)


def has_name(ref: FileRef, name: str) -> bool:
    """Say whether a file has a full name. An attachment keeps its extension: its base counts."""
    if ref.place is not Place.ATTACHMENT:
        return ref.name == name
    return split_name(ref.name, ref.extension)[0] == split_name(name, ref.extension)[0]


def findings_by_name(findings: Findings) -> Mapping[str, Finding]:
    """Return a document's findings by the names that settings use, its class among them."""
    doc_type = findings.doc_type
    if doc_type.value == NO_CLASS:
        doc_type = replace(doc_type, value=None)
    return {**findings.fields, "doc_type": doc_type}


def is_alternative(ref: FileRef, wanted: str) -> bool:
    """Say whether a file has a numbered alternative of a name: "a (2).pdf" of "a.pdf"."""
    match = re.search(r" \((\d{1,4})\)$", split_name(ref.name, ref.extension)[0])
    return match is not None and has_name(ref, numbered(wanted, int(match[1]), ref.extension))
