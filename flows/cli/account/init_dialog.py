"""The conversation of `init`: questions that can be answered wrongly, and gone back to.

It talks to a user through a small port and changes nothing but the proposal, so that its tests need
no terminal and no account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, TypeVar

from pipeline.decide.column_values import WRITABLE_TYPES
from pipeline.decide.naming import NameTemplate
from pipeline.findings import FINDINGS
from pipeline.onboarding.column_matching import Match
from pipeline.onboarding.proposal import Proposal, ProposedSource, with_columns

BACK = "b"
"""The answer that goes back to the question before."""

NONE = "-"
"""The answer that means none."""

TEMPLATE = "{{ date }} {{ company | default('') }} {{ doc_type }}"
"""The file names that are proposed."""

HELP = f"Return takes what is in brackets; {BACK} goes back to the question before."

T = TypeVar("T")


class Dialog(Protocol):
    """A user who can be asked."""

    def ask(self, question: str) -> str:
        """Ask a question, and return the answer without blanks around it; "" for Return alone."""

    def say(self, text: str) -> None:
        """Say something."""

    def correct(self, text: str) -> None:
        """Say what is wrong with the last answer, before its question is asked again."""


class GoBack(Exception):
    """The user wants to answer the question before once more.

    Attributes:
        from_step: The question before is that of an earlier step, whatever this one has asked.
    """

    def __init__(self, *, from_step: bool = False) -> None:
        """Keep where to go back to."""
        self.from_step = from_step
        super().__init__()


class Declined(Exception):
    """The user does not want the settings written."""


@dataclass(frozen=True, slots=True)
class InitChoices:
    """What the user has chosen so far: sources to leave out, and to create columns for, by name."""

    proposal: Proposal
    declined: frozenset[str] = frozenset()
    creates: frozenset[str] = frozenset()

    def source(self, name: str) -> ProposedSource:
        """Return a source as it was chosen."""
        return next(one for one in self.proposal.sources if one.name == name)

    def changed(self, source: ProposedSource) -> "InitChoices":
        """Return the choice with another version of a source."""
        sources = tuple(source if one.name == source.name else one for one in self.proposal.sources)
        return replace(self, proposal=replace(self.proposal, sources=sources))

    @property
    def chosen(self) -> Proposal:
        """Return the proposal without what was declined."""
        kept = tuple(one for one in self.proposal.sources if one.name not in self.declined)
        return replace(self.proposal, sources=kept)


Step = Callable[[Dialog, InitChoices], InitChoices]


@dataclass(slots=True)
class _Remembering:
    """Remembers the answers of one step, and gives the first ones again where it is repeated.

    Attributes:
        given: What the user has answered before, and has not gone back over.
        answers: The answers that the step could use, up to now.
    """

    dialog: Dialog
    given: Sequence[str]
    answers: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        if len(self.answers) < len(self.given):
            answer = self.given[len(self.answers)]
        else:
            answer = self.dialog.ask(question)
        if answer.casefold() == BACK:
            raise GoBack
        self.answers.append(answer)
        return answer

    def say(self, text: str) -> None:
        # The user has read it with the question that it belongs to.
        if len(self.answers) >= len(self.given):
            self.dialog.say(text)

    def correct(self, text: str) -> None:
        # The question before is one that was answered rightly.
        self.answers.pop()
        self.dialog.correct(text)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step that asked something: its number, the choices before it, and the answers."""

    number: int
    before: InitChoices
    answers: Sequence[str]


def converse(
    dialog: Dialog, proposal: Proposal, *, show: Callable[[InitChoices], None] = lambda _: None
) -> InitChoices:
    """Ask about every source, show what would come of it, and return what the user has chosen.

    `show` shows what sample documents would become.

    Raises:
        Declined: the user does not want the settings written.
    """
    dialog.say(HELP)
    if not proposal.review_tables:
        dialog.say("No table has the columns of a review table; docs/review.md describes them.")
    steps: list[Step] = []
    for source in proposal.sources:
        name = source.name
        steps += [
            partial(one, name=name)
            for one in (ask_source, ask_columns, ask_others, ask_to_create, ask_names, ask_review)
        ]
    steps.append(partial(ask_to_write, show=show))
    return run_steps(dialog, steps, InitChoices(proposal))


