"""Names that stand for one thing each: no two classes of the program have the same."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.style.report import Hit

APART = ("infra",)
"""The local Caspio imports nothing of ours and calls the things of Caspio by their names, too."""

CLIENT = Path("pipeline", "adapters", "caspio", "client")
SAME_THING = frozenset({"Clock", "Column", "Download", "TooLate"})
"""What the client, a library that imports nothing else of ours, has as well as the ports."""


def find_namesakes(files: Iterable[Path]) -> Iterator[Hit]:
    """Yield each class that has the name of a class before it, private or not."""
    places: dict[tuple[bool, str], list[tuple[Path, int]]] = defaultdict(list)
    for file in sorted(files):
        is_apart = file.parts[0] in APART
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not _may_stand_twice(node.name, file):
                places[is_apart, node.name].append((file, node.lineno))
    for (_, name), (first, *others) in places.items():
        for file, line in others:
            yield Hit(file, line, f"{name} is a class of {first[0]}, too: one name, one thing")


def _may_stand_twice(name: str, file: Path) -> bool:
    return name in SAME_THING and CLIENT in file.parents
