"""Measure Python files: lines, comments, functions, branches, complexity, private functions called once.

`tests/bench/house.py` prints these as a table, and `tests/style/limits.py` holds them to limits.

The definitions:

- Line: a physical line that is not blank. Docstrings and comments count.
- Function: every `def`, also methods and functions inside functions.
- Function line: a line of a function, its decorators left out, that is neither blank nor part of a
  docstring. A line of a function inside another function counts once.
- Branch: an entry of a function, `if`, `elif`, conditional expression, `for`, `while`, `except`,
  `and` and `or` (each operand after the first), and in a comprehension each `for` and each `if`.
- If statement: an `if` or `elif`, which is also a branch.
- Comment: a `#` comment that is not an order to a tool (`noqa`, `type:`). A comment on three lines
  counts three times.
- Private function: its name begins with one underscore. Called once: its name is used exactly once
  in its file, as a call or as a value.
- Length of a function: its physical lines from `def` to its end, with docstring and blank lines.
- Complexity: the definition of `radon cc`.
- Modules of a folder: the Python files that are directly in it.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LONG_LINE = 100

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_TOOL_COMMENT = re.compile(r"#\s*(noqa|type:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionMeasures:
    """What one function measures."""

    name: str
    line: int
    length: int
    complexity: int
    private: bool
    uses_in_file: int

    @property
    def called_once(self) -> bool:
        """Whether this is a private function that its file uses exactly once."""
        return self.private and self.uses_in_file == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeasures:
    """What one file measures. `physical_lines` is the only count that includes blank lines."""

    path: Path
    physical_lines: int
    lines: int
    long_lines: tuple[int, ...]
    comments: int
    function_lines: int
    branches: int
    if_statements: int
    functions: tuple[FunctionMeasures, ...]


def python_files(paths: Iterable[Path]) -> list[Path]:
    """List the Python files at and below these paths, sorted, each once."""
    found: set[Path] = set()
    for path in paths:
        found.update([path] if path.is_file() else path.rglob("*.py"))
    return sorted(found)


def measure_file(path: Path) -> FileMeasures:
    """Measure one file; raise SyntaxError if it is not Python."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    lines = text.splitlines()
    filled = {number for number, line in enumerate(lines, 1) if line.strip()}

    functions = functions_in(tree)
    inside: set[int] = set()
    for function in functions:
        inside.update(range(function.lineno, (function.end_lineno or 0) + 1))

    uses = _uses_of_names(tree)
    return FileMeasures(
        path=path,
        physical_lines=len(lines),
        lines=len(filled),
        long_lines=tuple(n for n, line in enumerate(lines, 1) if len(line) > LONG_LINE),
        comments=_count_comments(text),
        function_lines=len((inside & filled) - _docstring_lines(tree)),
        branches=_count_branches(functions),
        if_statements=len(
            {id(node) for one in functions for node in ast.walk(one) if isinstance(node, ast.If)}
        ),
        functions=tuple(
            FunctionMeasures(
                name=function.name,
                line=function.lineno,
                length=length(function),
                complexity=complexity(function),
                private=_is_private(function.name),
                uses_in_file=uses[function.name],
            )
            for function in functions
        ),
    )


def functions_in(tree: ast.Module) -> list[FunctionNode]:
    """List the functions and methods, also those inside others. Only statements hold them."""
    found: list[FunctionNode] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FunctionNode):
            found.append(node)
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            waiting.extend(ast.iter_child_nodes(node))
    return sorted(found, key=lambda function: function.lineno)


def length(function: FunctionNode) -> int:
    """Count the lines of a function, with its signature and docstring."""
    return (function.end_lineno or 0) - function.lineno + 1


def complexity(function: FunctionNode) -> int:
    """Count the cyclomatic complexity of a function as `radon cc` does.

    A function or class inside it does not count: it has a complexity of its own.
    """
    total = 1
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.If() | ast.IfExp() | ast.Assert():
                total += 1
            case ast.For() | ast.AsyncFor() | ast.While():
                total += 1 + bool(node.orelse)
            case ast.Try() | ast.TryStar():
                total += len(node.handlers) + bool(node.orelse)
            case ast.BoolOp():
                total += len(node.values) - 1
            case ast.comprehension():
                total += 1 + len(node.ifs)
            case ast.Match():
                total += len(node.cases) - any(_matches_everything(case) for case in node.cases)
            case _:
                pass
        # radon does not look into an assertion either.
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.Assert):
            waiting.extend(ast.iter_child_nodes(node))
    return total


def _matches_everything(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def _count_branches(functions: list[FunctionNode]) -> int:
    total = len(functions)
    nodes = {id(node): node for function in functions for node in ast.walk(function)}
    for node in nodes.values():
        match node:
            case (
                ast.If()
                | ast.IfExp()
                | ast.For()
                | ast.AsyncFor()
                | ast.While()
                | ast.ExceptHandler()
            ):
                total += 1
            case ast.BoolOp():
                total += len(node.values) - 1
            case ast.comprehension():
                total += 1 + len(node.ifs)
            case _:
                pass
    return total


def _count_comments(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(
        token.type == tokenize.COMMENT and not _TOOL_COMMENT.match(token.string) for token in tokens
    )


def _docstring_lines(tree: ast.Module) -> set[int]:
    numbers: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | FunctionNode):
            if ast.get_docstring(node, clean=False) is None:
                continue
            first = node.body[0]
            numbers.update(range(first.lineno, (first.end_lineno or 0) + 1))
    return numbers


def _uses_of_names(tree: ast.Module) -> Counter[str]:
    uses: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            uses[node.id] += 1
        elif isinstance(node, ast.Attribute):
            uses[node.attr] += 1
    return uses


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
