"""Read rich text: words without formatting."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.media import RTF
from processors.layout.plain_page import text_page

_BINARY = b"\\bin"
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")  # RTF is 7-bit; some programs write bytes as they are
# RTF Specification 1.9.1: a control word with its number and blank, an escaped byte, a control
# symbol, a brace, or text.
_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'[0-9a-fA-F]{2}|\\[^a-zA-Z]|[{}]|[^\\{}]+|\\",
    re.DOTALL,
)
_TEXT_WORDS = frozenset(
    {
        *("u", "par", "line", "sect", "page", "tab", "cell", "nestcell", "row"),
        *("emdash", "endash", "emspace", "enspace", "qmspace", "bullet"),
        *("lquote", "rquote", "ldblquote", "rdblquote"),
    }
)
_CELL_ENDS = frozenset({"cell", "nestcell"})
# Character sets of documents without a code page: of the Macintosh, and of DOS.
_CHARACTER_SETS = (("\\mac\\", "mac_roman"), ("\\pca\\", "cp850"), ("\\pc\\", "cp437"))
_HEAD_CHARS = 200
# Groups with text that is beside that of the document, and those that repeat it.
_BESIDE_TEXT = re.compile(
    r"\{\\(?:\*\s*\\)?(?P<kind>(?:header|footer)[lrf]?|shptxt|dptxbxtext|shprslt)(?![a-zA-Z])[ ]?"
)
_HIDDEN_BOX = re.compile(r"\\sn\s+fHidden\s*\}\s*\{\\sv\s+1\s*\}")
_PROPERTIES_CHARS = 2_000
_BRACE = re.compile(r"\\[\\{}]|[{}]")
_COLOR_TABLE = re.compile(r"\{\\colortbl([^{}]*)\}")
_WHITE = re.compile(r"\s*\\red255\s*\\green255\s*\\blue255\s*")
# What may put a color behind letters, beside the properties of letters and paragraphs.
_BACKDROP = re.compile(
    r"\\(?:clcbpat|clshdng|trcbpat|shp|background|do|(?:cl|tr)bg[a-z]+)(?![a-z])"
)
# Words for properties of letters, and for what is behind letters and paragraphs.
_LARGEST_TINY = 2  # half points
_SWITCHES = {"v": "hidden", "deleted": "deleted", "strike": "struck", "striked": "struck_twice"}
_OF_LETTERS = ("hidden", "struck", "struck_twice", "white", "filled", "tiny")
_FILLS = frozenset({"cb", "chcbpat", "chshdng", "highlight"})
_FILLS_OF_PARAGRAPH = frozenset({"cbpat", "shading"})
_FONT_TABLE = re.compile(r"\{\\fonttbl(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_FONT_WITHOUT = re.compile(r"(\\f\d+)(?=[^;{}]*;)(?![^;]*\\fcharset)")


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

        data = path.read_bytes()
        if _BINARY not in data:  # binary data has a length, which escapes would change
            data = _BEYOND_ASCII.sub(lambda byte: b"\\'%02x" % byte[0][0], data)
        shown, unread = _without_unread(with_boxes(data.decode("latin-1")))
        # A document may name a character set instead of a code page.
        head = shown[:_HEAD_CHARS]
        encoding = next((known for word, known in _CHARACTER_SETS if word in head), "cp1252")
        shown, unread = map(_with_character_sets, (shown, unread))
        try:
            text, kept_apart = (
                rtf_to_text(part, encoding, errors="replace")  # type: ignore[no-untyped-call] # no types
                for part in (shown, unread)
            )
        except (ValueError, LookupError, TypeError, RecursionError, AttributeError) as exc:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "The rich text document is damaged. Save it again, or as .docx or PDF.",
            ) from exc
        page = text_page(clean(text), engine="rtf", kept_apart=clean(kept_apart))
        return Reading(pages=(page,))


def with_boxes(rtf: str) -> str:
    """Return a document whose headers, text boxes and footers are paragraphs of its text.

    The library leaves them out. A header is written before the text of its section, where it
    stays; boxes and footers go below all text.
    """
    pieces: list[str] = []
    boxes: list[str] = []
    footers: list[str] = []
    start = 0
    for found in _BESIDE_TEXT.finditer(rtf):
        if found.start() < start:
            continue  # in a group that was moved
        end = _end_of_group(rtf, found.start())
        inner = f"{{\\pard {rtf[found.end() : end - 1]}\\par}}"
        kind = found["kind"]
        if kind.startswith("header"):
            pieces += [rtf[start : found.start()], inner]
            start = end
        elif kind.startswith("footer"):
            pieces.append(rtf[start : found.start()])
            footers.append(inner)
            start = end
        elif kind == "shprslt":  # what repeats a box for old programs
            pieces.append(rtf[start : found.start()])
            start = end
        elif not _HIDDEN_BOX.search(rtf, max(0, found.start() - _PROPERTIES_CHARS), found.start()):
            boxes.append(inner)
    if not (pieces or boxes):
        return rtf
    body, brace, rest = "".join([*pieces, rtf[start:]]).rpartition("}")
    # The same foot on left, right and first pages is there once.
    return "".join([body, "\\par", *boxes, *dict.fromkeys(footers), brace, rest])


def _end_of_group(rtf: str, start: int) -> int:
    """Return where the group ends that begins at a brace; the end of the text if it does not."""
    depth = 0
    for token in _BRACE.finditer(rtf, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(rtf)


def _with_character_sets(rtf: str) -> str:
    """Give each font a character set: the library takes that of the next font for one without."""
    table = _FONT_TABLE.search(rtf)
    if table is None:
        return rtf
    fonts = _FONT_WITHOUT.sub(r"\1\\fcharset1", table[0])  # 1: that of the document
    return rtf[: table.start()] + fonts + rtf[table.end() :]


def _without_unread(rtf: str) -> tuple[str, str]:
    """Divide a document into what Word shows and what is hidden, deleted, struck through or white.

    Both keep the formatting, which says how their text is encoded.
    """
    shown: list[str] = []
    unread: list[str] = []
    whites = _whites_of(rtf)
    state = _State()
    outer: list[_State] = []
    for token in _TOKEN.finditer(rtf):
        word = token[1]
        if token[0] == "{":
            outer.append(state)
        elif token[0] == "}":
            state = outer.pop() if outer else state
        elif word is not None:
            state = state.after(word, token[2], whites)
        # The library ends a cell with "|", which other texts have, too.
        written = "\\tab " if word in _CELL_ENDS else token[0]
        is_text = word in _TEXT_WORDS or (word is None and token[0] not in "{}")
        for part in ([unread] if state.is_unread else [shown]) if is_text else (shown, unread):
            part.append(written)
    return "".join(shown), "".join(unread)


def _whites_of(rtf: str) -> frozenset[str]:
    """Return the numbers of the colors that are white, none if there may be others behind them."""
    table = _COLOR_TABLE.search(rtf)
    if table is None or _BACKDROP.search(rtf):
        return frozenset()
    colors = enumerate(table[1].split(";"))
    return frozenset(str(number) for number, color in colors if _WHITE.fullmatch(color))


class _State(NamedTuple):
    """Why the text at a place is not read; `filled` is whether a color may be behind it."""

    hidden: bool = False
    deleted: bool = False
    struck: bool = False
    struck_twice: bool = False
    white: bool = False
    filled: bool = False
    filled_paragraph: bool = False
    tiny: bool = False

    @property
    def is_unread(self) -> bool:
        """Whether the text is hidden, deleted, tiny, struck through, or white on white."""
        is_white = self.white and not (self.filled or self.filled_paragraph)
        is_struck = self.struck or self.struck_twice
        return self.hidden or self.deleted or self.tiny or is_struck or is_white

    def after(self, word: str, number: str | None, whites: Collection[str]) -> "_State":
        """Return what a control word makes of it."""
        is_on = number != "0"
        is_filled = is_on and number not in whites
        said: dict[str, bool] = {}
        if word in _SWITCHES:
            said = {_SWITCHES[word]: is_on}
        elif word == "cf":
            said = {"white": number in whites}
        elif word == "fs":
            said = {"tiny": 0 < int(number or 0) <= _LARGEST_TINY}
        elif word in _FILLS or word.startswith("chbg"):  # a pattern, such as \chbgcross
            said = {"filled": is_filled}
        elif word in _FILLS_OF_PARAGRAPH or word.startswith("bg"):
            said = {"filled_paragraph": is_filled}
        elif word == "pard":
            said = {"filled_paragraph": False}
        elif word == "plain":
            said = dict.fromkeys(_OF_LETTERS, False)
        return self._replace(**said)
