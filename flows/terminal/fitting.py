"""Tables that break no words: where their columns are too narrow, each row becomes lines."""

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

_BESIDE_A_COLUMN = 3  # a blank on both sides, and a line
_WORD_CHARS = (24, 16)
"""Words of up to so many characters stay whole, if there is room: 24 are those of a run's id.

Longer ones are paths, digests and names of files, which go on in the next line.
"""


class FittingTable(Table):
    """A table whose columns are as wide as their words.

    Where so many columns have no room side by side, each row is shown as lines with the headings.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render it for the width of the console."""
        room = options.max_width - _BESIDE_A_COLUMN * len(self.columns) - 1
        widths = _widths(self.columns, room)
        if widths is None:
            yield from self._as_lines()
            return
        for column, width in zip(self.columns, widths, strict=True):
            column.width = width
        yield from super().__rich_console__(console, options)

    def _as_lines(self) -> Iterator[Table | Text]:
        """Yield the title, and the rows one below the other; empty cells are left out."""
        if self.title:
            yield Text(str(self.title), style="table.title")
        lines = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        lines.add_column(style="dim")
        lines.add_column(overflow="fold")
        rows = zip(*(column.cells for column in self.columns), strict=True)
        for number, row in enumerate(rows):
            if number:
                lines.add_row()
            for column, cell in zip(self.columns, row, strict=True):
                if _plain(cell).strip():
                    lines.add_row(column.header, cell)
        yield lines


def _widths(columns: Sequence[Column], room: int) -> list[int] | None:
    """Return a width for each column, None where their words do not fit side by side."""
    texts = [[_plain(column.header), *map(_plain, column.cells)] for column in columns]
    wanted = [_widest(each, str.splitlines) for each in texts]
    if sum(wanted) <= room:
        return wanted
    words = [_widest(each, str.split) for each in texts]
    for most in _WORD_CHARS:
        least = [
            width if column.no_wrap else min(word, most)
            for column, width, word in zip(columns, wanted, words, strict=True)
        ]
        if sum(least) <= room:
            return _shared(least, wanted, room)
    return None


def _shared(least: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Return the least widths, and what is left given to those that want little more first."""
    widths, left = list(least), room - sum(least)
    order = sorted(range(len(least)), key=lambda at: wanted[at] - least[at])
    for done, at in enumerate(order):
        more = min(wanted[at] - least[at], left // (len(order) - done))
        widths[at] += more
        left -= more
    return widths


def _widest(texts: Sequence[str], parts_of: Callable[[str], list[str]]) -> int:
    return max((cell_len(part) for text in texts for part in parts_of(text)), default=0)


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
