"""Long output on a terminal is shown page by page; anywhere else it comes as it is."""

import io
import shutil
import sys
from pathlib import Path

import pytest

from flows.terminal.console import PlainConsole
from flows.terminal.pages import paged


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say that a user is there."""
        return True


@pytest.fixture
def less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program `less` in the way that keeps what it is given; return what it keeps."""
    kept = tmp_path / "kept"
    program = tmp_path / "less"
    program.write_text(f"#!/bin/sh\ncat > {kept}\n")
    program.chmod(0o700)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    return kept


@pytest.mark.parametrize("user", [True, False])
def test_a_user_at_a_terminal_turns_pages(
    less: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: bool,  # noqa: FBT001 - a case of the test
):
    """With a terminal on both sides the pager gets the text; otherwise it is printed."""
    out = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal() if user else io.StringIO())
    console = PlainConsole(file=out, force_terminal=True)

    with paged(console):
        console.print("first of many \x1b[2J lines")

    shown = less.read_text() if user else out.getvalue()
    assert "first of many \ufffd[2J lines" in shown
    assert less.exists() is user
