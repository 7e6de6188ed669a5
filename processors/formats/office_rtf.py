"""Read rich text: words without formatting."""

from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.media import RTF
from processors.layout.plain_page import text_page


class RtfProcessor:
    """Reads .rtf with striprtf; embedded objects are ignored."""

    name = "rtf"

    def accepts(self, media_type: str) -> str | None:
        """Accept rich text."""
        return None if media_type == RTF else f"{media_type} is not rich text"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the document as one page."""
        del work_dir, context
        from striprtf.striprtf import rtf_to_text

        # RTF is 7-bit; text in a code page is escaped, and striprtf decodes it. Latin-1 keeps every
        # byte as it is.
        rtf = path.read_bytes().decode("latin-1")
        try:
            text = rtf_to_text(rtf, errors="replace")  # type: ignore[no-untyped-call] # no types
        except (ValueError, LookupError, TypeError, RecursionError, AttributeError) as exc:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "The rich text document is damaged. Save it again, or as .docx or PDF.",
            ) from exc
        return Reading(pages=(text_page(clean(text), engine="rtf"),))
