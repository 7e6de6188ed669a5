"""Which choices are kept to be judged, and which of them is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pipeline.learning import columns
from pipeline.learning.columns import ColumnState, column_states
from pipeline.learning.judge import move_steps
from pipeline.learning.teach import teach
from pipeline.model import RecordRef
from pipeline.model.learning import LearnedChoice, Rung, Stratum, Trial, Verdict
from pipeline.model.limits import Step
from pipeline.model.review import Decider
from pipeline.steps.write_back import ReviewChoice, decide_on_page, table_context
from tests.fakes.clock import FakeClock
from tests.fakes.learner import FakeLearner
from tests.fakes.ledger import MemoryLedger
from tests.unit.pipeline.learning.shop import ENOUGH, PRECISION, SPEC, fill, learn, raise_to
from tests.unit.pipeline.world import World


def judged_of(shop: World) -> Sequence[Trial]:
    """Return the choices of companies for the record that was typed wrongly."""
    found = shop.ledger.learning.trials("receipts", "Company", record=("Receipts", "9"))
    return [trial for trial in found if trial.verdict is not Verdict.OPEN]


def test_records_that_were_learned_from_are_no_trials(shop: World):
    """Only what people put into records after the model was made judges it."""
    fill(shop, 1, 5)
    learn(shop)
    shop.run(SPEC)
    fill(shop, 6, 6)
    fill(shop, 7, 7, Company="Bolt")
    shop.run(SPEC)

    trials = shop.ledger.learning.trials("receipts", "Company")
    assert {trial.record.pk: trial.verdict for trial in trials} == {
        "6": Verdict.RIGHT,
        "7": Verdict.WRONG,
    }


def test_a_later_value_of_a_user_judges_the_choice(shop: World):
    """The choice was made while the column was empty; what is typed then is the verdict."""
    fill(shop, 1, 5)
    learn(shop)
    shop.receipt("9", "company=Acme\nsender=Acme", Company="")
    shop.run(SPEC)
    shop.caspio.tables["Receipts"]["9"].update(Company="Acme", Center="C-8")

    assert learn(shop).judged == 2
    verdicts = {one.column: one.verdict for one in shop.ledger.learning.trials("receipts")}
    assert verdicts == {"Company": Verdict.RIGHT, "Center": Verdict.WRONG}


@pytest.mark.parametrize("way", ["doubt", "typed"])
def test_who_corrects_a_typing_error_judges_the_choice_again(shop: World, way: str):
    """The choice was right and the typed value was not, whether a doubt or somebody found it."""
    fill(shop, 1, 5)
    learn(shop)
    fill(shop, 9, 9, Company="Acne")
    shop.run(SPEC)
    learn(shop)
    (before,) = judged_of(shop)
    if way == "doubt":
        (item,) = shop.ledger.effects.review_items("receipts", ("Receipts", "9"))
        context = table_context(shop.source_run(SPEC), shop.folder)
        decide_on_page(item, ReviewChoice.ACCEPT, "", context, now=shop.clock.now())
    else:
        shop.caspio.tables["Receipts"]["9"]["Company"] = "Acme"

    assert learn(shop).judged == 1
    (after,) = judged_of(shop)
    assert (before.verdict, after.verdict, after.typed) == (Verdict.WRONG, Verdict.RIGHT, "Acme")
    assert (after.at, after.model) == (before.at, before.model)
    assert learn(shop).judged == 0


def test_what_an_agent_corrects_judges_nothing_again(shop: World):
    """Another program that agrees with a choice proves nothing."""
    fill(shop, 1, 5)
    learn(shop)
    fill(shop, 9, 9, Company="Acne")
    shop.run(SPEC)
    learn(shop)
    (item,) = shop.ledger.effects.review_items("receipts", ("Receipts", "9"))
    context = table_context(shop.source_run(SPEC), shop.folder)
    decide_on_page(
        item, ReviewChoice.ACCEPT, "", context, now=shop.clock.now(), decider=Decider.AGENT
    )

    assert learn(shop).judged == 0
    assert [trial.verdict for trial in judged_of(shop)] == [Verdict.WRONG]


def test_a_copy_of_a_known_document_is_no_trial(shop: World):
    """The model may have learned from the same bytes in another record."""
    fill(shop, 1, 5)
    learn(shop)
    shop.receipt("9", "company=Acme\nsender=Acme\nn=3", name="copy.txt")
    shop.run(SPEC)

    assert shop.ledger.learning.trials("receipts", record=("Receipts", "9")) == []


def test_a_record_that_was_learned_from_unread_is_no_trial(shop: World):
    """Where no document may be read, the values are learned: the next run proves nothing by them."""
    fill(shop, 1, 40)
    shop.clock.advance(3600)
    run = shop.source_run(SPEC)
    teach(run, precision=PRECISION, auto=False, may_read=lambda: False, folder=shop.folder)
    shop.clock.advance(3600)
    shop.run(SPEC)

    assert shop.ledger.learning.trials("receipts") == []


def test_a_copy_that_a_newer_reader_reads_is_no_trial(shop: World):
    """The older reading of the same bytes says that the model may have learned from them."""
    fill(shop, 1, 5)
    learn(shop)
    shop.run(SPEC)
    shop.reader.version = "2"
    shop.receipt("9", "company=Acme\nsender=Acme\nn=3", name="copy.txt", Company="", Center="")
    shop.run(SPEC)

    assert shop.ledger.learning.trials("receipts", record=("Receipts", "9")) == []


def test_a_written_choice_is_judged_and_not_the_one_after_it(
    shop: World, monkeypatch: pytest.MonkeyPatch
):
    """A user's correction says that what we wrote was wrong, whatever is chosen now."""
    raise_to(shop, Step.WRITE)
    shop.receipt("999", "company=Acme\nsender=Acme\nn=999")
    shop.run(SPEC)
    assert shop.record("999")["Company"] == "Acme"
    choose = FakeLearner.choose

    def otherwise(*args: Any) -> Mapping[str, LearnedChoice]:
        return {name: replace(one, value="Bolt") for name, one in choose(*args).items()}

    monkeypatch.setattr(FakeLearner, "choose", otherwise)
    again = replace(shop.source_run(SPEC), reread=True)
    for page in again.ports.source.pages(SPEC):
        shop.process([work for work in page if work.record and work.record.pk == "999"], again)
    shop.caspio.tables["Receipts"]["999"]["Company"] = "Bolt"
    learn(shop)

    key = ("Receipts", "999")
    (trial,) = shop.ledger.learning.trials("receipts", "Company", record=key)
    assert (trial.choice.value, trial.verdict) == ("Acme", Verdict.WRONG)


