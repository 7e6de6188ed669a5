"""From filled records to models, trials, steps and doubts, and from there into the records."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from flows.app.explain import lives_of
from flows.cli.show.state import learned_line
from pipeline.decide.fingerprint import plan_fingerprint
from pipeline.learning.collect import filled_records
from pipeline.learning.columns import column_states
from pipeline.learning.teach import teach
from pipeline.model import Column
from pipeline.model.learning import LearnedChoice, Stratum, TypedValue, Verdict
from pipeline.model.limits import Step
from pipeline.model.review import Decider, ReviewReason, ReviewState
from pipeline.steps.write_back import ReviewChoice, decide_on_page, table_context
from tests.fakes.learner import FakeLearner
from tests.unit.pipeline.learning.shop import ENOUGH, SPEC, fill, learn, raise_to
from tests.unit.pipeline.world import World


def test_what_was_never_read_is_read_and_learned(shop: World):
    """A table of filled records is enough: documents are read, nothing is written."""
    fill(shop, 1, 5)

    taught = learn(shop)

    assert (taught.records, taught.read, taught.learned) == (5, 5, {"Company": 5, "Center": 5})
    assert not any("update" in call for call in shop.caspio.calls)
    assert learn(shop).unchanged == ["Company", "Center"]


def test_nothing_is_read_beyond_what_is_allowed(shop: World):
    """Without calls left the values are remembered, and documents are left for later."""
    fill(shop, 1, 5)
    run = shop.source_run(SPEC)

    taught = teach(run, precision=0.9, auto=False, may_read=lambda: False, folder=shop.folder)

    assert taught.read == 0
    assert shop.reader.reads == 0
    assert taught.learned == {"Company": 5, "Center": 5}


def test_the_learner_sees_what_people_left_empty(shop: World, monkeypatch: pytest.MonkeyPatch):
    """Of a record that people filled otherwise; what we wrote and a checkbox are not empty."""
    shop.caspio.table(
        "Receipts", Company="STRING", Center="STRING", Paid="YES/NO", Scan="ATTACHMENT"
    )
    spec = replace(SPEC, columns={"Company": "company", "Center": "learned", "Paid": "learned"})
    fill(shop, 1, 3)
    fill(shop, 4, 4, Center="")
    fill(shop, 5, 5, Company="", Center="")
    fill(shop, 6, 6, Company="")
    shop.reader.confidence = 0.99
    shop.run(spec)
    seen: dict[str, dict[str, str]] = {}
    learn_column = FakeLearner.learn

    def learn_and_see(self: FakeLearner, column: Column, finding: str, records: Any) -> Any:
        seen[column.name] = {one.key: one.value for one in records}
        return learn_column(self, column, finding, records)

    monkeypatch.setattr(FakeLearner, "learn", learn_and_see)
    taught = learn(shop, spec)

    assert shop.record("6")["Company"] == "Acme"
    assert seen["Center"] == {"1": "C-7", "2": "C-7", "3": "C-7", "4": "", "6": "C-7"}
    assert seen["Company"].keys() == {"1", "2", "3", "4"}
    assert set(seen["Paid"].values()) == {"No"}
    assert taught.learned["Center"] == 4


def test_our_own_values_are_not_learned_from(shop: World):
    """What a run has written teaches nothing; what somebody makes of it does."""
    shop.reader.confidence = 0.99
    for number in range(5):
        shop.receipt(str(number), "company=Acme")
    shop.run(SPEC)

    assert learn(shop).records == 0
    for number in range(3):
        shop.caspio.tables["Receipts"][str(number)]["Company"] = "Acme Ltd"
    assert learn(shop).learned == {"Company": 3}


def test_half_a_surrogate_pair_in_a_value_is_learned(shop: World):
    """A value that UTF-8 does not have ends no run."""
    fill(shop, 1, 5, Center="C-7 \ud800")

    assert learn(shop).learned == {"Company": 5, "Center": 5}


def test_until_something_is_proved_a_model_changes_nothing(shop: World):
    """A choice in shadow is counted: what is written and suggested stays as the rules have it."""
    fill(shop, 1, 5)
    shop.receipt("9", "company=Acme\nsender=Acme")
    before = shop.run(SPEC, plan_only=True)
    fingerprint = plan_fingerprint(SPEC)

    learn(shop)
    run = shop.source_run(SPEC)
    after = shop.run(SPEC, plan_only=True)

    assert [(one.written, one.suggestions) for one in after] == [
        (one.written, one.suggestions) for one in before
    ]
    assert plan_fingerprint(SPEC, run.learned) == fingerprint
    trials = shop.ledger.learning.trials("receipts", record=("Receipts", "9"))
    assert {trial.column: trial.verdict for trial in trials} == {
        "Company": Verdict.OPEN,
        "Center": Verdict.OPEN,
    }


def test_a_step_up_waits_for_a_user(shop: World):
    """Proved and not agreed: it waits; `auto` agrees by itself."""
    fill(shop, 1, 5)
    learn(shop)
    fill(shop, 101, 100 + ENOUGH)
    shop.run(SPEC)

    asked = [move for move in learn(shop).moves if move.after.column == "Company"]
    assert [(move.waits, move.after.step) for move in asked] == [(True, Step.SUGGEST)]
    assert shop.ledger.learning.rungs("receipts") == []

    learn(shop, auto=True)
    steps = {(one.column, one.step) for one in shop.ledger.learning.rungs("receipts")}
    assert steps == {("Company", Step.SUGGEST), ("Center", Step.SUGGEST)}


def test_a_proved_column_without_a_finding_is_written_like_any_other(shop: World):
    """The choice goes the way of every value: compare and set, intent, effect."""
    raise_to(shop, Step.WRITE, column="Center")
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999")

    shop.run(SPEC)

    assert shop.record("999")["Center"] == "C-7"
    assert shop.record("999")["Company"] == ""
    effects = shop.ledger.effects.find(record=("Receipts", "999"))
    assert effects[-1].before == {"Center": "", "Pages": None}


def test_nothing_learned_is_written_from_a_file_of_several_documents(shop: World):
    """Each column would take a page of its own: of two documents, a mixture."""
    raise_to(shop, Step.WRITE, column="Center")
    shop.receipt("999", "company=Acme\nsender=Acme\nn=several")

    shop.run(SPEC)

    assert shop.record("999")["Center"] == ""
    assert shop.ledger.learning.trials("receipts", record=("Receipts", "999")) == []


def test_the_pages_of_several_documents_teach_nothing(shop: World):
    """What was typed is remembered; no doubt comes from a page of another document."""
    fill(shop, 1, 5)
    shop.receipt("6", "company=Other\nn=several", Company="Acme")

    assert learn(shop).doubts == 0
    shop.receipt("7", "company=Other\nn=7", Company="Acme")
    assert learn(shop).doubts == 1


@pytest.mark.parametrize(
    "dies_at",
    [
        "pipeline.learning.teach.keep_doubts",
        "tests.fakes.ledger.learning.MemoryLearning.save_model",
        "pipeline.learning.teach.move_steps",
    ],
)
def test_who_dies_while_learning_loses_no_doubt(
    shop: World, monkeypatch: pytest.MonkeyPatch, dies_at: str
):
    """Whatever comes next when the process ends, the next `learn` lists it and learns once."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    fill(shop, 1, 5)
    fill(shop, 6, 6, Company="Acne")
    with monkeypatch.context() as patched:
        patched.setattr(dies_at, die)
        with pytest.raises(SystemExit):
            learn(shop)

    learn(shop)

    (item,) = shop.ledger.effects.review_items("receipts", ("Receipts", "6"))
    assert (item.is_open_doubt, item.suggestion.suggested) == (True, "Acme")
    assert shop.ledger.learning.undo_model("receipts", "Company") is None


