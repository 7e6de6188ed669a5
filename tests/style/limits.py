"""Hold functions, modules and folders to the limits of CONTRIBUTING.

Complexity is measured as `radon cc` does (`tests/style/measures.py`), not with ruff's C901: that
counts neither `and` and `or`, nor conditional expressions, nor comprehensions, and so passes
functions that have twice the paths. To count ourselves also saves a dependency.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.style.measures import measure_file
from tests.style.report import Hit

COMPLEXITY = 12
FUNCTION_LINES = 60
MODULE_LINES = 400
FOLDER_MODULES = 20


def find_excesses(files: Sequence[Path]) -> Iterator[Hit]:
    """Measure these Python files and yield what passes a limit."""
    for file in files:
        measured = measure_file(file)
        if measured.physical_lines > MODULE_LINES:
            found = (
                f"{measured.physical_lines} lines, the limit is {MODULE_LINES}: split the module"
            )
            yield Hit(file, 1, found)
        for function in measured.functions:
            if function.length > FUNCTION_LINES:
                found = (
                    f"{function.name} has {function.length} lines, the limit is {FUNCTION_LINES}"
                )
                yield Hit(file, function.line, found)
            if function.complexity > COMPLEXITY:
                found = (
                    f"{function.name} has complexity {function.complexity}, "
                    f"the limit is {COMPLEXITY}"
                )
                yield Hit(file, function.line, found)

    for folder, modules in sorted(Counter(file.parent for file in files).items()):
        if modules > FOLDER_MODULES:
            found = f"{modules} modules, the limit is {FOLDER_MODULES}: group them in folders"
            yield Hit(folder, 0, found)
