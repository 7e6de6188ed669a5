"""Write PDF objects one after the other, as a new file or behind the last byte of one there is."""

import zlib
from collections.abc import Iterator, Sequence
from typing import IO

HEADER = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"


class PdfFile:
    """Objects written to a stream that is open for writing; `first` is the first number that is free."""

    def __init__(self, stream: IO[bytes], *, first: int = 1) -> None:
        self._stream = stream
        self._next = first
        self._places: dict[int, tuple[int, int]] = {}

    def reserve(self) -> int:
        """Return a number for an object that is written later."""
        self._next += 1
        return self._next - 1

    def add(self, body: bytes, *, number: int | None = None, generation: int = 0) -> int:
        """Write an object and return its number; an old number replaces what had it."""
        number = self.reserve() if number is None else number
        self._places[number] = (self._stream.tell(), generation)
        self._stream.write(b"%d %d obj\n%s\nendobj\n" % (number, generation, body))
        return number

    def add_stream(
        self, entries: str, data: bytes, *, number: int | None = None, pack: bool = False
    ) -> int:
        """Write a stream with the entries of its dictionary, deflated where asked."""
        if pack:
            entries, data = f"{entries} /Filter /FlateDecode", zlib.compress(data)
        head = f"<< {entries} /Length {len(data)} >>".encode("latin-1")
        return self.add(b"%s\nstream\n%s\nendstream" % (head, data), number=number)

    def end(self, trailer: str, *, as_stream: bool = False) -> None:
        """Write the table of places and the trailer with these entries.

        A file whose last table is a stream must be continued by a stream.
        """
        if as_stream:
            number = self.reserve()
            start = self._stream.tell()
            self._places[number] = (start, 0)
            index = " ".join(f"{run[0]} {len(run)}" for run in self._runs())
            rows = b"".join(
                b"\x01" + place.to_bytes(5, "big") + generation.to_bytes(2, "big")
                for place, generation in (self._places[key] for key in sorted(self._places))
            )
            entries = f"/Type /XRef /W [1 5 2] /Index [{index}] /Size {self._next} {trailer}"
            self.add_stream(entries, rows, number=number)
        else:
            start = self._stream.tell()
            self._stream.write(b"xref\n")
            if min(self._places) == 1:  # a new file: every first table begins with this entry
                self._stream.write(b"0 1\n0000000000 65535 f \n")
            for run in self._runs():
                self._stream.write(b"%d %d\n" % (run[0], len(run)))
                self._stream.writelines(b"%010d %05d n \n" % self._places[key] for key in run)
            self._stream.write(f"trailer\n<< /Size {self._next} {trailer} >>\n".encode("latin-1"))
        self._stream.write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _runs(self) -> Iterator[Sequence[int]]:
        """Yield runs of numbers that follow each other."""
        run: list[int] = []
        for number in sorted(self._places):
            if run and number != run[-1] + 1:
                yield run
                run = []
            run.append(number)
        if run:
            yield run
