"""Which values count as people's: never what this program wrote, in whatever order things happen."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.decide.truth import cleared_columns, typed_values
from pipeline.model import Column, Effect, EffectKind, EffectState, RecordRef, Suggestion, Value
from pipeline.model.learning import TypedValue
from pipeline.model.review import Decider, ReviewItem, ReviewState
from tests.support.properties import examples

COMPANY, PAID = Column("Company", "STRING"), Column("Paid", "YES/NO")
COLUMNS = {"Company": COMPANY, "Paid": PAID}
WORDS = st.sampled_from(["Acme", "ACME", "Bolt", "Crane", "Dyer"])


def wrote(value: Value, number: int = 1, column: str = "Company", **more: object) -> Effect:
    """Return an effect that wrote a value."""
    effect = Effect(
        EffectKind.UPDATE_COLUMNS,
        version="v1",
        container="Receipts",
        pk="1",
        before={column: None},
        after={column: value},
        state=EffectState.VERIFIED,
        id=number,
    )
    return replace(effect, **more)  # type: ignore[arg-type]  # the names of fields


def typed(value: Value, *effects: Effect, item: ReviewItem | None = None) -> TypedValue | None:
    """Return what counts of a column with this value."""
    items = [] if item is None else [item]
    return typed_values({"Company": value}, COLUMNS, effects, items).get("Company")


def test_what_people_typed_counts():
    """A value that we never wrote is somebody's; an empty column says nothing."""
    assert typed("Acme") == TypedValue("Acme")
    assert typed("") is None
    assert typed(None) is None


def test_what_we_wrote_does_not_count_until_somebody_changes_or_confirms_it():
    """Our own value is no truth; what replaced it, or what a user decided, counts twice."""
    decision = wrote("Acme", 2, kind=EffectKind.APPLY_DECISION)

    assert typed("Acme", wrote("Acme")) is None
    assert typed("Bolt", wrote("Acme")) == TypedValue("Bolt", 2.0)
    assert typed("Acme", wrote("Acme"), decision) == TypedValue("Acme", 2.0)


def test_who_empties_a_column_removes_what_we_wrote():
    """Not where nothing of ours is known to have been there, and not where we took it back."""

    def cleared(value: Value, *effects: Effect) -> bool:
        return "Company" in cleared_columns({"Company": value}, COLUMNS, effects)

    ours = wrote("Acme")
    undo = wrote("", 2, undoes=1)

    assert cleared("", ours)
    assert cleared(None, wrote("Acme", kind=EffectKind.APPLY_AGENT_DECISION))
    assert cleared("", ours, undo, wrote("Acme", 3, undoes=2), wrote("Acme", 4))
    assert not cleared("")
    assert not cleared("Bolt", ours)
    assert not cleared("", ours, undo)
    assert not cleared("", wrote("Acme", state=EffectState.APPLIED))
    assert not cleared("", ours, wrote("Bolt", 2, kind=EffectKind.APPLY_DECISION))
    assert not cleared_columns({"Paid": False}, COLUMNS, [wrote(value=True, column="Paid")])


def test_what_an_agent_decided_is_no_users_word():
    """Another program that agrees with this one is no witness; a user who changes it is."""
    agreed = wrote("Acme", 2, kind=EffectKind.APPLY_AGENT_DECISION)
    cleared = wrote(value=False, number=2, column="Paid", kind=EffectKind.APPLY_AGENT_DECISION)

    assert typed("Acme", wrote("Acme"), agreed) is None
    assert typed("Acme", agreed) is None
    assert typed("Bolt", wrote("Acme"), agreed) == TypedValue("Bolt", 2.0)
    both = typed_values({"Company": "Acme", "Paid": False}, COLUMNS, [cleared])
    assert both == {"Company": TypedValue("Acme")}


def test_what_an_undo_put_there_is_whose_it_was():
    """The value before ours is a user's; one that we had written before is still ours."""
    ours = wrote("Acme", 1, before={"Company": "Bolt"})
    undo = wrote("Bolt", 2, undoes=1)

    assert typed("Bolt", ours, undo) == TypedValue("Bolt")
    assert typed("Bolt", wrote("Bolt", 0), ours, undo) is None


