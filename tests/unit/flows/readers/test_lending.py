import dataclasses
from pathlib import Path

import pytest

from flows.app.reading import lender_of_runs
from flows.app.wiring import open_archiving_reader
from flows.prefect.deployments.lending import Offers, lending_readers
from pipeline.settings import Settings
from processors.sandbox.lent_child import LentChild, borrow
from processors.sandbox.started_child import ChildPlan
from tests.unit.flows.readers.test_kept_reader import written_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an account."""
    return written_settings(tmp_path, monkeypatch)


@pytest.fixture
def plan(settings: Settings, tmp_path: Path) -> ChildPlan:
    """How children are started, from a program of one file."""
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "module.py").write_text("one")
    with open_archiving_reader(settings) as reader:
        return dataclasses.replace(reader._plan, code=(tmp_path / "program",))


def test_the_runs_of_a_worker_find_what_it_lends(settings: Settings):
    """They inherit the address, which is gone with the worker."""
    with lending_readers(lambda: settings):
        path = lender_of_runs()

        assert path is not None
        assert path.is_socket()
    assert lender_of_runs() is None
    assert not path.exists()


def test_a_worker_whose_program_was_replaced_lends_nothing(settings: Settings):
    """Its own code is the one before; the runs have the new one, and read with processes of it."""
    with open_archiving_reader(settings) as reader:
        code = reader.code_digest()

    assert Offers(lambda: settings, code).offer() is not None
    assert Offers(lambda: settings, b"before").offer() is None


def test_only_what_reads_alike_and_for_the_same_account_is_shared(plan: ChildPlan, tmp_path: Path):
    """Another account, a password more, or a changed file of the program: another process."""
    before = plan.digest("ours")
    secret = dataclasses.replace(plan.settings, passwords=("hush",))

    assert plan.digest("ours") == before
    assert plan.digest("theirs") != before
    assert dataclasses.replace(plan, settings=secret).digest("ours") != before
    (tmp_path / "program" / "module.py").write_text("another")
    assert plan.digest("ours") != before


def test_a_run_of_another_account_borrows_nothing(settings: Settings):
    """Whoever reaches the socket has to name what only the same account can."""
    caspio = settings.caspio.model_copy(update={"url": "https://xyz98765.caspio.com"})
    theirs = settings.model_copy(update={"caspio": caspio})
    with lending_readers(lambda: settings):
        path = lender_of_runs()
        assert path is not None

        child = borrowed(path, settings)
        assert child is not None
        child.end()
        assert borrowed(path, theirs) is None


def borrowed(lender: Path, settings: Settings) -> LentChild | None:
    """Borrow a process as a run with these settings does."""
    with open_archiving_reader(settings) as reader:
        return borrow(lender, reader.offer().digest, limits=reader._plan.settings.limits)
