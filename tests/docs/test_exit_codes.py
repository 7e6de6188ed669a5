"""Each exit code that a page promises is what a command ends with for the reason named there."""

import ast
import re
import sys
from collections import Counter
from typing import NamedTuple

import pytest

from flows import cli
from flows.cli import common
from pipeline.errors import (
    ArchiveUnavailable,
    BadSettings,
    BudgetExhausted,
    DiskFull,
    IngestError,
    LeaseLost,
    LedgerUnavailable,
    PausedByCaspio,
    StopRequested,
)
from tests.docs.pages import PAGES, ROOT, name_of, prose_of


class Promise(NamedTuple):
    """An exit code on a page, the errors with which a command ends so, and tests that see one end so.

    A test is a file of `tests` and a function of it.
    """

    page: str
    code: int
    errors: tuple[IngestError, ...] = ()
    tests: tuple[str, ...] = ()


REFUSED = BadSettings(["It is refused."])
UNIT, LINE = "unit/cli/test_commands.py", "integration/pipeline"
PROMISES = (
    Promise("docs/accounts.md", 2, tests=(
        "unit/cli/test_choice.py::test_none_of_several_accounts_is_guessed",)),
    Promise("docs/client.md", 2, tests=("unit/cli/test_caspio.py::test_adding_needs_a_user_or_yes",)),
    Promise("docs/commands.md", 2, tests=(
        "integration/adapters/caspio/test_init.py::test_without_a_terminal_the_proposal_is_shown_only",)),
    Promise("docs/concepts.md", 3, (BudgetExhausted("Used up."),)),
    Promise("docs/emulator.md", 2, tests=(f"{UNIT}::test_a_malformed_seed_is_reported",)),
    Promise("docs/operations.md", 0, tests=(
        "unit/cli/test_line.py::test_an_acknowledged_document_lets_runs_end_with_0",)),
    Promise("docs/operations.md", 2, (REFUSED,), ("flows/pool/test_pool.py::test_serve_refuses_what_is_in_a_pool",)),
    Promise("docs/operations.md", 3, (BudgetExhausted("Used up."),)),
    Promise("docs/operations.md", 130, (StopRequested("Asked to stop."),), (
        f"{LINE}/source_run/test_drain.py::test_sigterm_finishes_what_is_in_progress_and_nothing_more",)),
    Promise("docs/plan.md", 2, (REFUSED,), (
        f"{LINE}/plans/test_apply.py::test_a_changed_plan_ends_with_2",
        f"{LINE}/plans/test_apply.py::test_a_plan_of_another_ledger_ends_with_2")),
    # A lost archive, ledger or disk.
    Promise("docs/reliability.md", 3, (ArchiveUnavailable("Lost."), LedgerUnavailable("Lost."), DiskFull("Full.")), (
        "crash/test_stops.py::test_a_full_disk_stops_the_run",
        "crash/test_stops.py::test_a_locked_ledger_stops_the_run")),
    Promise("docs/reliability.md", 3, (LeaseLost("Treated as dead."),)),
    Promise("docs/reliability.md", 3, (BudgetExhausted("Used up."),)),
    Promise("docs/reliability.md", 3, (PausedByCaspio("Two hours."),), (
        f"{LINE}/source_run/test_long_pause.py::test_a_pause_of_hours_stops_the_run_with_3_and_the_next_resumes",)),
    Promise("docs/reliability.md", 3, (ArchiveUnavailable("Lost."), LedgerUnavailable("Lost."), DiskFull("Full."))),
    # A run that stops by itself suspects no document.
    Promise("docs/reliability.md", 3, (LedgerUnavailable("Lost."),)),
    # Isolation that is required and not granted.
    Promise("docs/security.md", 2, (REFUSED,)),
)  # fmt: skip
"""Every exit code in the prose of a page; `make bench` is no command of the program."""

ERRORS = sorted(
    {(type(error).__name__, one.code): error for one in PROMISES for error in one.errors}.items()
)
TESTS = sorted({(test, one.code) for one in PROMISES for test in one.tests})


def test_every_promise_is_here():
    """A code that is added to a page, or changed, needs an error or a test that shows it."""
    said = Counter(
        (name_of(path), int(code))
        for path in PAGES
        if name_of(path) != "docs/benchmarks.md"
        for code in re.findall(r"exit\s+code(?:\s+is)?\s+`?(\d+)", prose_of(path))
    )

    assert said == Counter((one.page, one.code) for one in PROMISES)
    assert all(one.code in common.EXIT_CODES and (one.errors or one.tests) for one in PROMISES)


@pytest.mark.parametrize(("name", "error"), ERRORS)
def test_a_command_that_meets_an_error_ends_with_its_code(
    name: tuple[str, int],
    error: IngestError,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """Whatever command it is, its error leads to the code of the page and to a sentence."""

    def fail(_app: object, *, standalone_mode: bool) -> None:
        assert standalone_mode
        raise error

    monkeypatch.setattr(type(cli.app), "__call__", fail)
    monkeypatch.setattr(sys, "argv", ["caspio-ingest", "run"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == name[1]
    assert capsys.readouterr().err


@pytest.mark.parametrize(("test", "code"), TESTS)
def test_what_shows_a_code_expects_it(test: str, code: int):
    """The test that is named is there and speaks of the code, by its number or its name."""
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    expected = {node.value for node in ast.walk(functions[name]) if isinstance(node, ast.Constant)}
    names = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
    meant = {getattr(common, one) for one in names if one.startswith("EXIT_")}
    assert code in {*expected, *meant}
