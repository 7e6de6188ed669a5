"""Names of files. Pure: text in, text out.

A template is jinja2 in a sandbox, compiled and tried once when settings load. What it yields is made safe for Windows,
macOS, Linux and Caspio's Files area alike; a name that cannot be made becomes the old one, and says why.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import TemplateError

from pipeline.decide import provenance
from pipeline.decide.templates import compile_template
from pipeline.model import Finding, Findings

MAX_NAME_BYTES = 200
"""Bytes of UTF-8 a whole name may have: below the 255 of common file systems, with room for a number."""

FINDING_NAMES = frozenset(
    {
        "date", "due_date", "period", "total", "amount_due", "net", "tax", "currency", "company", "seller", "buyer",
        "address", "invoice_number", "order_number", "iban", "vat_id", "buyer_vat_id", "email", "phone", "parties",
        "person", "document_number", "nationality", "issuing_country", "birth_date", "expiry_date", "sex", "barcodes",
        "language", "doc_type",
    }
)  # fmt: skip
"""What a processor may find: the words a settings file can use for columns and in name templates."""

FACT_NAMES = provenance.NAMES | {"text", "pages", "media_type"}
"""What is known of every document beside its findings; columns may be mapped to these, too."""

_TEMPLATE_NAMES = FINDING_NAMES | {"original", "pages"}
_TEMPLATE_ERRORS = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
)
_BASIC_PLANE_END = 0xFFFF
_RESERVED = re.compile(r"^(con|prn|aux|nul|(com|lpt)[\d¹²³])(\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,10}")
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


@dataclass(frozen=True, slots=True)
class NewName:
    """A file's name to be: full, with extension. `problem` says why the template's own answer was not used."""

    name: str
    problem: str = ""


class NameTemplate:
    """A compiled name template."""

    def __init__(self, source: str) -> None:
        """Compile a template and try it on a full and an empty document.

        Raises:
            ValueError: the template does not compile, names something unknown, or fails on ordinary values.
        """
        self.source = source
        try:
            self._template = compile_template(source)
            self._template.render(_Sample())
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
        self, findings: Findings, *, current: str, original: str, min_confidence: float = 0.0
    ) -> NewName:
        """Name a document. `current` is its full name now, `original` the one it was uploaded under.

        Findings less sure than `min_confidence` do not get into a name.

        Where the template asks for a value the document does not have, or yields nothing usable, the current name
        stays and `problem` says why.
        """
        values = {
            name: finding.value
            for name, finding in findings_by_name(findings).items()
            if finding.value is not None and finding.confidence >= min_confidence
        }
        context = {**values, "original": split_name(original)[0], "pages": findings.page_count}
        extension = (findings.extension or "").lstrip(".")
        if not _EXTENSION.fullmatch(
            extension
        ):  # a document that took its reader over could say "txt/../x"
            extension = split_name(current)[1]
        try:
            text = self._template.render(context)
        except _TEMPLATE_ERRORS as error:
            return NewName(
                current,
                f"the name stays, since the template asks for what was not found: {error}{_without(error)}",
            )
        base = safe_base(text, extension=extension)
        if not base:
            return NewName(current, "the name template gave no usable name; the name stays")
        return NewName(join_name(base, extension))


def _without(error: Exception) -> str:
    """Say how a template does without a value that not every document has."""
    found = re.match(r"'(\w+)' is undefined", str(error))
    return (
        f"; where names may do without it, write {{{{ {found[1]} | default('') }}}}"
        if found
        else ""
    )


class _Sample(dict[str, object]):
    """A document that has everything, for trying a template when settings load."""

    def __init__(self) -> None:
        super().__init__(
            dict.fromkeys(_TEMPLATE_NAMES, "sample"), date="2026-01-31", due_date="2026-02-28"
        )
        self.update(total="12.50", amount_due="12.50", net="10.50", tax="2.00", pages=1)
        self.update(
            birth_date="1990-01-31",
            expiry_date="2030-01-31",
            period="2026-01-01/2026-01-31",
            language="en",
        )


def safe_base(text: str, *, extension: str = "") -> str:
    """Make a base name (no extension) safe on every file system; "" when nothing is left. Idempotent."""
    text = unicodedata.normalize("NFC", text)
    text = _FORBIDDEN.sub(" ", text)
    text = "".join(
        c
        for c in text
        if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        and ord(c) <= _BASIC_PLANE_END
    )
    # Again, since what was taken out may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", " ".join(text.split()).strip(" ."))
    room = MAX_NAME_BYTES - len(extension.encode()) - 1
    text = _cut(text, room).strip(" .")
    if _RESERVED.match(text):
        text = _cut(f"_{text}", room).rstrip(" .")
    return text


def _cut(text: str, room_bytes: int) -> str:
    return text.encode()[:room_bytes].decode(errors="ignore")


def split_name(name: str) -> tuple[str, str]:
    """Split a name into base and extension without dot, both possibly ""."""
    base, dot, extension = name.rpartition(".")
    if not dot or not base or not extension or len(extension) > 10 or not extension.isalnum():  # noqa: PLR2004 - longest in use
        return name, ""
    return base, extension


def join_name(base: str, extension: str) -> str:
    """Join base and extension; no dot without an extension."""
    return f"{base}.{extension}" if extension else base


def numbered(name: str, number: int) -> str:
    """Return the name's n-th alternative: "a.pdf" → "a (2).pdf"."""
    base, extension = split_name(name)
    suffix = f" ({number})"
    room = MAX_NAME_BYTES - len(extension.encode()) - 1 - len(suffix)
    return join_name(_cut(base, room).rstrip(" .") + suffix, extension)


def base_differs(current: str, wanted: str) -> bool:
    """Say whether two full names have different base names: an attachment's extension is not ours to change."""
    return split_name(current)[0] != split_name(wanted)[0]


def findings_by_name(findings: Findings) -> Mapping[str, Finding]:
    """Return a document's findings under the names a settings file uses, its class among them."""
    return {**findings.fields, "doc_type": findings.doc_type}


def is_alternative(name: str, wanted: str) -> bool:
    """Say whether a name is a numbered alternative of the wanted one: "a (2).pdf" of "a.pdf"."""
    match = re.search(r" \((\d{1,4})\)$", split_name(name)[0])
    return match is not None and numbered(wanted, int(match[1])) == name
