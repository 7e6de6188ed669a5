from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

import pytest
from structlog.testing import capture_logs

from flows.app.reading import KeptReader
from flows.app.settings import load_settings
from flows.app.wiring import connect, warm_reader
from pipeline.settings import Settings
from processors.sandbox.reader import SandboxedReader

SETTINGS = """
[caspio]
url = "https://abc12345.caspio.com"
[processing]
rules = "rules.toml"
[[sources]]
name = "receipts"
table = "Expenses"
[sources.columns]
Total = "total"
"""


class Opened:
    """A reader that only knows whether it is open."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        """Close it."""
        self.is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def written_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Write settings with rules of the user's own into the working folder, and load them."""
    monkeypatch.chdir(folder)
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "a secret")
    (folder / "rules.toml").write_text("", encoding="utf-8")
    (folder / "caspio-ingest.toml").write_text(SETTINGS, encoding="utf-8")
    return load_settings(folder / "caspio-ingest.toml")


def test_runs_of_one_process_share_a_reader():
    """The second run gets the reader of the first one, which stays open until it is not kept any more."""
    kept, opened = KeptReader(), opening()

    with kept.lent("settings", opened) as first:
        pass
    with kept.lent("settings", opened) as second:
        assert second is first
        assert readers(opened)[0].is_open
    kept.close()

    assert [reader.is_open for reader in readers(opened)] == [False]


def test_changed_settings_replace_the_reader():
    """What reads under former settings is closed."""
    kept, opened = KeptReader(), opening()

    with kept.lent("former", opened):
        pass
    with kept.lent("present", opened):
        assert [reader.is_open for reader in readers(opened)] == [False, True]


class Timers:
    """Collects what is to be called later, and what of it was cancelled."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []
        self.cancelled = 0

    def later(self, _seconds: float, call: Callable[[], None]) -> Self:
        """Keep a call."""
        self.calls.append(call)
        return self

    def cancel(self) -> None:
        """Count it."""
        self.cancelled += 1


def test_a_reader_that_rests_is_ended():
    """An idle process keeps no models in memory; the next run opens a reader again."""
    timers = Timers()
    kept, opened = KeptReader(later=timers.later), opening()
    with kept.lent("settings", opened):
        pass

    timers.calls[0]()
    assert [reader.is_open for reader in readers(opened)] == [False]

    with kept.lent("settings", opened):
        assert [reader.is_open for reader in readers(opened)] == [False, True]


def test_a_reader_that_is_lent_does_not_rest():
    """A timer that goes off during a run ends nothing, and the end of each run starts another one."""
    timers = Timers()
    kept, opened = KeptReader(later=timers.later), opening()
    with kept.lent("settings", opened):
        pass

    with kept.lent("settings", opened):
        timers.calls[0]()
        assert readers(opened)[0].is_open

    assert (len(timers.calls), timers.cancelled) == (2, 1)
    kept.close()
    assert timers.cancelled == 2


def test_changed_settings_end_no_run():
    """A run that still reads keeps its reader, and the other one has a reader of its own meanwhile."""
    kept, opened = KeptReader(), opening()

    with kept.lent("former", opened):
        with kept.lent("present", opened):
            assert [reader.is_open for reader in readers(opened)] == [True, True]
        assert [reader.is_open for reader in readers(opened)] == [True, False]


def test_a_reader_is_kept_until_its_rules_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two runs have one reader; after an edit of the user's own rules there is another one."""
    settings = written_settings(tmp_path, monkeypatch)
    kept = KeptReader()

    with ExitStack() as stack:
        stack.callback(kept.close)
        seen: list[Any] = []
        for rules in ("", "", 'replace = ["receipt"]'):
            (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
            with connect(settings, kept=kept) as context:
                assert isinstance(context.ports.reader, SandboxedReader)
                seen.append(context.ports.reader)

    assert seen[0] is seen[1]
    assert seen[1] is not seen[2]


def test_a_warmed_reader_waits_for_the_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its processes are started before there is a document, and the first run gets them."""
    settings = written_settings(tmp_path, monkeypatch)
    warmed: list[SandboxedReader] = []

    def warm(reader: SandboxedReader) -> None:
        warmed.append(reader)

    monkeypatch.setattr(SandboxedReader, "warm", warm)

    with closing(KeptReader()) as kept:
        warm_reader(settings, kept)
        with connect(settings, kept=kept) as context:
            assert warmed == [context.ports.reader]


def test_a_reader_that_cannot_be_warmed_stops_no_receiver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Messages are stored all the same; the run for them says what is wrong."""
    settings = written_settings(tmp_path, monkeypatch)
    (tmp_path / "rules.toml").unlink()

    with closing(KeptReader()) as kept, capture_logs() as logs:
        warm_reader(settings, kept)

    assert [entry["event"] for entry in logs] == ["reader not warmed"]


def opening() -> Callable[[], Any]:
    """Return a function that opens readers and remembers them; see `readers`."""
    opened: list[Opened] = []

    def open_one() -> Any:
        opened.append(Opened())
        return opened[-1]

    open_one.opened = opened  # type: ignore[attr-defined]
    return open_one


def readers(opened: Any) -> list[Opened]:
    """Return what was opened so far."""
    found: list[Opened] = opened.opened
    return found