def test_who_changes_a_full_stop_of_a_written_value_judges_it(shop: World):
    """Beside a choice that was only counted it makes no difference."""
    raise_to(shop, Step.WRITE)
    shop.receipt("9", "company=Acme\nsender=Acme\nn=9", Company="")
    shop.run(SPEC)
    fill(shop, 10, 10, Company="Acme.")
    shop.run(SPEC)
    assert shop.record("9")["Company"] == "Acme"

    shop.caspio.tables["Receipts"]["9"]["Company"] = "Acme."
    learn(shop)

    latest = shop.ledger.learning.trials("receipts", "Company")
    verdicts = {trial.record.pk: trial.verdict for trial in latest}
    assert (verdicts["9"], verdicts["10"]) == (Verdict.WRONG, Verdict.RIGHT)


@pytest.mark.parametrize("is_varied", [True, False])
def test_separators_count_where_people_type_all_codes_alike(shop: World, *, is_varied: bool):
    """Whether the value was typed before the run that chose or after it."""
    for number in range(8):
        sender, typed = ("Acme", "44-7781") if number % 2 else ("Bolt", "50-1234")
        if is_varied and number > 5:
            typed = typed.replace("-", "")
        shop.receipt(str(number), f"sender={sender}\nn={number}", Company="", Center=typed)
    learn(shop)
    shop.receipt("98", "sender=Acme\nn=98", Company="", Center="44 7781")
    shop.receipt("99", "sender=Bolt\nn=99", Company="", Center="")
    shop.run(SPEC)
    shop.caspio.tables["Receipts"]["99"]["Center"] = "501234"
    learn(shop)

    verdicts = [one.verdict for one in shop.ledger.learning.trials("receipts", "Center")]
    assert verdicts == [Verdict.RIGHT if is_varied else Verdict.WRONG] * 2


