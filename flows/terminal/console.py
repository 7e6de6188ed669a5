"""A console for untrusted text: no name or value can move the cursor or hide a line."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

# They turn the text around, so that `fdp.exe` is read as `exe.pdf`. Texts of other scripts do
# without them: their letters have a direction of their own.
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
# C0 and C1: a file name with an escape sequence could otherwise rewrite what a user sees.
_CONTROLS = _TURNING | {
    code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}


class PlainConsole(Console):
    """A console that shows texts as they are, with control characters as U+FFFD.

    No square bracket, colon or number in them has a meaning: only styles and `Text` bring colors.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, with control characters of the text replaced."""
        for segment in super().render(renderable, options):
            # Control segments are the console's own: it moves the cursor with them.
            if segment.control:
                yield segment
            else:
                yield Segment(without_controls(segment.text), segment.style)


def without_controls(text: str) -> str:
    """Replace control characters and what turns text around; tabs and line ends stay."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def in_order(text: str) -> str:
    """Replace what changes the direction of writing, so that a text is read as it is stored."""
    return text.translate(_TURNING)


def plain_log(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """Replace control characters in the texts of a log line."""
    return {
        key: without_controls(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