def test_a_suggested_column_is_never_written(shop: World):
    """A step below writing leaves the choice to users, however certain it is."""
    raise_to(shop, Step.SUGGEST)
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999")

    shop.run(SPEC)

    item = shop.ledger.effects.review_items("receipts", ("Receipts", "999"))[0]
    assert shop.record("999")["Company"] == ""
    assert (item.suggestion.suggested, item.suggestion.confidence) == ("Acme", 0.97)
    assert "suggested, not written: read on line 2" in item.suggestion.reason


def test_a_value_of_a_user_wins_over_what_is_learned(shop: World):
    """A proved choice overwrites nothing that people typed."""
    raise_to(shop, Step.WRITE)
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999", Company="Bolt")

    shop.run(SPEC)

    assert shop.record("999")["Company"] == "Bolt"


def test_a_new_engine_is_counted_only(shop: World):
    """What proved itself on pages of one engine is nothing yet on those of another."""
    raise_to(shop, Step.WRITE)
    shop.reader.engine = "new engine"
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999")

    shop.run(SPEC)

    assert shop.record("999")["Company"] == ""
    trial = shop.ledger.learning.trials("receipts", record=("Receipts", "999"))[0]
    assert (trial.step, trial.engines) == (Step.SHADOW, ("new engine",))


