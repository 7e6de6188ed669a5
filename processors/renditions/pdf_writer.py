"""Write PDF objects one after the other, as a new file or appended to an existing one.

Sections are those of ISO 32000-1.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import IO

# The comment with bytes beyond 127 shows programs that the file is binary (section 7.5.2).
HEADER = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"


class PdfFile:
    """Writes objects to an open stream; `first` is the first object number that is free."""

    def __init__(self, stream: IO[bytes], *, first: int = 1) -> None:
        self._stream = stream
        self._next = first
        self._entries: dict[int, tuple[int, int]] = {}  # offset and generation by object number

    def reserve(self) -> int:
        """Return a number for an object that is written later."""
        self._next += 1
        return self._next - 1

    def add(self, body: bytes, *, number: int | None = None, generation: int = 0) -> int:
        """Write an object and return its number.

        An object with a number in use replaces the earlier one.
        """
        number = self.reserve() if number is None else number
        self._entries[number] = (self._stream.tell(), generation)
        self._stream.write(b"%d %d obj\n%s\nendobj\n" % (number, generation, body))
        return number

    def add_stream(
        self, entries: str, data: bytes, *, number: int | None = None, compress: bool = False
    ) -> int:
        """Write a stream with the entries of its dictionary."""
        if compress:
            entries, data = f"{entries} /Filter /FlateDecode", zlib.compress(data)
        head = f"<< {entries} /Length {len(data)} >>".encode("latin-1")
        return self.add(b"%s\nstream\n%s\nendstream" % (head, data), number=number)

    def end(self, trailer: str, *, as_stream: bool = False) -> None:
        """Write the cross-reference table and the trailer with these entries.

        A file whose last cross-reference section is a stream must be continued with a stream
        (section 7.5.8.4).
        """
        start = self._stream.tell()
        if as_stream:
            # Section 7.5.8. The stream is an object, so it has an entry for itself.
            number = self.reserve()
            self._entries[number] = (start, 0)
            index = " ".join(f"{run[0]} {len(run)}" for run in self._runs())
            # Fields of 1, 5 and 2 bytes: type 1 (an object in use), offset, generation.
            rows = b""
            for _, (offset, generation) in sorted(self._entries.items()):
                rows += b"\x01" + offset.to_bytes(5, "big") + generation.to_bytes(2, "big")
            entries = f"/Type /XRef /W [1 5 2] /Index [{index}] /Size {self._next} {trailer}"
            self.add_stream(entries, rows, number=number)
        else:
            # Section 7.5.4. The table of a new file begins with the head of the list of free
            # objects.
            self._stream.write(b"xref\n")
            if min(self._entries) == 1:
                self._stream.write(b"0 1\n0000000000 65535 f \n")
            for run in self._runs():
                self._stream.write(b"%d %d\n" % (run[0], len(run)))
                self._stream.writelines(b"%010d %05d n \n" % self._entries[key] for key in run)
            self._stream.write(f"trailer\n<< /Size {self._next} {trailer} >>\n".encode("latin-1"))
        self._stream.write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _runs(self) -> Iterator[Sequence[int]]:
        """Yield runs of consecutive object numbers."""
        run: list[int] = []
        for number in sorted(self._entries):
            if run and number != run[-1] + 1:
                yield run
                run = []
            run.append(number)
        if run:
            yield run
