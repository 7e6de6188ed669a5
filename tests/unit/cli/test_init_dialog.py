"""The conversation of `init`: answers in, questions and a proposal out. No terminal, no account."""

from itertools import chain, repeat

import pytest

from flows.cli.account.init_dialog import Declined, InitChoices, converse
from pipeline.model import Column
from pipeline.model.schema import Container, DiscoveredAccount, FileField
from pipeline.onboarding.proposal import Proposal, propose
from pipeline.steps.write_back.review_table import REVIEW_COLUMNS
from tests.unit.cli.conftest import Script

MAPPED = {"DocType": "doc_type", "Total": "total"}


def table(name: str, *columns: Column, fields: tuple[str, ...] = ("Scan",)) -> Container:
    """Return a table with attachment fields."""
    files = {one: Column(one, "ATTACHMENT", editable=False) for one in fields}
    found = tuple(FileField(one, "ATTACHMENT", 2, 100) for one in fields)
    return Container(name, False, {c.name: c for c in columns} | files, found, 2, 2)  # noqa: FBT003 - it is a table


RECEIPTS = table(
    "Receipts", Column("DocType", "STRING"), Column("Total", "CURRENCY"), Column("Status", "STRING")
)
REVIEW = Container(
    "Suggestions", False, {name: Column(name, min(kinds)) for name, kinds in REVIEW_COLUMNS.items()}  # noqa: FBT003 - it is a table
)  # fmt: skip


def talk(
    *answers: str, containers: tuple[Container, ...] = (RECEIPTS,)
) -> tuple[Script, InitChoices]:
    """Hold the conversation about an account; return the user and what was chosen."""
    script = Script(chain(answers, repeat("")))
    return script, converse(script, propose(DiscoveredAccount(containers)))


def columns(choice: InitChoices, name: str = "receipts") -> dict[str, str]:
    """Return the columns that a source writes to."""
    return {one.column: one.finding for one in choice.source(name).columns}


def test_return_takes_everything_that_is_proposed():
    """Each question has a visible default; whoever presses Return all the way has the proposal."""
    script, choice = talk()

    assert columns(choice) == MAPPED
    assert (
        choice.chosen.sources[0].rename == "{{ date }} {{ company | default('') }} {{ doc_type }}"
    )
    assert all(question.endswith("]") for question in script.asked)
    assert [question[-6:] for question in script.asked if "?" in question] == [
        " [Y/n]", " [Y/n]", " [y/N]", " [Y/n]",
    ]  # fmt: skip


def test_a_doubtful_column_is_no_question_with_a_yes():
    """Status may be anything: it is listed as a column that receives nothing, and taken only by name."""
    script, choice = talk("", "", "Status = status", "-", "", "-")

    assert columns(choice) == {**MAPPED, "Status": "status"}
    assert not any("Status" in question for question in script.asked)
    assert "  Columns that receive nothing: Status" in script.said


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("maybe", ""), "Answer y or n."),
        (("", "n", "nonsense", "", "", "-"), "There is no finding 'nonsense'."),
        (("", "", "Nothing = total", "-"), "Write it as Column = finding"),
        (("", "", "Status = nonsense", "-"), "There is no finding 'nonsense'."),
        (("", "", "", "", "{{ nonsense }}", "-"), "nonsense"),
    ],
)
def test_a_wrong_answer_is_asked_again(answers: tuple[str, ...], said: str):
    """What is wrong is said, and the same question comes once more."""
    script, choice = talk(*answers)

    assert any(said in text for text in script.said)
    assert set(columns(choice)) == set(MAPPED)


def test_b_goes_back_to_the_question_before():
    """A source that was declined by mistake is taken after all, and an earlier answer is changed."""
    other = table("Invoices", Column("DueDate", "DATE/TIME"))

    script, choice = talk("n", "b", "y", "", "", "", "n", containers=(other, RECEIPTS))

    assert [source.name for source in choice.chosen.sources] == ["invoices"]
    assert script.asked[:3] == ["Read the files of table Invoices (Scan)? [Y/n]",
        "Read the files of table Receipts (Scan)? [Y/n]",
        "Read the files of table Invoices (Scan)? [Y/n]"]  # fmt: skip


def test_b_within_a_step_asks_its_last_question_again():
    """Whoever has answered for one column wrongly answers for that one again, not for all of them."""
    script, choice = talk("", "n", "-", "nonsense", "b", "", "-", "", "")

    assert columns(choice) == {"DocType": "doc_type"}
    assert [one[:17] for one in script.asked[2:6]] == [
        "  What does DocTy", "  What does Total", "  What does Total", "  What does DocTy",
    ]  # fmt: skip


def test_what_was_added_before_stays_after_b():
    """Going back from the question after them forgets no column that the user has named."""
    _, choice = talk("", "", "Status = status", "-", "b", "-", "", "")

    assert columns(choice) == {**MAPPED, "Status": "status"}


def test_b_at_the_last_question_undoes_a_creation():
    """Columns that were to be created are not, if the user goes back and says no; nothing was done yet."""
    _, choice = talk("", "", "", "y", "", "b", "b", "n")

    assert (choice.creates, columns(choice)) == (frozenset(), MAPPED)


def test_before_the_first_question_there_is_none():
    """Going back from the first question says so and asks it again."""
    script, _ = talk("b")

    assert "This is the first question." in script.said
    assert script.asked[0] == script.asked[1]


def test_a_source_without_columns_is_left_out():
    """A table that no value is written to is no source, and the conversation says so."""
    empty = table("Photos")

    script, choice = talk("", "n", containers=(empty, RECEIPTS))

    assert [source.name for source in choice.chosen.sources] == ["receipts"]
    assert "  No column receives a value, so this source is left out." in script.said


def test_a_review_table_is_offered():
    """A table with the columns of a review table is proposed for what is not written."""
    _, taken = talk(containers=(RECEIPTS, REVIEW))
    script, declined = talk(*[""] * 5, "Elsewhere", "-", containers=(RECEIPTS, REVIEW))

    assert taken.source("receipts").review == "Suggestions"
    assert declined.source("receipts").review is None
    assert "  Name one of: Suggestions, or -." in script.said


def test_without_a_source_the_user_goes_back_or_ends():
    """Declining everything is no dead end: no goes back to the last source, yes ends."""
    _, choice = talk("n", "", "y")

    assert [source.name for source in choice.chosen.sources] == ["receipts"]
    with pytest.raises(Declined):
        talk("n", "y")


def test_nothing_is_written_without_a_yes():
    """The last question shows what would come of it, and a no ends without settings."""
    shown: list[Proposal] = []
    script = Script(iter([*[""] * 5, "n"]))

    with pytest.raises(Declined):
        converse(
            script,
            propose(DiscoveredAccount((RECEIPTS,))),
            show=lambda choice: shown.append(choice.chosen),
        )

    assert [source.name for one in shown for source in one.sources] == ["receipts"]
    assert script.asked[-1] == "Write the settings? [Y/n]"