def test_what_may_be_ours_does_not_count():
    """An intent may have been carried out, and a rule of the table may change what was written."""
    assert typed("Acme", wrote("Acme", state=EffectState.INTENT)) is None
    assert typed("Acme Ltd", wrote("Acme", state=EffectState.APPLIED)) is None
    assert typed("Acme", wrote("Acme", state=EffectState.ABANDONED)) == TypedValue("Acme")


def test_a_rejected_suggestion_confirms_what_is_there():
    """Who rejects what the page seems to say has looked at both."""
    item = ReviewItem(
        "receipts",
        RecordRef("Receipts", "1"),
        "v1",
        Suggestion("Company", "Acme", "Bolt", "doubt"),
        ReviewState.REJECTED,
        decided_by=Decider.USER,
    )

    assert typed("Acme", item=item) == TypedValue("Acme", 2.0)
    assert typed("Crane", item=item) == TypedValue("Crane")


@pytest.mark.parametrize("decider", [Decider.AGENT, None])
def test_what_no_user_rejected_confirms_nothing(decider: Decider | None):
    """A program that refuses a suggestion says nothing of what a user has typed."""
    suggestion = Suggestion("Company", "Acme", "Bolt", "doubt")
    record = RecordRef("Receipts", "1")
    item = ReviewItem("receipts", record, "v1", suggestion, ReviewState.REJECTED)

    assert typed("Acme", item=replace(item, decided_by=decider)) == TypedValue("Acme")


def test_a_checkbox_says_no_only_where_people_were():
    """A checkbox that nobody has set is No in every record: it counts beside something typed."""
    both = typed_values({"Company": "Acme", "Paid": False}, COLUMNS, [])
    ours = wrote(value=True, column="Paid")
    cleared = typed_values({"Company": "", "Paid": False}, COLUMNS, [ours])

    assert both["Paid"] == TypedValue("No")
    assert typed_values({"Company": "", "Paid": False}, COLUMNS, []) == {}
    assert cleared == {"Paid": TypedValue("No", 2.0)}


KINDS = {"confirm": EffectKind.APPLY_DECISION, "agent": EffectKind.APPLY_AGENT_DECISION}


@dataclass
class Life:
    """A record through which people and this program go; `mine` says who the value is from."""

    value: Value = None
    mine: bool = False
    effects: list[Effect] = field(default_factory=list)
    before: dict[int, tuple[Value, bool]] = field(default_factory=dict)

    def step(self, what: str, word: str) -> None:
        """Let one thing happen."""
        number = len(self.effects) + 1
        match what:
            case "write" | "write, killed" | "agent" | "confirm":
                kind = KINDS.get(what, EffectKind.UPDATE_COLUMNS)
                state = EffectState.INTENT if what == "write, killed" else EffectState.VERIFIED
                before = {"Company": self.value}
                effect = wrote(word, number, kind=kind, state=state, before=before)
                self.effects.append(effect)
                self.before[number] = self.value, self.mine
                self.value, self.mine = word, what != "confirm"
            case "type":
                # Who types what is there already has changed nothing.
                self.value, self.mine = word, self.mine and self.value == word
            case "clear":
                self.value, self.mine = "", False
            case "undo":
                self._undo(number)

    def _undo(self, number: int) -> None:
        done = [e for e in self.effects if e.state is EffectState.VERIFIED]
        # An undo is refused where the record holds something else.
        if not done or done[-1].after["Company"] != self.value:
            return
        value, mine = self.before[done[-1].id]
        self.before[number] = self.value, self.mine
        undo = wrote(value, number, undoes=done[-1].id, before={"Company": self.value})
        self.effects.append(undo)
        self.value, self.mine = value, mine


STEPS = st.sampled_from(["write", "write, killed", "agent", "confirm", "type", "clear", "undo"])


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.tuples(STEPS, WORDS), max_size=8))
def test_our_own_values_never_become_truth(story: list[tuple[str, str]]):
    """In any order of writing, typing, clearing, undoing and confirming, no value of ours counts."""
    life = Life()
    for what, word in story:
        life.step(what, word)
        found = typed(life.value, *life.effects)
        if life.mine:
            assert found is None, (story, life)

    life.step("type", "Never written before")
    found = typed(life.value, *life.effects)
    if not any(effect.state is EffectState.INTENT for effect in life.effects):
        assert found is not None
        assert found.text == "Never written before"
