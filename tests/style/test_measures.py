"""The measures count what their definitions say."""

from pathlib import Path
from textwrap import dedent

from tests.style.measures import FileMeasures, FunctionMeasures, measure_file


def _measure(folder: Path, text: str) -> FileMeasures:
    file = folder / "module.py"
    file.write_text(dedent(text), encoding="utf-8")
    return measure_file(file)


def _functions(folder: Path, text: str) -> dict[str, FunctionMeasures]:
    return {function.name: function for function in _measure(folder, text).functions}


def test_blank_lines_do_not_count_as_lines(tmp_path: Path) -> None:
    """A file has as many lines as it has lines that are not blank."""
    measures = _measure(tmp_path, "a = 1\n\n# why\nb = 2\n")

    assert (measures.lines, measures.physical_lines, measures.comments) == (3, 4, 1)


def test_orders_to_tools_are_no_comments(tmp_path: Path) -> None:
    """`noqa` and `type:` comments and `#` in a string do not count as comments."""
    measures = _measure(tmp_path, 'a = 1  # noqa: X\nb = "# c"  # type: ignore[x]\nc = 3  # why\n')

    assert measures.comments == 1


def test_a_docstring_is_no_function_line(tmp_path: Path) -> None:
    """Docstrings and blank lines are left out of function lines, nested functions count once."""
    measures = _measure(
        tmp_path,
        '''
        def outer():
            """Say what it does.

            And more.
            """
            def inner():

                return 1
            return inner
        ''',
    )

    assert measures.function_lines == 4


def test_each_decision_is_a_branch(tmp_path: Path) -> None:
    """The entry, `if`, the conditional expression, loops, `except`, `and` and comprehensions count."""
    measures = _measure(
        tmp_path,
        """
        def decide(a, b):
            if a and b:
                return [x for x in a if x]
            for x in b:
                try:
                    return 1 if x else 2
                except ValueError:
                    continue
        """,
    )

    assert (measures.branches, measures.if_statements) == (8, 1)


def test_complexity_is_that_of_radon(tmp_path: Path) -> None:
    """Complexity counts `else` of loops, cases without the last one, and no inner function."""
    functions = _functions(
        tmp_path,
        """
        def outer(a, b):
            def inner():
                return 1 if a else 2
            assert a or b
            for x in a:
                pass
            else:
                pass
            match a:
                case 1:
                    return inner
                case 2:
                    return lambda: None
                case _:
                    return None
        """,
    )

    assert (functions["outer"].complexity, functions["inner"].complexity) == (6, 2)


def test_a_private_function_used_once_is_called_once(tmp_path: Path) -> None:
    """A call and a use as a value both count; a public function is never "called once"."""
    functions = _functions(
        tmp_path,
        """
        def _once(): ...
        def _value(): ...
        def _twice(): ...
        def public(): ...
        def main():
            return _once() + _twice() + _twice() + sorted([], key=_value) + public()
        """,
    )

    assert {name for name, function in functions.items() if function.called_once} == {
        "_once",
        "_value",
    }
