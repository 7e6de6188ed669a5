import io

import pytest

from flows.cli.show.report import outcome_table
from flows.terminal.console import PlainConsole, plain_log
from flows.terminal.tables import table_of
from pipeline.model import FileRef, Outcome, Place, Status

CLEAR, TITLE, EIGHT_BIT = "\x1b[2J", "\x1b]0;mine\x07", "\x9b2J"


@pytest.mark.parametrize(
    "text", [CLEAR, TITLE, EIGHT_BIT, "\r", "\b", "\x7f", "\u202e", "\u202d", "\u2067"]
)
def test_a_name_moves_nothing_on_a_terminal(text: str):
    """Control characters in a name, a value or a reason are shown as such and not obeyed, colors or not."""
    ref = FileRef("mail", Place.FOLDER, "", "", None, f"a{text}b.pdf", 1, None, f"/In/a{text}b.pdf")
    outcome = Outcome(
        ref, Status.PARTIAL, f"no {text} date", written={"Company": f"Contoso {text}"}
    )

    for is_terminal in (True, False):
        shown = io.StringIO()
        console = PlainConsole(
            file=shown,
            force_terminal=is_terminal,
            color_system=None,
            width=200,
            legacy_windows=False,
        )
        console.print(outcome_table((outcome,)))
        assert text[0] not in shown.getvalue()
        assert "Contoso" in shown.getvalue()


def test_a_document_that_is_only_planned_is_not_called_done():
    """The first run of a source writes nothing, and its table says so."""
    ref = FileRef("mail", Place.FOLDER, "", "", None, "a.pdf", 1, None, "/In/a.pdf")
    shown = io.StringIO()

    PlainConsole(file=shown, width=200).print(
        outcome_table((Outcome(ref, Status.DONE, planned_only=True),))
    )

    assert "planned" in shown.getvalue()
    assert "done" not in shown.getvalue()


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DONE])
def test_a_document_that_would_not_be_done_keeps_its_word(status: Status):
    """A plan hides no document that is read in part, needs a user or is refused."""
    ref = FileRef("mail", Place.FOLDER, "", "", None, "a.pdf", 1, None, "/In/a.pdf")

    assert Outcome(ref, status, planned_only=True).state == status.value


def test_colors_are_still_shown():
    """What is taken out of names is not taken out of our own styles."""
    shown = io.StringIO()

    console = PlainConsole(file=shown, force_terminal=True, color_system="standard")
    console.print("no", style="red")

    assert shown.getvalue() == "\x1b[31mno\x1b[0m\n"


@pytest.mark.parametrize("text", ["[red]no[/]", "[bold]", ":car:.pdf", "[/]", "17 of 20"])
def test_a_text_means_nothing_but_itself(text: str):
    """What looks like markup or an emoji in a name is shown as it is, in a line and in a table."""
    shown = io.StringIO()
    console = PlainConsole(file=shown, force_terminal=True, color_system="standard", width=200)
    table = table_of("File")
    table.add_row(text)

    console.print(text)
    console.print(table)

    assert shown.getvalue().startswith(f"{text}\n")
    assert shown.getvalue().count(text) == 2


def test_a_log_line_moves_nothing_on_a_terminal():
    """The texts of a log line are shown, not obeyed."""
    assert plain_log(None, "warning", {"event": f"a{CLEAR}b", "files": 2}) == {
        "event": "a\ufffd[2Jb",
        "files": 2,
    }