def test_who_clears_a_written_value_judges_it(shop: World):
    """It was wrong; what is put there later judges it once more."""
    raise_to(shop, Step.WRITE)
    for number in ("8", "9"):
        shop.receipt(number, f"company=Acme\nsender=Acme\nn={number}", Company="")
    shop.run(SPEC)
    assert shop.record("8")["Company"] == shop.record("9")["Company"] == "Acme"
    shop.caspio.tables["Receipts"]["8"]["Company"] = ""

    assert learn(shop).judged == 1
    (cleared,) = shop.ledger.learning.trials("receipts", "Company", record=("Receipts", "8"))
    (kept,) = shop.ledger.learning.trials("receipts", "Company", record=("Receipts", "9"))
    assert (cleared.verdict, cleared.typed, kept.verdict) == (Verdict.WRONG, "", Verdict.OPEN)
    shop.caspio.tables["Receipts"]["8"]["Company"] = "Acme Ltd"
    assert learn(shop).judged == 1


def test_what_was_written_is_looked_up_only_where_it_decides(
    shop: World, monkeypatch: pytest.MonkeyPatch
):
    """Another word is wrong, whoever wrote the first one."""
    raise_to(shop, Step.WRITE)
    for number in ("8", "9"):
        shop.receipt(number, f"company=Acme\nsender=Acme\nn={number}", Company="")
    shop.run(SPEC)
    for number, typed in (("8", "Bolt"), ("9", "Acme.")):
        shop.caspio.tables["Receipts"][number]["Company"] = typed
    looked_up = []
    monkeypatch.setattr(
        "pipeline.learning.judge.was_written",
        lambda trial, *_: looked_up.append(trial.record.pk) or True,
    )
    learn(shop)

    assert looked_up == ["9"]


def test_an_untouched_checkbox_proves_nothing(shop: World):
    """A No is never written, so how often it is right says nothing of a Yes."""
    shop.caspio.table("Receipts", Center="STRING", Paid="YES/NO", Scan="ATTACHMENT")
    spec = replace(SPEC, columns={"Paid": "learned", "Center": "learned"})
    for number in range(5):
        shop.receipt(str(number), f"sender=Acme\nn={number}", Center="C-7", Paid=False)
    learn(shop, spec)
    shop.receipt("8", "sender=Acme\nn=8", Center="C-7", Paid=False)
    shop.receipt("9", "sender=Acme\nn=9", Center="", Paid=False)
    shop.run(spec)
    shop.caspio.tables["Receipts"]["9"]["Center"] = "C-7"
    learn(shop, spec)

    assert {one.column for one in shop.ledger.learning.trials("receipts")} == {"Center"}


def test_as_many_choices_are_looked_at_as_the_promise_takes(
    shop: World, monkeypatch: pytest.MonkeyPatch
):
    """A bound on them that is below what proves the promise would keep every step from it."""
    monkeypatch.setattr(columns, "MOST_TRIALS", ENOUGH - 1)
    raise_to(shop, Step.SUGGEST)

    (company, _) = column_states(SPEC, shop.ledger, FakeLearner(), precision=PRECISION)

    assert company.rungs[Stratum.READ_AND_KNOWN].step is Step.SUGGEST
    assert len(company.trials[Stratum.READ_AND_KNOWN]) == ENOUGH


