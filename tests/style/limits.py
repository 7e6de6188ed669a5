"""Hold functions, modules and folders to the limits of CONTRIBUTING.

Complexity is measured as `radon cc` does (`tests/style/measures.py`), not with ruff's C901: that
counts neither `and` and `or`, nor conditional expressions, nor comprehensions, and so passes
functions that have twice the paths. To count ourselves also saves a dependency.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.style.measures import complexity, functions_in, length
from tests.style.report import Hit

COMPLEXITY = 12
FUNCTION_LINES = 60
MODULE_LINES = 400
FOLDER_MODULES = 20


def find_excesses(files: Sequence[Path]) -> Iterator[Hit]:
    """Measure these Python files and yield what passes a limit."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > MODULE_LINES:
            yield Hit(file, 1, f"{lines} lines, the limit is {MODULE_LINES}: split the module")
        for function in functions_in(ast.parse(text, filename=str(file))):
            for what, count, limit in (
                ("{} lines", length(function), FUNCTION_LINES),
                ("complexity {}", complexity(function), COMPLEXITY),
            ):
                if count > limit:
                    found = f"{function.name} has {what.format(count)}, the limit is {limit}"
                    yield Hit(file, function.lineno, found)

    for folder, modules in sorted(Counter(file.parent for file in files).items()):
        if modules > FOLDER_MODULES:
            found = f"{modules} modules, the limit is {FOLDER_MODULES}: group them in folders"
            yield Hit(folder, 0, found)