def test_wrong_choices_end_a_step_by_themselves(shop: World):
    """Three that people typed otherwise, and nothing is written any more."""
    raise_to(shop, Step.WRITE)
    fill(shop, 901, 903, Company="Bolt")
    shop.run(SPEC)

    moves = learn(shop).moves

    down = [move for move in moves if move.after.column == "Company"]
    assert [(move.after.step, move.waits) for move in down] == [(Step.SHADOW, False)]
    assert down[0].after.reason == "3 of the last 50 were wrong"


def test_a_step_makes_plans_stale_and_a_step_in_shadow_does_not(shop: World):
    """What `reprocess --stale` takes changes with the models that change something, only."""
    raise_to(shop, Step.SUGGEST)
    before = plan_fingerprint(SPEC, shop.source_run(SPEC).learned)
    other = replace(SPEC, columns={"Center": "learned"})
    unchanged = plan_fingerprint(other, shop.source_run(other).learned)

    learn(shop)

    assert plan_fingerprint(SPEC, shop.source_run(SPEC).learned) != before
    assert plan_fingerprint(other, shop.source_run(other).learned) == unchanged
    assert unchanged == plan_fingerprint(other)


def test_a_doubt_is_shown_and_its_decision_is_truth(shop: World):
    """What the page says instead of the typed value waits for a user, and counts twice once decided."""
    fill(shop, 1, 5)
    fill(shop, 6, 7, Company="Acne")

    assert learn(shop).doubts == 2
    wrong, kept = (
        shop.ledger.effects.review_items("receipts", ("Receipts", pk))[0] for pk in ("6", "7")
    )
    assert wrong.suggestion.reason == "typed 'Acne', line 2 of page 1 says 'Acme'"
    context = table_context(shop.source_run(SPEC), shop.folder)
    now = shop.clock.now()
    decide_on_page(wrong, ReviewChoice.ACCEPT, "", context, now=now)
    decide_on_page(kept, ReviewChoice.REJECT, "", context, now=now)

    assert shop.record("6")["Company"] == "Acme"
    assert learn(shop).doubts == 0  # what was rejected is not asked again
    states = [
        item.state
        for pk in ("6", "7")
        for item in shop.ledger.effects.review_items("receipts", ("Receipts", pk))
    ]
    assert states == [ReviewState.ACCEPTED, ReviewState.REJECTED]


def test_what_an_agent_decides_about_a_doubt_is_not_learned(shop: World):
    """What it writes teaches nothing until a user has a say; what it rejects is no second look."""
    fill(shop, 1, 5)
    fill(shop, 6, 7, Company="Acne")
    learn(shop)
    context, run = table_context(shop.source_run(SPEC), shop.folder), shop.source_run(SPEC)

    for pk, choice in (("6", ReviewChoice.ACCEPT), ("7", ReviewChoice.REJECT)):
        (item,) = shop.ledger.effects.review_items("receipts", ("Receipts", pk))
        now = shop.clock.now()
        decide_on_page(item, choice, "", context, now=now, decider=Decider.AGENT)
    taught = learn(shop)
    typed = {one.record.pk: one.typed for one in filled_records(run, context.columns)}

    assert shop.record("6")["Company"] == "Acme"
    assert taught.learned == {"Company": 6}
    assert "Company" not in typed["6"]
    assert typed["7"]["Company"] == TypedValue("Acne", 1.0)