COMPANY = Rung("receipts", "Company", Stratum.READ_AND_KNOWN)


def judge(
    ledger: MemoryLedger,
    verdicts: Sequence[bool],
    stratum: Stratum = Stratum.READ_AND_KNOWN,
    *,
    probability: float = 0.97,
) -> None:
    """Keep a judged choice for each verdict, the latest last."""
    made = LearnedChoice("Acme", probability, stratum, "read on line 2")
    first = len(ledger.learning.trials("receipts"))
    ledger.learning.keep_trials(
        Trial(
            "receipts",
            RecordRef("Receipts", str(number)),
            "Company",
            "m1",
            made,
            Step.SUGGEST,
            ("text",),
            Verdict.RIGHT if right else Verdict.WRONG,
        )
        for number, right in enumerate(verdicts, first)
    )


def company_of(ledger: MemoryLedger) -> ColumnState:
    """Return the state of the companies."""
    return column_states(SPEC, ledger, FakeLearner(), precision=PRECISION)[0]


def test_many_choices_of_one_kind_hide_none_of_another(monkeypatch: pytest.MonkeyPatch):
    """What is seldom known without being read proves itself all the same."""
    monkeypatch.setattr(columns, "MOST_TRIALS", ENOUGH)
    ledger = MemoryLedger(FakeClock())
    judge(ledger, [True] * ENOUGH, Stratum.KNOWN_ONLY)
    judge(ledger, [True] * 500)

    assert company_of(ledger).standing(Stratum.KNOWN_ONLY).needed == 0


def test_the_proof_at_every_look_counts_all_choices(monkeypatch: pytest.MonkeyPatch):
    """The latest alone would prove a column in the end that is not right often enough."""
    monkeypatch.setattr(columns, "MOST_TRIALS", 200)
    ledger = MemoryLedger(FakeClock())
    ledger.learning.save_rung(replace(COMPANY, step=Step.SUGGEST, engines=("text",)))
    judge(ledger, [False] * 30 + [True] * 200)

    standing = company_of(ledger).standing(COMPANY.stratum)

    assert (standing.right, standing.asked) == (200, 230)
    assert standing.needed
    assert move_steps([company_of(ledger)], ledger, auto=True) == []


def test_what_nobody_has_looked_at_hides_no_wrong_choice(monkeypatch: pytest.MonkeyPatch):
    """Hundreds of values that were written since say nothing of those that people have corrected."""
    monkeypatch.setattr(columns, "MOST_TRIALS", 200)
    ledger = MemoryLedger(FakeClock())
    ledger.learning.save_rung(replace(COMPANY, step=Step.WRITE, engines=("text",)))
    judge(ledger, [True] * 200 + [False] * 3)
    judged = ledger.learning.trials("receipts")
    written = (
        replace(
            judged[0],
            record=RecordRef("Receipts", f"written {number}"),
            verdict=Verdict.OPEN,
            written=True,
        )
        for number in range(500)
    )
    ledger.learning.keep_trials(written)

    (move,) = move_steps([company_of(ledger)], ledger, auto=True)

    assert move.after.step is Step.SHADOW


def test_choices_that_are_too_uncertain_to_count_are_said():
    """Whoever has confirmed them asks why nothing is proved."""
    ledger = MemoryLedger(FakeClock())
    judge(ledger, [True] * 3, probability=0.7)

    assert str(company_of(ledger).standing(COMPANY.stratum)).startswith(
        "none of 3 choices compared with what people typed was certain enough to count; "
    )

    judge(ledger, [True, False])

    standing = company_of(ledger).standing(COMPANY.stratum)
    assert (standing.right, standing.asked, standing.uncertain) == (1, 2, 3)
    assert str(standing).endswith("; 3 less certain choices do not count")
