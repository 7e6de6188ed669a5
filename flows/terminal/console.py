"""A console for what strangers wrote: nothing in a name or value moves the cursor, titles a window or hides a line."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from structlog.typing import EventDict, WrappedLogger

_CONTROLS = {
    code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}


class PlainConsole(Console):
    """A console that shows control characters as U+FFFD, whoever put them into the text; its own colours stay."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, and take the teeth out of the text."""
        for segment in super().render(renderable, options):
            yield (
                segment
                if segment.control
                else Segment(without_controls(segment.text), segment.style)
            )


def without_controls(text: str) -> str:
    """Replace what a terminal would obey; tabs and line ends stay."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def plain_log(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Do the same with the texts of a log line."""
    return {
        key: without_controls(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