def test_nobody_is_asked_about_a_value_that_was_typed_meanwhile(shop: World):
    """Where people fill in what was suggested, it waits no more; another one still waits."""
    fill(shop, 1, 5)
    for pk in ("6", "7"):
        shop.receipt(pk, "company=Acme", Company="", Center="")
    shop.run(SPEC)
    for pk, typed in (("6", "Acme"), ("7", "")):
        shop.caspio.tables["Receipts"][pk]["Company"] = typed
    before, _ = (shop.ledger.effects.review_items("receipts", ("Receipts", pk)) for pk in "67")
    learn(shop)

    states = [
        [item.state for item in shop.ledger.effects.review_items("receipts", ("Receipts", pk))]
        for pk in "67"
    ]
    assert [item.state for item in before] == [ReviewState.OPEN]
    assert states == [[ReviewState.WITHDRAWN], [ReviewState.OPEN]]


def test_a_run_leaves_a_doubt_open(shop: World):
    """A run plans other suggestions; a doubt stays as long as the typed value is there."""
    fill(shop, 1, 5)
    fill(shop, 6, 6, Company="Acne")
    learn(shop)

    shop.run(SPEC)

    item = shop.ledger.effects.review_items("receipts", ("Receipts", "6"))[0]
    assert (item.state, item.reason) == (ReviewState.OPEN, ReviewReason.DOUBT)


def test_what_is_off_is_not_learned(shop: World):
    """The settings end everything for a column: no model, no choice."""
    fill(shop, 1, 5)
    spec = replace(SPEC, learn_columns={"Company": Step.OFF})

    assert learn(shop, spec).learned == {"Center": 5}
    assert [
        state.name for state in column_states(spec, shop.ledger, FakeLearner(), precision=0.9)
    ] == ["Center"]


def test_the_state_of_a_column_is_a_sentence(shop: World):
    """What users read says how many were right and what is missing."""
    fill(shop, 1, 5)
    learn(shop)
    fill(shop, 6, 8)
    shop.run(SPEC)

    state = column_states(SPEC, shop.ledger, FakeLearner(), precision=0.98)[0]
    assert str(state.standing(Stratum.READ_AND_KNOWN)) == (
        "3 of 3 as people typed; at least 36.8 %; 146 more confirmed records are needed"
    )


def test_a_choice_is_explained(shop: World):
    """What was chosen for a record is said with its place, its evidence and what became of it."""
    fill(shop, 1, 5)
    learn(shop)
    fill(shop, 9, 9, Company="Bolt")
    shop.run(SPEC)

    (life,) = lives_of("receipts", "9", None, ledger=shop.ledger, archive=shop.archive)

    center, company = life["learned"]  # type: ignore[misc]  # a list of two
    assert learned_line(center).endswith(
        "(read and known, shadow): read on line 2; people typed the same"
    )
    assert learned_line(company) == (
        "Company: 'Acme' with 0.97 (read and known, shadow): read on line 2; people typed 'Bolt'"
    )
    assert company["page"] == 1


def test_a_value_of_one_record_alone_is_never_written(shop: World, monkeypatch: pytest.MonkeyPatch):
    """Such a choice is suggested at most, whatever its kind of evidence has proved."""
    raise_to(shop, Step.WRITE)
    choose = FakeLearner.choose

    def lonely(*args: Any) -> Mapping[str, LearnedChoice]:
        return {name: replace(one, may_be_written=False) for name, one in choose(*args).items()}

    monkeypatch.setattr(FakeLearner, "choose", lonely)
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999")
    shop.run(SPEC)

    assert shop.record("999")["Company"] == ""
    item = shop.ledger.effects.review_items("receipts", ("Receipts", "999"))[0]
    assert item.suggestion.suggested == "Acme"
