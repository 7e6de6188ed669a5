"""Write a copy of a PDF whose cross-reference table or end is lost, from what is left of it."""

import re
from collections.abc import Mapping
from pathlib import Path

# ISO 32000-1, section 7.3.10: an object starts with its number and generation.
_OBJECT = re.compile(rb"(?<![0-9])([0-9]{1,7})[ \t\r\n]+([0-9]{1,5})[ \t\r\n]+obj\b")
_CATALOG = re.compile(rb"/Type\s*/Catalog\b")
_TREE = re.compile(rb"/Type\s*/Pages\b")
_PAGE = re.compile(rb"/Type\s*/Page\b")
_PARENT = re.compile(rb"/Parent\b")
_HEAD_END = re.compile(rb"\bendobj\b|\bstream\b")
_DICTIONARY_BYTES = 4096  # of an object, in which its type is looked for
_MOST_OBJECTS = 200_000
_LARGEST_BYTES = 64 * 2**20  # the copy is as large, and both are in memory
_NAME = "repaired.pdf"


def repaired(path: Path, work_dir: Path) -> Path | None:
    """Return a copy with a new cross-reference table; None if there is nothing to write one from.

    The last object of a number counts, as after an incremental update. Where the catalog or the
    tree of pages is lost, the pages are taken in the order in which they are in the file.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        return None
    data = path.read_bytes()
    if b"/Encrypt" in data:  # the key is in the part that is lost
        return None
    places = {
        int(found[1]): found.start()
        for found, _ in zip(_OBJECT.finditer(data), range(_MOST_OBJECTS), strict=False)
        if int(found[1]) <= _MOST_OBJECTS  # the new table has an entry for each number below
    }
    # The beginning of each object, without its stream or the object that follows.
    heads = {
        number: _HEAD_END.split(data[place : place + _DICTIONARY_BYTES], maxsplit=1)[0]
        for number, place in places.items()
    }
    catalog, added = _catalog_of(heads, last=max(places, default=0))
    if catalog is None:
        return None
    target = work_dir / _NAME
    target.write_bytes(_with_table(data, places, added, catalog))
    return target


def _catalog_of(heads: Mapping[int, bytes], *, last: int) -> tuple[int | None, dict[int, bytes]]:
    """Return the number of the catalog, None without pages, and the objects that replace lost ones.

    The objects are in the order of the file.
    """
    pages, catalogs = _matching(heads, _PAGE), _matching(heads, _CATALOG)
    if not pages:
        return None, {}
    trees = [number for number in _matching(heads, _TREE) if not _PARENT.search(heads[number])]
    if trees and catalogs:
        return catalogs[0], {}
    tree, catalog = trees[0] if trees else last + 1, last + 2
    added = {catalog: b"<< /Type /Catalog /Pages %d 0 R >>" % tree}
    if not trees:
        kids = b" ".join(b"%d 0 R" % number for number in pages)
        added[tree] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
    return catalog, added


def _matching(heads: Mapping[int, bytes], kind: re.Pattern[bytes]) -> list[int]:
    return [number for number, head in heads.items() if kind.search(head)]


def _with_table(
    data: bytes, places: dict[int, int], added: dict[int, bytes], catalog: int
) -> bytes:
    out = bytearray(data + b"\n")
    where = dict(places)
    for number, body in added.items():
        where[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    size = max(where) + 1
    out += b"xref\n0 %d\n" % size
    for number in range(size):
        # Section 7.5.4: an entry has 20 bytes.
        entry = (where[number], 0, b"n") if number in where else (0, 65535, b"f")
        out += b"%010d %05d %s \n" % entry
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (size, catalog)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