def run_steps(dialog: Dialog, steps: Sequence[Step], choice: InitChoices) -> InitChoices:
    """Take the steps in order; go back to the one before where the user wants to."""
    # Going back forgets what came after.
    earlier: list[_Taken] = []
    number, given = 0, list[str]()
    while number < len(steps):
        remembering = _Remembering(dialog, given)
        try:
            after = steps[number](remembering, choice)
        except GoBack as back:
            taken = _Taken(number, choice, remembering.answers)
            if not taken.answers or back.from_step:
                if earlier:
                    taken = earlier.pop()
                else:
                    dialog.say("This is the first question.")
            # The step is taken again as far as its last question: only that one is asked again.
            number, choice, given = taken.number, taken.before, list(taken.answers[:-1])
            continue
        # A step without a question is passed over on the way back, too.
        if remembering.answers:
            earlier.append(_Taken(number, choice, remembering.answers))
        number, choice, given = number + 1, after, []
    return choice


def ask_source(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask whether a source is wanted."""
    if yes_no(dialog, f"Read the files of {choice.source(name).place}?"):
        return replace(choice, declined=choice.declined - {name})
    return replace(choice, declined=choice.declined | {name})


def ask_columns(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask whether the proposed columns are right; if not, ask about each of them."""
    source = choice.source(name)
    if name in choice.declined or not source.columns:
        return choice
    listed = ", ".join(f"{match.column} = {match.finding}" for match in source.columns)
    if yes_no(dialog, f"  Write to these columns: {listed}?"):
        return choice
    # One after the other only now: mostly all of them are right, and one answer is enough.
    mapped: list[Match] = []
    for match in source.columns:
        question = f"  What does {match.column} receive? ({NONE} for nothing)"
        finding = until_right(dialog, question, match.finding, finding_of)
        if finding == match.finding:
            mapped.append(match)
        elif finding is not None:
            # A finding that the user names needs no other reason.
            mapped.append(replace(match, finding=finding, why="chosen by the user"))
    return choice.changed(replace(source, columns=tuple(mapped)))


def ask_others(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask for columns that were not proposed, one after the other, until there are no more."""
    source = choice.source(name)
    if name in choice.declined:
        return choice
    free = free_columns(source)
    if not free:
        return choice
    dialog.say(f"  Columns that receive nothing: {', '.join(free)}")
    question = f"  Another column to write to, as Column = finding ({NONE} for no more)"
    added: dict[str, str] = {}
    while pair := until_right(dialog, question, NONE, partial(pair_of, free=free)):
        added[pair[0]] = pair[1]
    chosen = tuple(Match(one, added[one], 100.0, "chosen by the user") for one in added)
    unsure = tuple(match for match in source.unsure if match.column not in added)
    return choice.changed(replace(source, columns=(*source.columns, *chosen), unsure=unsure))


def free_columns(source: ProposedSource) -> list[str]:
    """Return the columns that receive nothing and can be written to."""
    # The column with the paths of files must keep them.
    mapped = {source.path_column} if source.folder is not None else set[str]()
    mapped |= {match.column for match in source.columns}
    columns = (one for one in source.container.columns.values() if one.name not in mapped)
    return [one.name for one in columns if one.type in WRITABLE_TYPES and not one.is_locked]


def ask_to_create(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask whether missing columns are to be created.

    That changes the account, so the default is no.
    """
    source = choice.source(name)
    if name in choice.declined:
        return choice
    mapped = {match.finding for match in source.columns}
    missing = tuple(one for one in source.missing if one.finding not in mapped)
    source = replace(source, missing=missing)
    if missing:
        listed = ", ".join(f"{column.name} ({column.type})" for column in missing)
        table = source.container.name
        is_new = source.folder is not None and not source.container.columns
        where = f"a new table {table}" if is_new else f"table {table}"
        if yes_no(dialog, f"  Create {listed} in {where}?", default=False):
            created = with_columns(source, missing)
            # They stay missing until they are created, when everything else is decided.
            choice = choice.changed(replace(created, missing=missing))
            return replace(choice, creates=choice.creates | {name})
    if not source.columns:
        dialog.say("  No column receives a value, so this source is left out.")
        choice = replace(choice, declined=choice.declined | {name})
    return replace(choice.changed(source), creates=choice.creates - {name})


def ask_names(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask for the template of file names."""
    if name in choice.declined:
        return choice
    source = choice.source(name)
    question = f"  New file names, as a template ({NONE} keeps the names)"
    rename = until_right(dialog, question, source.rename or TEMPLATE, template_of)
    return choice.changed(replace(source, rename=rename))


def ask_review(dialog: Dialog, choice: InitChoices, *, name: str) -> InitChoices:
    """Ask for the table in which users decide on values that are not written."""
    tables = choice.proposal.review_tables
    if name in choice.declined or not tables:
        return choice
    question = f"  A review table for what is not written ({NONE} for none)"
    review = until_right(dialog, question, tables[0], partial(one_of, known=tables))
    return choice.changed(replace(choice.source(name), review=review))


def ask_to_write(
    dialog: Dialog, choice: InitChoices, *, show: Callable[[InitChoices], None]
) -> InitChoices:
    """Show what would come of it, and ask whether the settings are to be written."""
    if not choice.chosen.sources:
        dialog.say("No source is left.")
        if yes_no(dialog, "End without settings?", default=False):
            raise Declined
        raise GoBack(from_step=True)
    show(choice)
    if not yes_no(dialog, "Write the settings?"):
        raise Declined
    return choice


def yes_no(dialog: Dialog, question: str, *, default: bool = True) -> bool:
    """Ask a yes-or-no question until the answer is one of the two."""
    # Return alone takes the default, which is the letter in capitals.
    answers = {"y": True, "yes": True, "n": False, "no": False, "": default}
    while True:
        answer = dialog.ask(f"{question} {'[Y/n]' if default else '[y/N]'}").casefold()
        if answer in answers:
            return answers[answer]
        dialog.correct(f"  Answer y or n. {HELP}")


def until_right(dialog: Dialog, question: str, default: str, parse: Callable[[str], T]) -> T:
    """Ask until the answer can be parsed; say what is wrong with it otherwise."""
    while True:
        answer = dialog.ask(f"{question} [{default}]") or default
        try:
            return parse(answer)
        except ValueError as error:
            dialog.correct(f"  {error}")


def finding_of(answer: str) -> str | None:
    """Return the finding of an answer, None for none."""
    if answer == NONE:
        return None
    if answer not in FINDINGS:
        # Raised and not said: `until_right` says it and asks again.
        raise ValueError(f"There is no finding {answer!r}. Findings: {', '.join(sorted(FINDINGS))}")
    return answer


def pair_of(answer: str, *, free: Sequence[str]) -> tuple[str, str] | None:
    """Return a column and its finding, None for no more."""
    if answer == NONE:
        return None
    # The last one: the name of a column may have an equals sign, that of a finding has none.
    column, _, finding = (part.strip() for part in answer.rpartition("="))
    by_name = {one.casefold(): one for one in free}
    if column.casefold() not in by_name:
        raise ValueError(f"Write it as Column = finding, with one of: {', '.join(free)}")
    known = finding_of(finding)
    if known is None:
        raise ValueError("Name a finding behind the =.")
    return by_name[column.casefold()], known


def template_of(answer: str) -> str | None:
    """Return a template of names that compiles, None for none."""
    if answer == NONE:
        return None
    return NameTemplate(answer).source


def one_of(answer: str, *, known: Sequence[str]) -> str | None:
    """Return one of the known names, in any case; None for none."""
    if answer == NONE:
        return None
    by_name = {name.casefold(): name for name in known}
    if answer.casefold() not in by_name:
        raise ValueError(f"Name one of: {', '.join(known)}, or {NONE}.")
    return by_name[answer.casefold()]
