"""What each kind of write costs in Caspio calls: for the forecast of a plan and every estimate."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from posixpath import dirname

from pipeline.looks import LOOKED_AT_ONCE
from pipeline.moves import MOVED_TOGETHER

UPDATE = 1
"""Write the columns of a record. A text that is overwritten is read once more before (`LOOK`)."""

LOOK = 1
INSERT = 2
"""Look for the row, insert it."""

RENAME = 1
"""Rename an attachment. The looks before are shared, see `rename_looks`."""

FIRST_NAME = 2
"""The first name in a field is looked at before and after: does it take extensions?"""

MOVE = 4
"""Put the new file of a move, confirm it by its bytes, look at the old one, delete that. The rest
is shared, see `shared_by_moves`. Only where size and date of the old file leave doubt, its bytes
are read again.
"""

MOVE_PASSES = 2
"""The bytes of a moved file go up, and down again."""

REPOINT = 1
"""Let a row name the new path. The record's own columns take it along in their update."""

_REFERRER_QUESTIONS = 3  # before the moves, after the rows were repointed, after the deletions


def rename_looks(renames: int, *, at_once: int = LOOKED_AT_ONCE) -> int:
    """Return how many calls look at so many attachments of a field before they are renamed."""
    return math.ceil(renames / at_once)


def shared_by_moves(paths: Sequence[str], *, referrer_calls: Callable[[Sequence[str]], int]) -> int:
    """Return how many calls the moves of these files share, which come in this order.

    `referrer_calls` says how many calls find the rows that name a few files. A folder with more
    files than one call lists costs more, which no plan knows.
    """
    calls = 0
    listed: set[str] = set()
    for start in range(0, len(paths), MOVED_TOGETHER):
        group = paths[start : start + MOVED_TOGETHER]
        calls += _REFERRER_QUESTIONS * referrer_calls(group)
        for folder, files in Counter(map(dirname, group)).items():
            # One look at the old files; before that, the names of a folder are asked for once.
            calls += 1 + (folder not in listed)
            if files > 1:  # one file is looked up without its folder
                listed.add(folder)
    return calls
